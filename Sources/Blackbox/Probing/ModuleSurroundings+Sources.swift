import Model

extension ModuleSurroundings {
  /// A text as it is now; nil where nothing is written.
  ///
  /// - Parameter key: what a failure's sentence names.
  /// - Throws: why the file cannot be read, or that nobody is there to look a reference up.
  func text(of source: HTTPClientOptions.Source<String>?, _ key: String) throws(ModuleFault) -> String? {
    switch source {
    case nil: nil
    case .value(let text)?: text
    case .file(let path)?: try trimmedText(ofFile: path)
    case .reference(let name)?: throw Self.unknownReference(name, key)
    }
  }

  /// A secret as it is now; nil where nothing is written.
  func text(of source: HTTPClientOptions.Source<Secret>?, _ key: String) throws(ModuleFault) -> String? {
    switch source {
    case nil: nil
    case .value(let secret)?: secret.exposedValue
    case .file(let path)?: try trimmedText(ofFile: path)
    case .reference(let name)?: throw Self.unknownReference(name, key)
    }
  }

  /// All values of a header, those of files as they are now.
  func texts(of sources: HTTPClientOptions.ValueSources) throws(ModuleFault) -> [String] {
    var texts = sources.values + sources.secrets.map(\.exposedValue)
    for file in sources.files { texts.append(try trimmedText(ofFile: file)) }
    return texts
  }

  /// A file's text without the white space around it, since most files end with a new line that nobody means.
  func trimmedText(ofFile path: String) throws(ModuleFault) -> String {
    var bytes = try readFile(path).get()[...]
    while let last = bytes.last, Self.isBlank(last) { bytes.removeLast() }
    return String(decoding: bytes.drop(while: Self.isBlank), as: UTF8.self)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  private static func unknownReference(_ name: String, _ key: String) -> ModuleFault {
    ModuleFault(
      .templateFailed,
      "\(key)_ref \"\(name)\" cannot be looked up, for there is no secret manager; write \(key) or \(key)_file")
  }
}
