import Blackbox
import Documents
import Model
import Testing

/// Reads a configuration file.
func read(_ text: String, http3: Bool = false) -> BlackboxReading {
  BlackboxFile.read(Array(text.utf8), path: "blackbox.yml", capabilities: Capabilities(http3: http3))
}

/// The modules of a file that must be without fault.
func modules(
  _ text: String, http3: Bool = false, sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws -> [String: BlackboxModule] {
  let reading = read(text, http3: http3)
  for diagnostic in reading.diagnostics where diagnostic.severity == .error {
    Issue.record("\(diagnostic.rendered())", sourceLocation: sourceLocation)
  }
  return try #require(reading.file, sourceLocation: sourceLocation).modules
}

/// The one module of a file that must be without fault, its keys written in flow style.
func module(
  _ keys: String, http3: Bool = false, sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws -> BlackboxModule {
  let found = try modules("modules:\n  a: {\(keys)}\n", http3: http3, sourceLocation: sourceLocation)
  return try #require(found["a"], sourceLocation: sourceLocation)
}

/// What is wrong or remarkable, as `line:column: message`.
func problems(_ text: String, http3: Bool = false) -> [String] {
  read(text, http3: http3).diagnostics.map { diagnostic in
    let place = diagnostic.excerpt.map { "\($0.location.line):\($0.location.column): " } ?? ""
    return place + (diagnostic.severity == .warning ? "warning: " : "") + diagnostic.message
  }
}
