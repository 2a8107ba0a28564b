import Foundation
import Model
import Testing

@Suite("A redactor")
struct RedactorTests {
  private static let secret = "p&ss \"w/örd'<1>"
  private let redactor = Redactor([Secret(secret)])

  @Test(
    "masks a secret in every form in which it commonly travels",
    arguments: [
      secret,
      "p%26ss%20%22w%2F%C3%B6rd%27%3C1%3E", "p%26ss+%22w%2F%C3%B6rd%27%3C1%3E", "p%26ss%20%22w%2f%c3%b6rd%27%3c1%3e",
      "p&ss \\\"w/örd'<1>", "p&ss \\\"w\\/örd'<1>",
      "p&amp;ss &quot;w/örd&#39;&lt;1&gt;", "p&amp;ss &quot;w/örd&#x27;&lt;1&gt;",
      Data(secret.utf8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(),
      Data(secret.utf8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined().uppercased(),
    ])
  func forms(form: String) {
    #expect(redactor.redact(form) == Redactor.mask)
    #expect(redactor.redact("before \(form) after \(form)") == "before ••• after •••")
  }

  @Test(
    "masks a secret however each of its characters is escaped",
    arguments: [
      // A URL of ours escapes some characters and leaves others; peers write either case.
      ("aB3$kd^9!", "https://api/?key=aB3$kd%5E9!&x=1"), ("aB3$kd^9!", "aB3$kd%5e9!"), ("p|ss=w0rd", "p%7Css=w0rd"),
      // Go's JSON, Python's, Jackson's.
      ("a&b<c>öd", #"a\u0026b\u003cc\u003eöd"#), ("a&b<c>öd", #"a&b<c>\u00f6d"#), ("a&b<c>öd", #"a&b<c>\u00F6d"#),
      ("key-𝄞-key", #"key-\ud834\udd1e-key"#), ("tab\tbell\u{7}\u{8}", #"tab\tbell\u0007\b"#),
      // Our own messages: Words.quoted, escapedForDisplay.
      ("a\"b\\c12345", #"a\"b\c12345"#), ("esc\u{1b}[0m-x", #"esc\u{1b}[0m-x"#), ("esc\u{1b}[0m-x", #"esc\u001b[0m-x"#),
      // HTML in its other spellings.
      ("it's <b>", "it&apos;s &#60;b&#x3e;"), ("it's <b>", "it&#39;s &lt;b>"),
      // Mixed, and like an escape itself.
      ("a b&c/d", "a+b%26c\\/d"), ("x%41%y", "x%41%y"), ("x%41%y", "x%2541%25y"), ("x%41%y", "x%41%25y"),
    ])
  func escaped(secret: String, text: String) {
    let masked = Redactor([Secret(secret)]).redact("before \(text) after")
    #expect(masked.contains(Redactor.mask), "\(masked)")
    #expect(!masked.contains("12345") && !masked.contains("kd") && !masked.contains("ss") && !masked.contains("key-"))
    #expect(masked.hasPrefix("before ") && masked.hasSuffix(" after"))
  }

  @Test("masks every printable character in each way of writing it", arguments: 32...126)
  func everyCharacter(value: Int) throws {
    let character = String(try #require(Unicode.Scalar(value)))
    let redactor = Redactor([Secret("begin\(character)end")])
    let hex = String(value, radix: 16)
    for form in [
      character, "%\(hex)", "%\(hex.uppercased())", "\\u00\(hex)", "\\u{\(hex)}", "&#\(value);", "&#x\(hex);",
    ] {
      // Nobody escapes letters and digits, and looking for it would make every search slower.
      if form != character, character.allSatisfy({ $0.isLetter || $0.isNumber || "-._~".contains($0) }) { continue }
      #expect(redactor.redact("x begin\(form)end y") == "x ••• y", "\(form)")
    }
  }

  @Test("masks what it learns later, and forgets nothing by it")
  func learns() {
    var redactor = Redactor([Secret("first-secret"), Secret("an &")])
    redactor.insert(Secret("first-token"))
    redactor.formUnion(Redactor([Secret("other/secret"), Secret("first-secret")]))
    #expect(
      redactor.redact("first-secret, first-token, other%2Fsecret, an &amp;, first") == "•••, •••, •••, •••, first")
    #expect(redactor.redact("first-t…") == "•••…")
  }

  @Test("masks a secret in base64 wherever it stands in the text that was encoded", arguments: 0...8)
  func base64(before: Int) {
    for after in 0...3 {
      let text = String(repeating: "u", count: before) + Self.secret + String(repeating: "v", count: after)
      let standard = Data(text.utf8).base64EncodedString()
      let urlSafe = standard.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
      for form in [standard, urlSafe] {
        let masked = redactor.redact("Basic \(form)")
        #expect(masked.contains(Redactor.mask))
        // Of the secret's 18 bytes no more is left than the bits of its first and last one.
        let left = masked.replacing("Basic ", with: "").split(separator: Redactor.mask)
        for part in left { #expect(!String(decoding: Self.decoded(part), as: UTF8.self).contains("p&")) }
      }
    }
  }

  private static func decoded(_ text: Substring) -> Data {
    let padded = text + String(repeating: "=", count: (4 - text.filter { $0 != "=" }.count % 4) % 4)
    return Data(base64Encoded: String(padded)) ?? Data()
  }

  @Test("masks each longer line of a secret with several, such as a key")
  func lines() {
    let redactor = Redactor([Secret("-----BEGIN KEY-----\nMIIEvQIBADANBg\nshort\n-----END KEY-----\n")])
    #expect(redactor.redact("it says MIIEvQIBADANBg here") == "it says ••• here")
    #expect(redactor.redact("a short line") == "a short line")
    let onOneLine = Redactor([Secret("ab\ncd")])
    #expect(onOneLine.redact("value is \"ab\\ncd\"") == "value is \"•••\"")
  }

  @Test("masks a secret without the line end that came with it")
  func lineEnd() {
    #expect(Redactor([Secret("0123456789\n")]).redact("0123456789 is it") == "••• is it")
  }

  @Test("masks the longest of several secrets that begin alike, and all of those that overlap")
  func several() {
    let redactor = Redactor([Secret("token"), Secret("token-of-admin"), Secret("admin-key")])
    #expect(redactor.redact("token-of-admin, token") == "•••, •••")
    #expect(redactor.redact("token-of-admin-key.") == "•••.")
  }

  @Test("masks a secret that was cut, before the mark of the cut")
  func cut() {
    let redactor = Redactor([Secret("hunter2-hunter2")])
    #expect(redactor.redact("\"it is hunter2-h…\" (1.2 KiB)") == "\"it is •••…\" (1.2 KiB)")
    #expect(redactor.redact("\"it is hunter2-h\"") == "\"it is hunter2-h\"")
    // One character gives nothing away.
    #expect(redactor.redact("with…") == "with…")
  }

  @Test("keeps the first bytes, masking as a whole what begins among them")
  func prefix() {
    let redactor = Redactor([Secret("hunter2")])
    func first(_ count: Int, of text: String) -> String {
      String(decoding: redactor.redact(Array(text.utf8), upTo: count), as: UTF8.self)
    }
    #expect(first(100, of: "it is hunter2.") == "it is •••.")
    #expect(first(10, of: "it is hunter2.") == "it is •••")
    #expect(first(7, of: "it is hunter2.") == "it is •••")
    #expect(first(6, of: "it is hunter2.") == "it is ")
    #expect(first(0, of: "it is hunter2.") == "")
    #expect(first(100, of: "it is hunt") == "it is •••")
    #expect(first(8, of: "hunter2, hunter2") == "•••,")
    #expect(String(decoding: Redactor.none.redact(Array("hunter2".utf8), upTo: 3), as: UTF8.self) == "hun")
  }

  @Test("leaves other text as it is", arguments: ["", "no secret here", "•••", "p&ss", "…"])
  func other(text: String) {
    #expect(redactor.redact(text) == text)
    #expect(Redactor.none.redact(text) == text)
  }

  @Test("takes no empty secret for something to mask")
  func empty() {
    #expect(Redactor([Secret("")]).isEmpty)
    #expect(Redactor.none.isEmpty)
    #expect(!redactor.isEmpty)
  }

  @Test("needs time in proportion to the text, whatever a target sends")
  func hostile() {
    let redactor = Redactor([Secret(String(repeating: "a", count: 64) + "b")])
    let text = String(repeating: "a", count: 200_000)
    #expect(redactor.redact(text) == text)
    #expect(redactor.redact(text + "b").hasSuffix("aaa•••"))
  }
}

@Suite("A secret")
struct SecretTests {
  @Test("does not show itself when it is printed by accident")
  func printed() {
    let secret = Secret("hunter2")
    #expect("\(secret)" == "•••")
    #expect(String(reflecting: secret) == "•••")
    #expect("\([secret])" == "[•••]")
    var dumped = ""
    dump(secret, to: &dumped)
    #expect(!dumped.contains("hunter2"))
    #expect(secret.exposedValue == "hunter2")
  }
}
