import Blackbox
import Model

/// Module files as the program reads them.
enum ModuleFileReader {
  /// The most bytes of a file.
  static let fileLimit = 16 << 20

  /// What a file said.
  struct Reading {
    var file: BlackboxFile
    /// What is deprecated or without effect.
    var warnings: [String]
    /// All secrets in it.
    var secrets: Redactor
  }

  /// Reads the bytes of a file.
  static func read(_ bytes: [UInt8], path: String) throws(ModuleFileFault) -> Reading {
    throw ModuleFileFault(words: "\(path) is not read yet")
  }

  /// The modules as `/config` shows them, with every secret hidden.
  static func text(of file: BlackboxFile) -> String { "" }

  /// One module in the same way.
  static func text(of module: BlackboxModule) -> String { "" }
}
