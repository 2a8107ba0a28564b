import Documents
import Scenarios

/// The demonstration's scenario, built into the binary from `scenarios/demo.yaml`.
enum DemoScenario {
  /// The name that messages give it.
  static let path = "demo.yaml"

  /// A file system that has it at `path`, over another one that has everything else.
  struct Files: DocumentFiles {
    let others: any DocumentFiles

    func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
      path == DemoScenario.path ? PackageResources.demo_yaml : try others.read(path, limit: limit)
    }

    func kind(of path: String) throws(FileProblem) -> FileKind? {
      path == DemoScenario.path ? .file : try others.kind(of: path)
    }

    func names(in directory: String) throws(FileProblem) -> [String] { try others.names(in: directory) }

    func realPath(_ path: String) -> String? { path == DemoScenario.path ? path : others.realPath(path) }
  }
}
