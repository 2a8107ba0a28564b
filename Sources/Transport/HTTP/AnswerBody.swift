import Compression

/// The body of an answer while it arrives: content codings taken off as it comes, and never more of it than the limit.
struct AnswerBody {
  /// Why no more is taken.
  enum Stop: Equatable {
    /// A redirect's body, of which nothing is needed.
    case dropped
    case tooLarge
    case unknownCoding(String)
    case malformed(String)
  }

  /// No server applies more than two; libcurl bears five.
  static let maxCodings = 5
  /// How much of a redirect's body is read before the connection is closed under it: short ones are let through, so
  /// that the server sees a whole exchange.
  private static let maxDroppedBytes = 64 << 10
  /// How much room is made for what is announced, so that a large body is never there twice while its array grows. A server that
  /// announces and does not send takes addresses alone.
  private static let mostReserved = 64 << 20

  private(set) var bytes: [UInt8] = []
  /// How many bytes came out of the codings, kept or not.
  private(set) var count = 0
  private var kept = 0
  private var decoders: [ContentDecoder] = []
  private var counts: [Int] = []
  private var limit = 0
  private var isDropped = false
  private var droppedBytes = 0
  private(set) var isBegun = false

  /// - Parameters:
  ///   - limit: the most bytes that may come.
  ///   - kept: the most that are kept of them.
  mutating func reset(limit: Int, kept: Int = .max) {
    bytes = []
    count = 0
    self.kept = min(kept, limit)
    decoders = []
    counts = []
    self.limit = limit
    isDropped = false
    droppedBytes = 0
    isBegun = false
  }

  /// Prepares for what the header fields announce.
  mutating func begin(codings: [String], isDropped: Bool, expectedBytes: Int) -> Stop? {
    isBegun = true
    self.isDropped = isDropped
    if isDropped { return nil }
    guard codings.count <= Self.maxCodings else { return .unknownCoding(codings.joined(separator: ", ")) }
    for coding in codings.reversed() {
      guard let decoder = ContentDecoder(coding) else { return .unknownCoding(coding) }
      decoders.append(decoder)
      counts.append(0)
    }
    if codings.isEmpty, expectedBytes > 0 { bytes.reserveCapacity(min(expectedBytes, kept, Self.mostReserved)) }
    return nil
  }

  /// Takes the next piece.
  mutating func append(_ piece: UnsafeRawBufferPointer) -> Stop? {
    if isDropped {
      droppedBytes += piece.count
      return droppedBytes > Self.maxDroppedBytes ? .dropped : nil
    }
    return pass(piece, to: 0)
  }

  /// What is missing at the end of the body: the name of a coding whose stream is not whole.
  var unfinishedCoding: String? {
    decoders.first { !$0.isWhole }?.name
  }

  /// Whether nothing was decoded where something should have been.
  var lacksStream: Bool { !isDropped && !decoders.contains(where: \.hasInput) }

  private mutating func pass(_ piece: UnsafeRawBufferPointer, to stage: Int) -> Stop? {
    guard stage < decoders.count else {
      let taken = min(piece.count, limit - count)
      count += taken
      let room = kept - bytes.count
      if room > 0 { bytes.append(contentsOf: piece.prefix(min(taken, room))) }
      return taken < piece.count ? .tooLarge : nil
    }
    let decoder = decoders[stage]
    var stop: Stop?
    let outcome = decoder.decode(piece) { output in
      // Between two codings nothing is kept, but expanding has its price: the limit holds for every stage.
      counts[stage] += output.count
      stop = stage + 1 < decoders.count && counts[stage] > limit ? .tooLarge : pass(output, to: stage + 1)
      return stop == nil
    }
    return switch outcome {
    case .proceed: nil
    case .stopped: stop
    case .malformed: .malformed(decoder.name)
    }
  }
}
