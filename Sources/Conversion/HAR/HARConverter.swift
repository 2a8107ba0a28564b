/// Makes a journey from a browser's recording: the requests for documents and those of scripts, in order.
struct HARConverter {
  private let source: SourceText
  private let options: ConversionOptions
  private let entries: [HAREntry]
  private let skipped: Int

  /// - Throws: when the input is no JSON, or no HTTP Archive.
  init(_ source: SourceText, options: ConversionOptions) throws(ConversionFailure) {
    self.source = source
    self.options = options
    var reader = JSONReader(Cursor(source))
    let document = try reader.document()
    guard let list = document["log"]?["entries"]?.elements else {
      throw source.failure("this is no HTTP Archive: there is no list log.entries", at: document.offset)
    }
    entries = list.compactMap { HAREntry($0, source: source) }
    skipped = list.count - entries.count
  }

  /// One request of the journey, with the redirects that followed it.
  private struct Exchange {
    var entry: HAREntry
    /// The answer that is expected at the end.
    var last: HAREntry
    /// Whether the recording holds the redirects to their end.
    var isComplete: Bool
  }

  /// - Throws: when there is nothing to make a step of.
  func convert(into draft: inout ScenarioDraft) throws(ConversionFailure) {
    let chosen = chosen(&draft)
    guard !chosen.isEmpty else {
      throw ConversionFailure(
        "no request of the recording is for a document or comes from a script: --all takes all requests", line: 1,
        column: 1)
    }
    let base = Self.mostCommonOrigin(chosen)
    draft.variables.append(.entry("base", .text(TemplateText(base))))
    let exchanges = Self.exchanges(chosen)
    noteCookies(exchanges, &draft)
    // Once to learn what is secret, so that a value is left out before the place, too, that tells what it is.
    var rehearsal = draft
    var first = HARSteps(base: base)
    for exchange in exchanges {
      first.add(exchange.entry, last: exchange.last, isComplete: exchange.isComplete, &rehearsal)
    }
    draft.adoptSecrets(of: rehearsal)
    var steps = HARSteps(base: base)
    for exchange in exchanges {
      steps.add(exchange.entry, last: exchange.last, isComplete: exchange.isComplete, &draft)
    }
    var check = CheckDraft(id: draft.ids.checkID(options.name ?? chosen[0].url.host))
    check.steps = steps.finished()
    draft.checks.append(check)
  }

  /// The requests that somebody waits for.
  private func chosen(_ draft: inout ScenarioDraft) -> [HAREntry] {
    let sent = entries.filter { !$0.isPreflight && $0.status > 0 }
    guard !options.includesAssets else { return sent }
    let needed = sent.filter { !$0.isAsset }
    let site = (needed.first { $0.isDocument } ?? needed.first)?.site
    let ours = needed.filter { $0.site == site || $0.isDocument }
    let others = Set(needed.filter { $0.site != site && !$0.isDocument }.map(\.url.host)).sorted()
    let left = entries.count - needed.count
    if left > 0 {
      draft.note(
        "\(left) requests for images, styles, scripts and the like were left out: --all takes them", line: 1,
        isLoss: false)
    }
    if !others.isEmpty {
      let hosts = others.prefix(10).joined(separator: ", ") + (others.count > 10 ? ", …" : "")
      draft.note("requests to other sites were left out (\(hosts)): --all takes them", line: 1, isLoss: false)
    }
    if skipped > 0 {
      draft.note("\(skipped) entries are no HTTP requests and were left out", line: 1, isLoss: false)
    }
    return ours
  }

  private static func mostCommonOrigin(_ entries: [HAREntry]) -> String {
    var counts: [String: Int] = [:]
    for entry in entries { counts[entry.url.origin, default: 0] += 1 }
    let most = counts.values.max() ?? 0
    return entries.first { counts[$0.url.origin] == most }?.url.origin ?? ""
  }

  /// Puts redirects and what they lead to together, since a step follows redirects by itself.
  private static func exchanges(_ entries: [HAREntry]) -> [Exchange] {
    var exchanges: [Exchange] = []
    var index = 0
    while index < entries.count {
      var last = entries[index]
      let entry = last
      index += 1
      while let target = last.redirectTarget, index < entries.count, entries[index].url.text == URLParts(target)?.text {
        last = entries[index]
        index += 1
      }
      exchanges.append(Exchange(entry: entry, last: last, isComplete: last.redirectTarget == nil))
    }
    return exchanges
  }

  private func noteCookies(_ exchanges: [Exchange], _ draft: inout ScenarioDraft) {
    var known: Set<String> = []
    var missing: [String] = []
    for exchange in exchanges {
      missing += exchange.entry.cookies.filter { !known.contains($0) && !missing.contains($0) }
      known.formUnion(exchange.entry.setCookies + exchange.last.setCookies)
    }
    guard !missing.isEmpty else { return }
    let names = missing.prefix(10).joined(separator: ", ") + (missing.count > 10 ? ", …" : "")
    draft.note(
      "cookies of before the recording are not carried over (\(names)): record from the start in a private window",
      line: exchanges[0].entry.line)
  }
}
