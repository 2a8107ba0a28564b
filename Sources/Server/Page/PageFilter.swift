import Model

/// Which checks the status page shows: `?group=&state=&search=&page=`.
struct PageFilter: Hashable, Sendable {
  /// Checks on one page.
  static let pageSize = 100

  var group: String?
  var state: CheckStanding.State?
  /// Found in a name or an id, whatever its case.
  var search: String?
  /// Counted from 1; past the end is the last one.
  var page = 1

  init(group: String? = nil, state: CheckStanding.State? = nil, search: String? = nil, page: Int = 1) {
    self.group = group
    self.state = state
    self.search = search
    self.page = page
  }

  /// Reads the query of the page. Parameters that it does not know are let be: links to a public page collect them.
  init(_ query: inout Query) throws(Problem) {
    group = query.take("group")
    let states = CheckStanding.State.allCases.map(\.rawValue).joined(separator: ", ")
    state = try query.take("state", allowed: "give one of \(states)") { CheckStanding.State(rawValue: $0) }
    search = query.take("search")
    page = try query.takeInteger("page", in: 1...1_000_000) ?? 1
  }

  /// Whether all checks are shown.
  var isEverything: Bool { group == nil && state == nil && search == nil }

  /// The link to the page with this filter.
  var link: String {
    var items: [String] = []
    if let group { items.append("group=" + PercentCoding.encoded(group)) }
    if let state { items.append("state=" + state.rawValue) }
    if let search { items.append("search=" + PercentCoding.encoded(search)) }
    if page > 1 { items.append("page=\(page)") }
    return items.isEmpty ? "/" : "/?" + items.joined(separator: "&")
  }

  /// The same filter with some of it changed.
  func with(_ change: (inout PageFilter) -> Void) -> PageFilter {
    var filter = self
    filter.page = 1
    change(&filter)
    return filter
  }

  /// The checks that pass group and search, as places in the overview; their states are still to be looked at.
  func candidates(in overview: Overview) -> [Int] {
    let needle = search?.lowercased()
    return overview.edition.checks.indices.filter { index in
      let check = overview.edition.checks[index]
      if let group, check.group != group { return false }
      guard let needle else { return true }
      return check.id.text.contains(needle) || check.name.lowercased().contains(needle)
    }
  }
}

/// The part of the checks that one page shows, under their headings.
struct PageSelection {
  /// Checks under one heading.
  struct Section {
    /// Nil is the checks without a group.
    var group: String?
    /// Places in the overview.
    var indices: [Int]
  }

  var sections: [Section]
  /// How many checks pass the whole filter.
  var total: Int
  /// Counted from 1.
  var page: Int
  var pageCount: Int

  /// Picks a page.
  ///
  /// What fits on one page stands in the order of the files. Of more, the worst groups and the worst checks of each
  /// come first, so that whatever is wrong is seen on the first page.
  init(_ filter: PageFilter, candidates: [Int], overview: Overview) {
    let states = overview.standings.map(\.state)
    let wanted = candidates.filter { filter.state == nil || states[$0] == filter.state }
    total = wanted.count
    pageCount = max(1, (wanted.count + PageFilter.pageSize - 1) / PageFilter.pageSize)
    page = min(max(1, filter.page), pageCount)

    let byGroup = Dictionary(grouping: wanted) { overview.edition.checks[$0].group }
    var all = overview.edition.groups.compactMap { group in
      byGroup[group].map { Section(group: group, indices: $0) }
    }
    if pageCount > 1 {
      let rank = Dictionary(
        uniqueKeysWithValues: CheckStanding.State.allCases.enumerated().map { ($0.element, $0.offset) })
      let ranks = states.map { rank[$0] ?? 0 }
      for place in all.indices { all[place].indices.sort { (ranks[$0], $0) < (ranks[$1], $1) } }
      all.sort { left, right in
        let (first, second) = (left.indices[0], right.indices[0])
        return (ranks[first], first) < (ranks[second], second)
      }
    }

    var skip = (page - 1) * PageFilter.pageSize
    var room = PageFilter.pageSize
    sections = []
    for section in all where room > 0 {
      let rest = section.indices.dropFirst(skip)
      skip = max(0, skip - section.indices.count)
      guard !rest.isEmpty else { continue }
      sections.append(Section(group: section.group, indices: Array(rest.prefix(room))))
      room -= min(room, rest.count)
    }
  }
}
