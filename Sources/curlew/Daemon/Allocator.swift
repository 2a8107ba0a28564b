import CLinux

/// How the C library's allocator treats a process that runs for weeks and does the same small things all the time
/// (mallopt(3)).
enum Allocator {
  /// Keeps memory that was given back for the next run, up to 64 MiB: what the default of 128 KiB gives back to the kernel
  /// is asked for again a moment later, at every third run.
  static func keepMemory() {
    mallopt(M_TRIM_THRESHOLD, 64 << 20)
    // Threads come and go with the pool; each arena of theirs would keep what it once had.
    mallopt(M_ARENA_MAX, 4)
  }

  /// Gives back what loading files left behind (malloc_trim(3)): once, where it would otherwise stay for weeks.
  static func giveBack() {
    malloc_trim(0)
  }
}
