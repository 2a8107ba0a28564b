import Blackbox
import Documents
import Model
import Transport

/// Module files as the program reads them.
enum ModuleFileReader {
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
    let reading = BlackboxFile.read(
      bytes, path: path, capabilities: Capabilities(http3: CurlLibrary.supportsHTTP3))
    guard let file = reading.file else {
      throw ModuleFileFault(words: reading.errorText ?? "error parsing config file: '\(path)'")
    }
    let warnings = reading.diagnostics.map { diagnostic in
      (diagnostic.excerpt.map { "\($0.location.file):\($0.location.line): " } ?? "") + diagnostic.message
    }
    return Reading(file: file, warnings: warnings, secrets: Redactor(file.secrets))
  }

  /// The modules that scenarios can name: those of a file, or those that are built in.
  static func library(at path: String?, in files: any DocumentFiles) throws(ModuleFileProblems) -> any ModuleLibrary {
    guard let path else { return BuiltInModules() }
    let bytes: [UInt8]
    do throws(FileProblem) {
      bytes = try files.read(path, limit: BlackboxFile.sizeLimit)
    } catch {
      throw ModuleFileProblems(diagnostics: [Diagnostic("'\(path)', the file of modules, cannot be read: \(error)")])
    }
    let reading = BlackboxFile.read(
      bytes, path: path, capabilities: Capabilities(http3: CurlLibrary.supportsHTTP3))
    guard let file = reading.file else { throw ModuleFileProblems(diagnostics: reading.diagnostics) }
    return BlackboxLibrary(file, in: ModuleProbing.surroundings(.mended))
  }
}

/// Why a file of modules cannot be used by scenarios.
struct ModuleFileProblems: Error {
  var diagnostics: [Diagnostic]
}
