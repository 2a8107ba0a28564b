import Model
import Regions

/// The same numbers for the same seed (SplitMix64), so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Whether something happens that happens with a probability.
  mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

  /// A time that is exponentially distributed about a mean.
  mutating func exponential(mean: Double) -> Double { -mean * Self.logarithm(Double.random(in: 1e-12..<1, using: &self)) }

  /// The natural logarithm by its series: the same on every machine.
  private static func logarithm(_ number: Double) -> Double {
    let mantissa = number.significand
    let ratio = (mantissa - 1) / (mantissa + 1)
    var term = ratio
    var sum = 0.0
    for odd in stride(from: 1.0, through: 25, by: 2) {
      sum += term / odd
      term *= ratio * ratio
    }
    return 2 * sum + Double(number.exponent) * 0.693_147_180_559_945_3
  }
}

/// 2026-01-01T00:00:00Z.
let newYear = Timestamp(secondsSinceEpoch: 1_767_225_600)

/// What a test wrote out wrongly.
struct FixtureFault: Error {
  let text: String
}

extension CheckID {
  static func named(_ text: String) throws -> CheckID {
    guard let id = CheckID(text) else { throw FixtureFault(text: text) }
    return id
  }

  /// Ids of many checks.
  static func numbered(_ numbers: Range<Int>) throws -> [CheckID] { try numbers.map { try .named("check-\($0)") } }
}

extension Check {
  static func watched(
    _ id: String = "front-page", every interval: Duration = .seconds(60), timeout: Duration = .seconds(10),
    in regions: [String]? = nil, quorum: Quorum = .standard
  ) throws -> Check {
    Check(
      id: try .named(id), kind: .http, interval: interval, timeout: timeout, regions: regions, quorum: quorum,
      location: SourceLocation(file: "checks.yaml", line: 1, column: 1))
  }
}

extension NodeStanding {
  /// A node that was heard of last at a moment.
  static func node(
    _ name: String, in region: String = "eu", seen: Timestamp, isLeaving: Bool = false, labels: [String: String] = [:],
    quarantine: Quarantine? = nil
  ) -> NodeStanding {
    NodeStanding(
      description: NodeDescription(name: name, region: region, labels: labels, version: "1", spool: 1),
      registered: seen, lastSeen: seen, beat: NodeBeat(node: name, region: region, isLeaving: isLeaving),
      quarantine: quarantine)
  }
}

extension RegionalVote {
  static func of(_ region: String, _ verdict: Verdict, origin: Origin = .scheduled) -> RegionalVote {
    let reason: HistoryReason? =
      switch verdict {
      case .up: nil
      case .degraded: HistoryReason(code: .warning, message: "slow")
      case .down: HistoryReason(code: .connectRefused, message: "refused")
      case .unknown: HistoryReason(code: .nodeSick, message: "sick")
      }
    return RegionalVote(region: region, node: "\(region)-1", verdict: verdict, reason: reason, origin: origin)
  }
}

/// Letters for votes: `u` up, `w` degraded, `d` down, `x` unknown; regions are `r0`, `r1`, ….
func votes(_ letters: String) -> [RegionalVote] {
  letters.enumerated().compactMap { index, letter in verdict(letter).map { .of("r\(index)", $0) } }
}

func verdict(_ letter: Character) -> Verdict? {
  switch letter {
  case "u": .up
  case "w": .degraded
  case "d": .down
  case "x": .unknown
  default: nil
  }
}
