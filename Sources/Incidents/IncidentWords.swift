import Model

/// What people may write of incidents: bounded and without control characters, because it ends on pages and in feeds.
package enum IncidentWords {
  /// How many characters (Unicode scalars, so that none can hide a million marks) each field may have.
  package static func limit(of field: IncidentFault.Field) -> Int { field.isLong ? 10_000 : 200 }

  /// The text with its line ends made one kind and blanks at both ends taken off.
  ///
  /// - Throws: a fault when nothing is left, and for what is not allowed.
  static func checked(_ text: String, as field: IncidentFault.Field) throws(IncidentFault) -> String {
    let limit = limit(of: field)
    // Before anything that looks at all of it.
    guard text.utf8.count <= limit * 4 + 1024 else { throw .tooLong(field, limit: limit) }
    var scalars = String.UnicodeScalarView()
    var isAfterReturn = false
    for scalar in text.unicodeScalars {
      defer { isAfterReturn = scalar == "\r" }
      switch scalar {
      case "\r" where field.isLong: scalars.append("\n")
      case "\n" where field.isLong:
        if !isAfterReturn { scalars.append("\n") }
      case "\t" where field.isLong: scalars.append(scalar)
      default:
        guard scalar.properties.generalCategory != .control else { throw .controlCharacter(field) }
        scalars.append(scalar)
      }
    }
    let isBlank = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    guard let first = scalars.firstIndex(where: { !isBlank($0) }),
      let last = scalars.lastIndex(where: { !isBlank($0) })
    else { throw .empty(field) }
    let trimmed = String(scalars[first...last])
    guard trimmed.unicodeScalars.count <= limit else { throw .tooLong(field, limit: limit) }
    return trimmed
  }

  /// What an incident of a check is called.
  static func title(of check: Check) -> String {
    let words = " is down"
    return String(check.name.unicodeScalars.prefix(limit(of: .title) - words.count)) + words
  }

  /// How long something took, to the second.
  static func text(of duration: Duration) -> String {
    Units.text(of: .seconds(duration.components.seconds))
  }
}
