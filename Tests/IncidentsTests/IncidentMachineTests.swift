import Incidents
import Model
import Testing

@Suite("The incidents of one check")
struct IncidentMachineTests {
  private static let start = Timestamp(secondsSinceEpoch: 1_767_225_600)
  private static let timeout = IncidentCause(code: .timeout, message: "no answer within 5 s")
  private static let refused = IncidentCause(code: .connectRefused, message: "refused")

  /// The slot of a minute, by a letter: `u`p, de`g`raded, `d`own by a timeout, `r`efused, unknown `?`, `m`aintenance.
  private static func slot(_ letter: Character, _ minute: Int) throws -> SlotVerdict {
    let check = try #require(CheckID("shop"))
    let verdict: Verdict =
      switch letter {
      case "u": .up
      case "g": .degraded
      case "?": .unknown
      default: .down
      }
    let cause = letter == "d" || letter == "m" ? timeout : letter == "r" ? refused : nil
    return SlotVerdict(
      check: check, slotStart: start + .minutes(minute), interval: .minutes(1), verdict: verdict, cause: cause,
      isInMaintenance: letter == "m")
  }

  /// What is done in which minute, in short: `3 open 1 timeout`.
  private static func told(_ actions: [IncidentMachine.Action], in minute: Int) -> [String] {
    actions.map { action in
      switch action {
      case .open(let began, let cause):
        "\(minute) open \(minutes(began)) \(cause?.code?.rawValue ?? "–")"
      case .change(let at, let cause): "\(minute) change \(minutes(at)) \(cause?.code?.rawValue ?? "–")"
      case .close(let ended): "\(minute) close \(minutes(ended))"
      }
    }
  }

  private static func minutes(_ moment: Timestamp) -> Int64 { (moment - start).components.seconds / 60 }

  /// Feeds a slot a minute, each as it ends; `.` is a missed one.
  private static func story(of letters: String, open: Int = 2, close: Int = 2) throws -> [String] {
    var machine = IncidentMachine(policy: IncidentPolicy(openAfter: open, closeAfter: close))
    var told: [String] = []
    for (minute, letter) in letters.enumerated() where letter != "." {
      told += self.told(
        machine.handle(try slot(letter, minute), at: start + .minutes(minute + 1)), in: minute)
    }
    return told
  }

  @Test(
    "open with the first of the bad slots in a row, and end where the good ones begin",
    arguments: [
      ("uddduduu", ["2 open 1 timeout", "7 close 6"]),
      ("dduu", ["1 open 0 timeout", "3 close 2"]),
      ("ududududu", []),
      ("ddududdud", ["1 open 0 timeout"]),
      ("dduudduu", ["1 open 0 timeout", "3 close 2", "5 open 4 timeout", "7 close 6"]),
      // Degraded is good.
      ("dgdgdg", []), ("ddgu", ["1 open 0 timeout", "3 close 2"]), ("gggg", []),
    ])
  func opensAndCloses(letters: String, told: [String]) throws {
    #expect(try Self.story(of: letters) == told)
  }

  @Test(
    "neither begin nor end, and break no row, with slots that are unknown, missed or in maintenance",
    arguments: [
      ("d?d", ["2 open 0 timeout"]), ("d.d", ["2 open 0 timeout"]), ("dmd", ["2 open 0 timeout"]),
      ("mmmm", []), ("????", []), ("dd??mm..u?m.u", ["1 open 0 timeout", "12 close 8"]),
      ("ddmmmm", ["1 open 0 timeout"]),
    ])
  func passesOver(letters: String, told: [String]) throws {
    #expect(try Self.story(of: letters) == told)
  }

  @Test(
    "tell when their cause becomes another one",
    arguments: [
      ("ddrrd", ["1 open 0 timeout", "2 change 2 connect_refused", "4 change 4 timeout"]),
      ("drr", ["1 open 0 timeout", "1 change 1 connect_refused"]), ("dd?ud", ["1 open 0 timeout"]),
    ])
  func tellsCauses(letters: String, told: [String]) throws {
    #expect(try Self.story(of: letters) == told)
  }

  @Test("take the cause of a service, which has no code, by its words; and that of a check whatever its numbers are")
  func comparesCauses() throws {
    for (code, isOther) in [(ReasonCode?.none, true), (.timeout, false)] {
      var machine = IncidentMachine(policy: IncidentPolicy(openAfter: 1, closeAfter: 1))
      let told = try (0..<3).map { minute in
        var slot = try Self.slot("d", minute)
        slot.cause = IncidentCause(code: code, message: "took \(minute / 2) s")
        return machine.handle(slot, at: slot.slotStart)
      }
      #expect(told.map(\.count) == [1, 0, isOther ? 1 : 0])
    }
  }

  @Test("obey the numbers of their policy", arguments: [(1, 1), (1, 5), (3, 1), (4, 4)])
  func obeysPolicies(open: Int, close: Int) throws {
    let letters = String(repeating: "d", count: 6) + String(repeating: "u", count: 6)
    #expect(
      try Self.story(of: letters, open: open, close: close)
        == ["\(open - 1) open 0 timeout", "\(5 + close) close 6"])
  }

  @Test("obey another policy from the next slot on, and count what was before")
  func changesPolicy() throws {
    var machine = IncidentMachine(policy: IncidentPolicy(openAfter: 5, closeAfter: 5))
    var told: [String] = []
    for (minute, letter) in "ddduuu".enumerated() {
      if minute == 2 { machine.policy.openAfter = 2 }
      if minute == 5 { machine.policy.closeAfter = 2 }
      told += Self.told(
        machine.handle(try Self.slot(letter, minute), at: Self.start + .minutes(minute + 1)), in: minute)
    }
    #expect(told == ["2 open 0 timeout", "5 close 3"])
  }

  @Test("go on where a restart found them")
  func goesOn() throws {
    var machine = IncidentMachine(policy: .standard, began: Self.start, cause: Self.timeout)
    #expect(machine.isOpen)
    let told = try "dru?u".enumerated().flatMap { minute, letter in
      Self.told(machine.handle(try Self.slot(letter, minute + 7), at: Self.start + .minutes(minute + 8)), in: minute)
    }
    #expect(told == ["1 change 8 connect_refused", "4 close 9"])
    #expect(!machine.isOpen)
  }

  @Test("take in no slot twice, and none that comes late")
  func refusesLateSlots() throws {
    var machine = IncidentMachine(policy: .standard)
    func take(_ letter: Character, _ minute: Int, at now: Int) throws -> [String] {
      Self.told(machine.handle(try Self.slot(letter, minute), at: Self.start + .minutes(now)), in: now)
    }
    #expect(try take("d", 0, at: 1) == [])
    #expect(try take("d", 0, at: 1) == [])
    #expect(try take("u", 2, at: 3) == [])
    // A node was away, and what it ran meanwhile comes when newer slots are known.
    #expect(try take("d", 1, at: 30) == [])
    #expect(try take("d", 3, at: 4) == [])
    #expect(try take("d", 3, at: 5) == [])
    #expect(try take("d", 4, at: 5) == ["5 open 3 timeout"])
  }

  @Test("take in slots that come late all together, when nothing newer is known")
  func takesADelayedRow() throws {
    var machine = IncidentMachine(policy: .standard)
    let told = try "udduu".enumerated().flatMap { minute, letter in
      Self.told(machine.handle(try Self.slot(letter, minute), at: Self.start + .hours(5)), in: minute)
    }
    #expect(told == ["2 open 1 timeout", "4 close 3"])
  }

  /// Slots as the scheduler runs them when the clock is set forward by an hour at minute 10 and right again at minute 20: what
  /// was passed over is run after all, and what was run is not run again.
  private static let jumped: [Int] = Array(0..<10) + Array(70..<80) + Array(20..<70) + Array(80..<90)

  @Test("lose no slot and invent none when the clock is set an hour forward and back")
  func survivesClockJumps() throws {
    var machine = IncidentMachine(policy: .standard)
    var told: [String] = []
    for minute in Self.jumped {
      let letter: Character = (24...26).contains(minute) || (73...75).contains(minute) ? "d" : "u"
      let actions = machine.handle(try Self.slot(letter, minute), at: Self.start + .minutes(minute + 1))
      told += Self.told(actions, in: minute)
      // As if the scheduler had forgotten what it ran.
      let again = machine.handle(try Self.slot("d", minute), at: Self.start + .minutes(minute + 1))
      #expect(again.isEmpty)
    }
    #expect(told == ["74 open 73 timeout", "77 close 76", "25 open 24 timeout", "28 close 27"])
  }

  @Test("never end before they began, whatever the clock does")
  func endsAfterItsBegin() throws {
    var machine = IncidentMachine(policy: .standard)
    var told: [String] = []
    for (letter, minute) in [("u", 11), ("d", 70), ("d", 71), ("u", 12), ("u", 13)] as [(Character, Int)] {
      told += Self.told(
        machine.handle(try Self.slot(letter, minute), at: Self.start + .minutes(minute + 1)), in: minute)
    }
    #expect(told == ["71 open 70 timeout", "13 close 70"])
  }

  @Test(
    "open and close in turn over any slots, each incident where a plain count has it",
    arguments: 0..<20 as Range<UInt64>)
  func agreesWithAPlainCount(seed: UInt64) throws {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    let letters = String(
      (0..<400).map { _ -> Character in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Array("uuudddg?m.")[Int(state % 10)]
      })
    let (open, close) = (Int(seed % 4) + 1, Int(seed / 4 % 3) + 1)
    // Slots that count, and the incidents in them, by looking at whole rows.
    let counted = letters.enumerated().filter { "udg".contains($0.element) }
    var expected: [String] = []
    var isOpen = false
    var row: [Int] = []
    for (minute, letter) in counted {
      let isBad = letter == "d"
      guard isBad != isOpen else {
        row = []
        continue
      }
      row.append(minute)
      guard row.count == (isOpen ? close : open) else { continue }
      expected.append(isOpen ? "\(minute) close \(row[0])" : "\(minute) open \(row[0]) timeout")
      isOpen.toggle()
      row = []
    }
    #expect(try Self.story(of: letters, open: open, close: close) == expected)
  }
}
