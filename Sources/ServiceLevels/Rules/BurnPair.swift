import Model

/// Two windows that speak together of how fast a budget is used (https://sre.google/workbook/alerting-on-slos/): the long
/// one says that it matters, the short one that it still goes on.
struct BurnPair: Hashable {
  /// How much somebody is disturbed.
  enum Severity: String {
    case critical, warning, info
  }

  var long: Duration
  var short: Duration
  /// How many times faster than allowed the budget is used where the alert fires.
  var factor: Double
  var severity: Severity

  /// So many bad slots at least are in the long window: of a few slots a single bad one is a large share, and nobody is
  /// woken for a blip.
  static let leastFailures = BurnRates.leastFailures

  /// More than this is never asked for: where a budget is so large that its pair would allow every slot to be bad, an
  /// outage is one still.
  static let highestShare = 0.9

  /// The pairs, each with how much it disturbs.
  private static let table = Array(zip(BurnWindow.all, [Severity.critical, .critical, .warning, .warning]))

  /// A factor below this lets an alert fire although the budget would last. Of 28 days the last pair has 0.933, which is
  /// meant.
  private static let leastFactor = 0.9

  /// The pairs for checks of one rhythm whose promise is kept over one window.
  ///
  /// Factors follow the window. Where it is so short that no pair would have a factor to speak of, one is left: the budget
  /// is used faster than it lasts. Rhythms that a short window cannot see, or a long one has but a few slots of, get
  /// longer ones.
  static func pairs(over window: Duration, rhythm: Rhythm) -> [BurnPair] {
    guard let rank = rhythm.rank else { return [] }
    let seen = table.enumerated().dropFirst(max(0, rank - 1))
    let pairs = seen.map { index, entry in
      BurnPair(
        long: entry.0.long, short: table[max(index, rank)].0.short,
        factor: Self.rounded(entry.0.factor(over: window).value), severity: entry.1)
    }
    let useful = pairs.filter { $0.factor >= leastFactor }
    guard useful.isEmpty, var first = pairs.first else { return useful }
    first.factor = 1
    first.severity = .warning
    return [first]
  }

  /// As people read it: 14.4, 0.933.
  private static func rounded(_ factor: Double) -> Double { (factor * 1000).rounded() / 1000 }
}

/// Checks whose intervals the same windows suit.
enum Rhythm: Hashable, Comparable {
  /// The rank of the quickest pair whose short window holds three slots.
  case quick(rank: Int)
  /// So slow that no window of hours or days says anything: each interval for itself.
  case slow(Duration)

  /// The longest interval of each rank: a third of the pair's short window.
  private static let longest: [Duration] = [.seconds(100), .minutes(10), .minutes(40), .hours(2)]

  init(interval: Duration) {
    self = Self.longest.firstIndex { interval <= $0 }.map { .quick(rank: $0) } ?? .slow(interval)
  }

  var rank: Int? { if case .quick(let rank) = self { rank } else { nil } }

  /// The longest interval that is meant.
  var upper: Duration {
    switch self {
    case .quick(let rank): Self.longest[rank]
    case .slow(let interval): interval
    }
  }

  /// What tells the alerts of rhythms apart: `up to 1m40s`, or the interval itself.
  var name: String {
    switch self {
    case .quick: "up to \(Units.text(of: upper))"
    case .slow(let interval): Units.text(of: interval)
    }
  }

  /// The condition on a number of seconds, for a comparison of PromQL.
  var condition: String {
    switch self {
    case .quick(0): "<= \(RuleText.number(upper.seconds))"
    case .quick(let rank): "> \(RuleText.number(Self.longest[rank - 1].seconds)) <= \(RuleText.number(upper.seconds))"
    case .slow(let interval): "== \(RuleText.number(interval.seconds))"
    }
  }

  /// In which time there must be a slot.
  var silence: Duration {
    switch self {
    case .quick(0): .minutes(15)
    case .quick(1): .hours(1)
    case .quick(2): .hours(3)
    case .quick: .hours(8)
    case .slow(let interval): interval * 3
    }
  }

  static func < (left: Rhythm, right: Rhythm) -> Bool { left.upper < right.upper }
}

extension ObjectiveWindow {
  /// How long it is, for a factor: months and the like vary by a few per cent, which no alert needs to know.
  var nominal: Duration {
    switch self {
    case .rolling(let duration): duration
    case .calendar(.day, _): .days(1)
    case .calendar(.week, _): .days(7)
    case .calendar(.month, _): .days(30)
    case .calendar(.quarter, _): .days(91)
    case .calendar(.year, _): .days(365)
    }
  }
}
