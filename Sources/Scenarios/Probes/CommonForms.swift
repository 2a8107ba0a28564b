import Documents
import Model

/// A path to a file, with the rule for absolute ones.
extension Form where Value == String {
  /// A path that is resolved from the folder of the file that names it, and may not leave it.
  ///
  /// - Parameter allowsAbsolute: whether an absolute path is taken as it is: for what the machine's owner keeps, such as
  ///   certificates, and not for what belongs to the scenario.
  static func path(allowsAbsolute: Bool, kind: FileKind = .file) -> Form {
    nonEmptyText.map { path, node, reader -> String? in
      if path.utf8.contains(0) {
        reader.fault("a path holds no NUL", at: node)
        return nil
      }
      if !(allowsAbsolute && path.hasPrefix("/")), !reader.files.contains(path, in: reader.folder) {
        reader.fault(
          "'\(path.escaped)' leaves the folder of its file", at: node,
          notes: ["paths start from the folder of the file that names them, and stay in it"])
        return nil
      }
      let found: FileKind?
      do {
        found = try reader.files.kind(of: Path.join(reader.folder, path))
      } catch {
        reader.fault("'\(path.escaped)' cannot be reached from '\(reader.folder)': \(error)", at: node)
        return nil
      }
      switch found {
      case kind?:
        reader.files.noteNamed(Path.join(reader.folder, path), kind: kind)
        return path
      case nil: reader.fault("'\(path.escaped)' was not found in '\(reader.folder)'", at: node)
      default: reader.fault("'\(path.escaped)' is no \(kind == .file ? "file" : "directory")", at: node)
      }
      return nil
    }
  }
}

extension Form where Value == TLSVersion {
  static let tlsVersion = choice(aliases: ["1.0": .v1_0, "1.1": .v1_1, "1.2": .v1_2, "1.3": .v1_3])
}

extension Form where Value == AddressFamily {
  static let family = choice(among: AddressFamily.writable)
}

extension Form where Value == StartTLS {
  static let startTLS = choice()
}

/// The keys of `tls`, the same everywhere.
enum TLSKeys {
  static let verify = Key("verify", .bool, "false: a certificate that cannot be verified ends nothing")
  static let ca = Key("ca", .path(allowsAbsolute: true), "PEM file of trusted authorities in place of the system's")
  static let cert = Key("cert", .pem, "client certificate chain, PEM: a file, or the text itself")
  static let key = Key("key", .pem, "client private key, PEM: a file, or the text itself")
  static let serverName = Key("server_name", .nonEmptyText, "name to ask for and to verify")
  static let minVersion = Key("min_version", .tlsVersion, "oldest version accepted")
  static let maxVersion = Key("max_version", .tlsVersion, "newest version offered")

  static let table = SectionTable(
    "tls", [verify.any, ca.any, cert.any, key.any, serverName.any, minVersion.any, maxVersion.any])
}

extension Form where Value == PEMSource {
  /// PEM text, told by its first line, or else a path.
  static let pem = Form(.text()) { node, reader in
    guard let text = Form<String>.nonEmptyText.read(node, reader) else { return nil }
    if text.utf8.starts(with: "-----BEGIN ".utf8) { return .text(text) }
    return Form<String>.path(allowsAbsolute: true).read(node, reader).map { path in
      // A chain may have the key in the same file.
      reader.files.noteSecret(Path.join(reader.folder, path))
      return .file(path)
    }
  }
}

extension Form where Value == TLSOptions {
  static let tls = Form.section(TLSKeys.table) { section in
    let versions = (section(TLSKeys.minVersion), section(TLSKeys.maxVersion))
    if let minimum = versions.0, let maximum = versions.1, minimum > maximum {
      section.reader.fault(
        "min_version \(minimum.rawValue) is above max_version \(maximum.rawValue)", at: section.node)
    }
    if section.has(TLSKeys.key), !section.has(TLSKeys.cert) {
      section.reader.fault("'key' needs 'cert' beside it", at: section.node)
    }
    return TLSOptions(
      verify: section(TLSKeys.verify) ?? true, caFile: section(TLSKeys.ca), certificate: section(TLSKeys.cert),
      key: section(TLSKeys.key), serverName: section(TLSKeys.serverName), minVersion: versions.0,
      maxVersion: versions.1)
  }
}

/// What every probe takes beside its own keys.
enum JudgingKeys {
  static let expect = Key("expect", .expressions, "what must hold, else the check is down")
  static let warn = Key("warn", .expressions, "what should hold, else the check is degraded")
  static let until = Key("until", .expressions, "what is waited for, attempt after attempt")

  static let all = [expect.any, warn.any, until.any]

  /// Said of one that a template brings.
  static func mustBeWritten(_ name: String) -> String {
    "'\(name)' must be written out in the check, not brought by a template"
  }
}

extension Form where Value == [YAMLNode] {
  /// CEL expressions, left as they are: who compiles them knows what they see.
  static let expressions = Form(.list(.text(), minimum: 0)) { node, reader in
    guard case .sequence(let items) = node.content else {
      reader.fault(
        "expected a list of expressions, found \(node.foundText)", at: node,
        notes: ["one expression is written as a list too: [status == 200]"])
      return nil
    }
    return items.filter { item in
      if item.text != nil { return true }
      reader.fault("expected an expression, found \(item.foundText)", at: item)
      return false
    }
  }
}
