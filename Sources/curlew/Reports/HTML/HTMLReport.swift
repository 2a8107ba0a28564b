package struct HTMLReport {
  package init(_ report: CheckReport) {}
  package func document() -> String { "" }
}
