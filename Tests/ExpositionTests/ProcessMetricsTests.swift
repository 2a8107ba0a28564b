import Exposition
import Testing

@Suite struct ProcessMetricsTests {
  @Test("the process tells about itself in sane numbers")
  func ownProcess() throws {
    let registry = Registry()
    try ProcessMetrics.register(in: registry)
    let values = Dictionary(
      uniqueKeysWithValues: try registry.samples.map { line in
        let parts = line.split(separator: " ")
        return (String(parts[0]), try #require(Double(parts[1])))
      })
    #expect(
      Set(values.keys) == [
        "process_cpu_seconds_total", "process_max_fds", "process_open_fds", "process_resident_memory_bytes",
        "process_start_time_seconds", "process_threads", "process_virtual_memory_bytes",
      ])
    let resident = try #require(values["process_resident_memory_bytes"])
    let virtual = try #require(values["process_virtual_memory_bytes"])
    #expect(resident > 1_000_000 && resident < virtual)
    let open = try #require(values["process_open_fds"])
    let maximum = try #require(values["process_max_fds"])
    #expect(open >= 2 && open <= maximum)
    #expect(try #require(values["process_threads"]) >= 1)
    // Later than this line was written, and no later than a century after.
    #expect((1.7e9...5e9).contains(try #require(values["process_start_time_seconds"])))
  }

  @Test("CPU time moves on from scrape to scrape")
  func cpuTime() throws {
    let registry = Registry()
    try ProcessMetrics.register(in: registry)
    func seconds() throws -> Double {
      let line = try #require(registry.samples.first { $0.hasPrefix("process_cpu_seconds_total ") })
      return try #require(Double(line.split(separator: " ")[1]))
    }
    let before = try seconds()
    // The kernel counts in ticks of 10 ms: work until one is seen, bounded far above what that takes.
    var after = before
    var rounds = 0
    while after <= before, rounds < 100_000 {
      after = try seconds()
      rounds += 1
    }
    #expect(after > before)
  }

  @Test("a second registration is refused, as any name that is taken")
  func twice() throws {
    let registry = Registry()
    try ProcessMetrics.register(in: registry)
    let error = #expect(throws: RegistrationError.self) { try ProcessMetrics.register(in: registry) }
    #expect(error?.code == .nameTaken)
  }

  @Test("a program name with spaces and parentheses does not shift the fields")
  func programName() throws {
    let line = "42 (a) b (c) R 1 2 3 4 5 6 7 8 9 10 1500 250 13 14 15 16 12 18 987654 20480000 512 21 22\n"
    let status = try #require(ProcessStatus(parsing: Array(line.utf8)))
    #expect(status.cpuTicks == 1750)
    #expect(status.threads == 12)
    #expect(status.startTicksAfterBoot == 987_654)
    #expect(status.virtualBytes == 20_480_000)
    #expect(status.residentPages == 512)
  }

  @Test(
    "a status that is cut off or no number is not believed",
    arguments: ["", "42 (x", "42 (x) R", "42 (x) R 1 2 3 4 5 6 7 8 9 10 a b 13 14 15 16 12 18 9 8 7"])
  func malformed(line: String) {
    #expect(ProcessStatus(parsing: Array(line.utf8)) == nil)
  }
}
