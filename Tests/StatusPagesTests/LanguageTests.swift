import Model
import ServiceLevels
import StatusPages
import Testing

@Suite("Languages")
struct LanguageTests {
  @Test("have every phrase that pages ask for, and no other", arguments: Language.codes)
  func keys(code: String) {
    let keys = Language.of(code).keys
    #expect(keys.subtracting(Language.wanted).sorted() == [])
    #expect(Language.wanted.subtracting(keys).sorted() == [])
  }

  @Test("have the same gaps in the same phrases", arguments: Language.codes)
  func gaps(code: String) {
    let (english, other) = (Language.of("en"), Language.of(code))
    for key in english.keys {
      #expect(Self.gaps(of: english.template(key)) == Self.gaps(of: other.template(key)), "\(key)")
    }
  }

  @Test("name twelve months and seven days", arguments: Language.codes)
  func calendar(code: String) {
    let language = Language.of(code)
    for (key, count) in [("months", 12), ("months.short", 12), ("weekdays", 7)] {
      #expect(Set(language.template(key).split(separator: "|")).count == count)
    }
  }

  @Test("that nobody has written are English")
  func fallback() {
    #expect(Language.of("tlh").code == "en")
    #expect(Language.codes == ["de", "en"])
  }

  private static func gaps(of template: String) -> Set<Substring> {
    Set(template.split(separator: "{").dropFirst().compactMap { $0.split(separator: "}").first })
  }
}

@Suite("Numbers and times in words")
struct WordingTests {
  private let english = Wording(language: "en", timeZone: "Europe/Berlin", now: SamplePage.now)
  private let german = Wording(language: "de", timeZone: "Europe/Berlin", now: SamplePage.now)

  @Test(
    "floor percentages and never reach 100 too early",
    arguments: [
      (Ratio(1, of: 1), "100%", "100 %"), (Ratio(999_999, of: 1_000_000), "99.999%", "99,999 %"),
      (Ratio(995, of: 1000), "99.5%", "99,5 %"), (Ratio(2, of: 3), "66.666%", "66,666 %"),
      (Ratio(0, of: 5), "0%", "0 %"),
      (Ratio(-1, of: 3), "−33.334%", "−33,334 %"),
    ])
  func percentages(ratio: Ratio, inEnglish: String, inGerman: String) {
    #expect(english.percentage(ratio) == inEnglish)
    #expect(german.percentage(ratio).replacing("\u{a0}", with: " ") == inGerman)
  }

  @Test("say that there is no figure")
  func noFigure() {
    #expect(english.percentage(nil) == "–")
  }

  @Test(
    "say lengths of time in at most two units",
    arguments: [
      (Duration.zero, "0 s"), (.microseconds(20), "<1 ms"), (.milliseconds(84), "84 ms"),
      (.milliseconds(1240), "1.24 s"),
      (.milliseconds(1500), "1.5 s"), (.milliseconds(1050), "1.05 s"),
      (.seconds(30), "30 s"), (.seconds(90), "1 min 30 s"), (.seconds(3600), "1 h"), (.seconds(3605), "1 h"),
      (.seconds(187_200), "2 d 4 h"),
    ])
  func durations(duration: Duration, text: String) {
    #expect(english.duration(duration).replacing("\u{a0}", with: " ") == text)
  }

  @Test("say moments as briefly as they can be understood")
  func moments() {
    #expect(english.moment(SamplePage.now) == "10:42")
    #expect(english.moment(SamplePage.now - .days(2)) == "19 Nov, 10:42")
    #expect(english.moment(SamplePage.now - .days(400)) == "17 October 2025, 11:42")
    #expect(german.fullMoment(SamplePage.now) == "Samstag, 21. November 2026, 10:42 UTC+1")
    #expect(english.span(from: SamplePage.now, until: SamplePage.now + .hours(2)) == "21 Nov, 10:42 – 12:42")
    #expect(english.span(from: SamplePage.now, until: SamplePage.now + .hours(20)) == "21 Nov, 10:42 – 22 Nov, 06:42")
  }

  @Test(
    "tell how far the clocks are from UTC",
    arguments: [
      ("UTC", "UTC"), ("Asia/Kolkata", "UTC+5:30"), ("America/St_Johns", "UTC−3:30"), ("Nowhere/Else", "UTC"),
    ])
  func offsets(zone: String, text: String) {
    #expect(Wording(language: "en", timeZone: zone, now: SamplePage.now).offset(at: SamplePage.now) == text)
  }
}

@Suite("Words of any origin")
struct PlainTextTests {
  @Test(
    "lose what could turn or break their surroundings",
    arguments: [
      ("plain", "plain"), ("a\u{202e}b\u{2066}c", "abc"), ("a\u{0}b\u{1b}c\u{85}", "abc"),
      ("a\u{fffe}b\u{1ffff}", "ab"),
      ("Grüße, שלום", "Grüße, שלום"), ("two\nlines\tand tabs", "two\nlines\tand tabs"),
    ])
  func clean(text: String, cleaned: String) {
    #expect(PlainText.clean(text) == cleaned)
  }

  @Test("fit on one line")
  func line() {
    #expect(PlainText.line("a\n\n b\u{2028}c") == "a bc")
    #expect(PlainText.line(String(repeating: "x", count: 400)).count == 300)
  }

  @Test("are set apart when they may run from right to left")
  func isolated() {
    #expect(PlainText.isolated("Shop") == "Shop")
    #expect(PlainText.isolated("חנות") == "\u{2068}חנות\u{2069}")
  }
}
