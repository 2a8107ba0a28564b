import Fleet
package import Model

extension Spool {
  /// What bounds a spool.
  package struct Settings: Hashable, Sendable {
    /// The most bytes in files.
    package var maxBytes: Int
    /// Runs that were spooled longer ago than this are dropped: they would correct nothing any more.
    package var maxAge: Duration
    /// The most bytes of one segment, which is what is dropped at a time.
    package var segmentBytes: Int
    /// The most bytes in memory while the disk cannot be written.
    package var memoryBytes: Int
    /// From one attempt to write to a disk that failed to the next.
    package var diskPause: Duration

    /// Settings with everything said.
    ///
    /// - Parameter maxAge: at most `FleetProtocol.latenessBound`: hubs let go what is older.
    package init(
      maxBytes: Int = 256 << 20, maxAge: Duration = FleetProtocol.latenessBound, segmentBytes: Int = 8 << 20,
      memoryBytes: Int = 8 << 20, diskPause: Duration = .seconds(10)
    ) {
      self.maxBytes = maxBytes
      self.maxAge = min(maxAge, FleetProtocol.latenessBound)
      self.segmentBytes = max(1, min(segmentBytes, maxBytes / 4))
      self.memoryBytes = memoryBytes
      self.diskPause = diskPause
    }
  }

  /// Whose runs a spool holds.
  package struct Owner: Hashable, Sendable {
    /// The node's name.
    package var node: String
    /// Its region.
    package var region: String

    /// An owner with everything said.
    package init(node: String, region: String) {
      self.node = node
      self.region = region
    }
  }

  /// How a spool does.
  package struct Status: Hashable, Sendable {
    /// Runs that are not stored at the hub, as far as it is known.
    package var length = 0
    /// Bytes in files and in memory.
    package var bytes = 0
    /// When the oldest run that waits was spooled; nil without any.
    package var oldest: Timestamp?
    /// Runs that were dropped, since the spool was made.
    package var dropped = 0
    /// What the disk fails with; nil while it can be written and read.
    package var diskError: String?
  }

  /// What was found when the spool was opened.
  package struct Finding: Hashable, Sendable {
    /// Bytes that were cut off because they were not whole.
    package var cutBytes = 0
    /// Files that were no segments of this spool, and were put aside.
    package var foreignFiles: [String] = []
    /// Whether everything was as it was left.
    package var isNothing: Bool { cutBytes == 0 && foreignFiles.isEmpty }
  }
}
