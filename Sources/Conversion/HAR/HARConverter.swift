struct HARConverter {
  init(_ source: SourceText, options: ConversionOptions) {}
  func convert(into draft: inout ScenarioDraft) throws(ConversionFailure) {}
}
