import Expressions

/// Facts as an indented list for people, each on one line and bounded.
struct FactText {
  let style: Style

  func lines(of map: MapValue, leaving: Set<String> = [], indent: String = "  ") -> String {
    let names = map.names.filter { !leaving.contains($0) }
    let width = min(28, names.map(\.count).max() ?? 0)
    return names.map { name in
      let label = indent + style(HumanText.padded(HumanText.escaped(name), to: width), .faint) + "  "
      switch map[name] ?? .null {
      case .map(let inner) where inner.count > 0:
        return "\(indent)\(style(HumanText.escaped(name), .faint))\n" + lines(of: inner, indent: indent + "  ")
      case .list(let items) where !items.isEmpty:
        return "\(indent)\(style(HumanText.escaped(name), .faint))\n"
          + items.prefix(20).map { item(of: $0, indent: indent + "  ") }.joined()
      case let value: return label + bounded(value.brief(limit: 400)) + "\n"
      }
    }.joined()
  }

  private func item(of value: Value, indent: String) -> String {
    guard case .map(let map) = value else { return "\(indent)- \(bounded(value.brief(limit: 400)))\n" }
    let text = lines(of: map, indent: indent + "  ")
    return "\(indent)- " + text.dropFirst(indent.count + 2)
  }

  private func bounded(_ text: String) -> String {
    let text = HumanText.escaped(String(text.prefix(400)))
    return text.count > 200 ? text.prefix(200) + "…" : text
  }
}
