import Blackbox
import Model

extension ModuleSurroundings {
  /// Surroundings with a few files and no environment.
  static func forTests(_ compatibility: Compatibility = .mended, files: [String: String] = [:]) -> ModuleSurroundings {
    ModuleSurroundings(compatibility: compatibility, environment: [:], userAgent: "curlew/test") { path in
      files[path].map { .success(Array($0.utf8)) } ?? .failure(ModuleFault(.internal, "\(path) cannot be read"))
    }
  }
}
