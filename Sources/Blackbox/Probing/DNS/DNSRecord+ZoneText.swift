import Model

extension DNSRecord {
  /// The record as a line of a zone file, columns parted by tabs: what patterns of a module are matched against, so it is
  /// written as the Go library that upstream uses writes it.
  var zoneText: String {
    "\(name)\t\(ttl)\t\(recordClass)\t\(type)\t\(goData)"
  }

  private var goData: String {
    switch type {
    case "DS", "CDS", "DLV", "SSHFP":
      // Digests in capitals.
      guard let blank = data.lastIndex(of: " ") else { return data }
      return data[...blank] + data[blank...].dropFirst().uppercased()
    case "SVCB", "HTTPS":
      // Every value in quotes (RFC 9460 section 2.1 leaves it open).
      let fields = data.split(separator: " ")
      guard fields.count > 2 else { return data }
      return (fields[..<2] + fields[2...].map(Self.quoted)).joined(separator: " ")
    default: return data
    }
  }

  /// `alpn="h2"` of `alpn=h2`.
  private static func quoted(_ parameter: Substring) -> Substring {
    guard let mark = parameter.firstIndex(of: "=") else { return parameter + "=\"\"" }
    let value = parameter[parameter.index(after: mark)...]
    return value.hasPrefix("\"") ? parameter : parameter[...mark] + "\"\(value)\""
  }
}
