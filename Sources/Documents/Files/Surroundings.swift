/// What the program around the reader can do; a file that asks for more is refused.
package struct Capabilities: Hashable, Sendable {
  /// Whether HTTP/3 is spoken: that depends on the libcurl that is installed.
  package var http3: Bool

  /// - Parameter http3: whether HTTP/3 is spoken.
  package init(http3: Bool = false) {
    self.http3 = http3
  }
}

/// What reading a file meets outside of its text.
package struct Surroundings: Sendable {
  /// Where paths lead.
  package let files: any DocumentFiles
  /// What may be asked for.
  package let capabilities: Capabilities

  /// Surroundings with everything said; by default nothing may be asked for that depends on the machine.
  package init(files: any DocumentFiles, capabilities: Capabilities = Capabilities()) {
    self.files = files
    self.capabilities = capabilities
  }
}
