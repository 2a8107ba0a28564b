import Exposition
import Testing

@Suite struct LabelsTests {
  @Test("label sets are equal whatever order they were written in")
  func orderDoesNotMatter() throws {
    let one: Labels = ["check": "a", "region": "b"]
    let other: Labels = ["region": "b", "check": "a"]
    #expect(one == other)
    #expect(one.hashValue == other.hashValue)
    #expect(try Labels([(name: "region", value: "b"), (name: "check", value: "a")]) == one)
    #expect(one != ["check": "b", "region": "a"])
  }

  @Test(
    "a value comes back as it was given",
    arguments: [
      "", "plain", "with space", "quote \" inside", "back\\slash", "line\nfeed", #"ends in \"#, #"\""#, #"\n"#,
      "a=\"b\",c=\"d\"", "}", "héllo wörld 🐦", "CN=Example,OU=A\\, B", "\t\r\0",
    ])
  func values(value: String) throws {
    let labels = try Labels([(name: "a", value: "x"), (name: "check", value: value), (name: "z", value: "y")])
    #expect(labels["check"] == value)
    #expect(labels["a"] == "x")
    #expect(labels["z"] == "y")
    #expect(labels["chec"] == nil)
  }

  @Test("merging keeps the names sorted and lets the other set win")
  func merging() {
    let check: Labels = ["check": "a", "region": "eu", "zone": "1"]
    #expect(check.merging(["verdict": "up"]) == ["check": "a", "region": "eu", "verdict": "up", "zone": "1"])
    #expect(check.merging(["app": "x", "region": "us"]) == ["app": "x", "check": "a", "region": "us", "zone": "1"])
    #expect(check.merging(["zz": "9"]) == ["check": "a", "region": "eu", "zone": "1", "zz": "9"])
    #expect(check.merging([:]) == check)
    #expect(([:] as Labels).merging(check) == check)
    // A name that is the beginning of another one comes first.
    #expect((["ab": "2"] as Labels).merging(["a": "1"]) == ["a": "1", "ab": "2"])
  }

  @Test("names of users are judged by the grammar of Prometheus", arguments: ["a", "A_9", "_x", "team", "le_", "Le"])
  func validNames(name: String) throws {
    #expect(Labels.isValidName(name))
    _ = try Labels([(name: name, value: "")])
  }

  @Test(
    "a name that no scraper would take is refused",
    arguments: ["", "9a", "a-b", "a.b", "a b", "é", "a:b", "__name__", "__x", "le", "quantile", "a\n"])
  func invalidNames(name: String) throws {
    #expect(!Labels.isValidName(name))
    let error = try #require(throws: RegistrationError.self) { try Labels([(name: name, value: "")]) }
    #expect(error.code == .invalidLabelName)
    #expect(error.message.contains("\"\(name)\""))
  }

  @Test("a label that is given twice is refused by its name")
  func duplicates() {
    let error = #expect(throws: RegistrationError.self) {
      try Labels([(name: "team", value: "a"), (name: "b", value: ""), (name: "team", value: "c")])
    }
    #expect(error?.code == .duplicateLabel)
    #expect(error?.description == "label \"team\" is given twice: a series has each label once")
  }

  @Test("a misspelt name in a literal stops the program")
  func literal() async {
    await #expect(processExitsWith: .failure) {
      _ = ["not-valid": "x"] as Labels
    }
  }
}
