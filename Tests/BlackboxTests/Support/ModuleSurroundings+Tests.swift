import Blackbox
import Model

extension ModuleSurroundings {
  /// Surroundings in which there are the files of a test alone.
  static func forTests(
    _ compatibility: Compatibility = .mended, files: [String: String] = [:]
  ) -> ModuleSurroundings {
    ModuleSurroundings(compatibility: compatibility, environment: [:], userAgent: "curlew/test") { path in
      files[path].map { .success(Array($0.utf8)) } ?? .failure(ModuleFault(.internal, "\(path) cannot be read"))
    }
  }
}

extension ProberSection {
  /// Why no spec can be made for a target; nil when one can.
  func fault(for target: String, in surroundings: ModuleSurroundings = .forTests()) -> String? {
    do throws(ModuleFault) {
      _ = try spec(for: ProbeRequest(target: target), in: surroundings)
      return nil
    } catch {
      return error.message
    }
  }
}
