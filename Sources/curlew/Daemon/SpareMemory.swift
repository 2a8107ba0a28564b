import CMimalloc
import Glibc

/// What only starting up or loading files needed, and the process would keep for good.
enum SpareMemory {
  /// Gives back what the allocator keeps of what the calling thread has freed: all that reading files took, and files that
  /// are in force no more. To be called on the thread that loads, when it is done.
  static func giveBackHeap() {
    mi_collect(true)
  }

  /// Takes all pages of code out of the process: those of the command line, of reading files, of the libraries' own beginnings.
  /// Those that it goes on with come back from the page cache one by one, and the others, some 20 MiB, no longer count as its
  /// memory.
  ///
  /// Code alone is given back: it is never written to, so nothing of it can be lost (madvise(2), MADV_DONTNEED).
  static func giveBackCode() {
    guard let maps = fopen("/proc/self/maps", "re") else { return }
    defer { fclose(maps) }
    var line = [CChar](repeating: 0, count: 8192)
    // proc_pid_maps(5): address range, permissions, offset, device, inode, path.
    while fgets(&line, CInt(line.count), maps) != nil {
      let text = line.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
      let words = text.split(separator: " ")
      guard words.count >= 6, words[1] == "r-xp", words[5].hasPrefix("/") else { continue }
      let bounds = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard bounds.count == 2, let start = UnsafeMutableRawPointer(bitPattern: bounds[0]) else { continue }
      madvise(start, Int(bounds[1] - bounds[0]), CInt(MADV_DONTNEED))
    }
  }
}
