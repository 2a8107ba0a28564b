/// The keys of a check for `runOnce`, from a text that begins at the margin.
func check(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n    ")
}

/// A check that is a journey, from what stands in `journey`.
func journey(_ text: String, _ keys: String = "timeout: 60s") -> String {
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
  return check("\(keys)\njourney:\n\(lines.joined(separator: "\n"))")
}
