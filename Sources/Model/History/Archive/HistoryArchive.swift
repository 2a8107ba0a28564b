/// A store whose whole content can be carried into another one, and that can be filled with another one's.
package protocol HistoryArchive: HistoryStore {
  /// What a person calls the store; no password is in it.
  var archiveName: String { get }

  // MARK: Reading

  /// Everything that the store holds at this moment, whatever is written meanwhile.
  func archive() async throws -> any ArchiveReading

  /// How many rows of a kind of record there are.
  func recordCount(of table: RecordTable) async throws -> Int

  // MARK: Being filled

  /// Begins to be filled, or goes on with it.
  ///
  /// - Throws: `HistoryError` when the store holds anything that is not of an unfinished copy of the same source.
  func beginCopy(of source: String, _ head: ArchiveHead) async throws -> CopyStage

  /// What a check was when it was copied whole; nil for one that was not.
  func copiedPrint(of check: CheckID) async throws -> Int64?

  /// Lets go of what an earlier attempt brought of a check, and makes its streams.
  func beginCheck(_ check: CheckID, _ streams: [ArchiveStream]) async throws

  /// Takes in a piece of a stream. Of a level, pieces come in order of time, and coarse levels before finer ones.
  ///
  /// - Parameter region: nil for the stream over all regions.
  func take(_ piece: ArchivePiece, of check: CheckID, in region: String?) async throws

  /// Remembers that a check was copied whole.
  func finishCheck(_ check: CheckID, print: Int64) async throws

  /// Takes in records; those that are there already are not doubled.
  func take(_ rows: [[ArchiveValue]], of table: RecordTable) async throws

  /// Brings the store into the state that its owner expects. More calls than one do no harm.
  func settleCopy() async throws

  /// Says that the copy is whole: from now on the store is like every other one.
  func finishCopy() async throws
}

/// What a store held at one moment, read page by page.
package protocol ArchiveReading: Sendable {
  /// What is said of the store as a whole.
  func head() async throws -> ArchiveHead

  /// The streams of a check: of its regions, and over all of them where there is one.
  func streams(of check: CheckID) async throws -> [ArchiveStream]

  /// The next buckets after one that begins at `after`, in order of time; none at the end.
  func buckets(
    of stream: ArchiveStream, _ level: RollupLevel, after: Int64, limit: Int
  ) async throws -> [ArchiveBucket]

  /// The next runs of slots before `before`, newest first; none at the end.
  func runs(of stream: ArchiveStream, check: CheckID, before: Int64, limit: Int) async throws -> [HistoryRun]

  /// From which slots on a stream had another verdict, in order of time.
  func changes(of stream: ArchiveStream, check: CheckID) async throws -> [ArchiveChange]

  /// What was said of slots over all regions, in order of time.
  func judged(of stream: ArchiveStream) async throws -> [ArchiveVerdict]

  /// The next rows of a kind of record, in the order of its keys; none at the end.
  ///
  /// - Parameter after: the keys of the row before; nil for the first.
  func records(of table: RecordTable, after: [ArchiveValue]?, limit: Int) async throws -> [[ArchiveValue]]

  /// How many rows of a kind of record there are.
  func recordCount(of table: RecordTable) async throws -> Int

  /// What became of the slots of a window, as `HistoryStore.tallies` has it.
  func tallies(_ query: TallyQuery) async throws -> [TallyRow]

  /// Lets go of the moment.
  func close() async
}

/// How far a store was filled before.
package enum CopyStage: Hashable, Sendable {
  /// It was empty.
  case fresh
  /// An earlier copy of the same source broke off.
  case resumed
  /// A copy of the same source was finished.
  case finished
}

/// What is said of a store as a whole. All times are milliseconds since the epoch.
package struct ArchiveHead: Hashable, Sendable {
  /// Up to where (exclusive) each level may have been deleted: runs, five minutes, hours, days; nil where never.
  package var cuts: [Int64?]
  /// Regions with whether anybody has ever spoken for them.
  package var regions: [String: Bool]
  /// In order.
  package var checks: [CheckID]

  /// A head with everything said.
  package init(cuts: [Int64?], regions: [String: Bool], checks: [CheckID]) {
    self.cuts = cuts
    self.regions = regions
    self.checks = checks
  }
}

/// What one check did in one region, or over all. All times are milliseconds since the epoch.
package struct ArchiveStream: Hashable, Sendable {
  /// When no slots were expected; the last one may be open.
  package struct Pause: Hashable, Sendable {
    package var since: Int64
    package var until: Int64?

    /// A pause from one moment to another.
    package init(since: Int64, until: Int64?) {
      self.since = since
      self.until = until
    }
  }

  /// What it is called in the store it is read from.
  package var key: Int64
  /// Nil over all regions.
  package var region: String?
  /// Up to where it is rolled up, each level as far as its buckets are whole.
  package var sealed: Int64
  /// Its whole rhythm, to the last run.
  package var cadence: Cadence
  package var pauses: [Pause]

  /// A stream with everything said.
  package init(key: Int64, region: String?, sealed: Int64, cadence: Cadence, pauses: [Pause]) {
    self.key = key
    self.region = region
    self.sealed = sealed
    self.cadence = cadence
    self.pauses = pauses
  }
}

/// A piece of one stream.
package enum ArchivePiece: Sendable {
  case buckets([ArchiveBucket], RollupLevel)
  case runs([HistoryRun])
  case changes([ArchiveChange])
  case judged([ArchiveVerdict])
}

/// What happened in one bucket of a roll-up.
package struct ArchiveBucket: Sendable {
  /// When it begins, in milliseconds since the epoch.
  package var begin: Int64
  package var content: BucketContent

  /// A bucket with its content.
  package init(begin: Int64, content: BucketContent) {
    self.begin = begin
    self.content = content
  }
}

/// From which slot on a stream had another verdict.
package struct ArchiveChange: Hashable, Sendable {
  /// In milliseconds since the epoch.
  package var slot: Int64
  package var verdict: Verdict
  package var code: String?
  package var message: String?

  /// A change with everything said.
  package init(slot: Int64, verdict: Verdict, code: String?, message: String?) {
    self.slot = slot
    self.verdict = verdict
    self.code = code
    self.message = message
  }
}

/// What was said of one slot over all regions.
package struct ArchiveVerdict: Hashable, Sendable {
  /// In milliseconds since the epoch.
  package var slot: Int64
  package var verdict: Verdict

  /// A verdict of one slot.
  package init(slot: Int64, verdict: Verdict) {
    self.slot = slot
    self.verdict = verdict
  }
}
