import Glibc

/// What every Prometheus client tells about its own process, under the names that dashboards expect.
///
/// Read from procfs (proc(5)) at each scrape. A value that the kernel does not give (a hidden `/proc`) has no line.
package enum ProcessMetrics {
  /// Adds the `process_*` metrics to a registry.
  ///
  /// - Throws: `RegistrationError` when the registry has them already.
  package static func register(in registry: Registry) throws(RegistrationError) {
    let cpu = try registry.counter(
      "process_cpu_seconds_total", help: "Total user and system CPU time spent in seconds.", unit: "seconds")
    let openDescriptors = try registry.gauge(
      "process_open_fds", help: "Number of open file descriptors.", initially: nil
    ).child()
    let maxDescriptors = try registry.gauge(
      "process_max_fds", help: "Maximum number of open file descriptors.", initially: nil
    ).child()
    let resident = try registry.gauge(
      "process_resident_memory_bytes", help: "Resident memory size in bytes.", unit: "bytes", initially: nil
    ).child()
    let virtual = try registry.gauge(
      "process_virtual_memory_bytes", help: "Virtual memory size in bytes.", unit: "bytes", initially: nil
    ).child()
    let threads = try registry.gauge(
      "process_threads", help: "Number of threads of the process.", initially: nil
    ).child()
    let start = try registry.gauge(
      "process_start_time_seconds", help: "Start time of the process since unix epoch in seconds.", unit: "seconds",
      initially: nil
    ).child()

    let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    let pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))
    // The boot time of the machine stays; /proc/stat grows with the number of processors, so it is read once.
    let bootTimeSeconds = ProcessFiles.read("/proc/stat").flatMap(ProcessFiles.bootTimeSeconds)

    registry.onScrape {
      if let status = ProcessFiles.read("/proc/self/stat").flatMap(ProcessStatus.init(parsing:)) {
        // A counter begins at 0, so its series is made only when there is something to say.
        cpu.child().reflect(Double(status.cpuTicks) / ticksPerSecond)
        resident.set(Double(status.residentPages) * pageBytes)
        virtual.set(Double(status.virtualBytes))
        threads.set(Double(status.threads))
        if let bootTimeSeconds {
          start.set(Double(bootTimeSeconds) + Double(status.startTicksAfterBoot) / ticksPerSecond)
        }
      }
      if let count = ProcessFiles.openDescriptors() { openDescriptors.set(Double(count)) }
      var limit = rlimit()
      // getrlimit(2): the soft limit is the one that open(2) meets.
      if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
        maxDescriptors.set(Double(limit.rlim_cur))
      }
    }
  }
}

/// The fields of `/proc/[pid]/stat` (proc(5)) that are shown.
package struct ProcessStatus: Hashable, Sendable {
  /// User and system time together, in clock ticks.
  package let cpuTicks: UInt64
  /// How many threads the process has.
  package let threads: UInt64
  /// When the process began, in clock ticks after the boot of the machine.
  package let startTicksAfterBoot: UInt64
  /// The size of the address space.
  package let virtualBytes: UInt64
  /// The resident set, in pages.
  package let residentPages: UInt64

  /// Reads the one line of the file; nil when it does not look as the manual says.
  package init?(parsing line: [UInt8]) {
    // The second field is the program's name in parentheses, which may hold spaces and parentheses of its own.
    guard let nameEnd = line.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = line[(nameEnd + 1)...].split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    /// A field by its number in the manual, where the name has number 2.
    func field(_ number: Int) -> UInt64? {
      let index = number - 3
      return fields.indices.contains(index) ? UInt64(String(decoding: fields[index], as: UTF8.self)) : nil
    }
    guard let userTicks = field(14), let systemTicks = field(15), let threads = field(20),
      let startTicks = field(22), let virtualBytes = field(23), let residentPages = field(24)
    else { return nil }
    self.cpuTicks = userTicks &+ systemTicks
    self.threads = threads
    self.startTicksAfterBoot = startTicks
    self.virtualBytes = virtualBytes
    self.residentPages = residentPages
  }
}

/// Access to procfs.
private enum ProcessFiles {
  /// A whole file, or nil when it cannot be read. Nothing that is read here comes near a megabyte.
  static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count < 1 << 20 {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        return nil
      }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    return bytes
  }

  /// The `btime` line of `/proc/stat`, in seconds since the Unix epoch.
  static func bootTimeSeconds(_ file: [UInt8]) -> UInt64? {
    for line in file.split(separator: UInt8(ascii: "\n")) where line.starts(with: "btime ".utf8) {
      return UInt64(String(decoding: line.dropFirst("btime ".utf8.count), as: UTF8.self))
    }
    return nil
  }

  /// The entries of `/proc/self/fd`, without the descriptor that the listing itself holds.
  static func openDescriptors() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
      // Names are numbers, but for "." and "..".
      if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
    }
    return count - 1
  }
}
