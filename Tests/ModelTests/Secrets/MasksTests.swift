import Model
import Testing

@Suite("The masks of a process")
struct MasksTests {
  @Test("know the secrets of the files, and each token from the moment on that it is obtained")
  func tokens() {
    let masks = Masks(Redactor([Secret("of-the-file")]))
    let before = masks.current
    masks.add(Secret("tok-1"))
    masks.add(Secret("tok-1"))
    #expect(before.redact("of-the-file tok-1") == "••• tok-1")
    #expect(masks.current.redact("of-the-file tok-1") == "••• •••")
  }

  @Test("keep the secrets of files that are no longer in force, for runs that began under them")
  func reload() {
    let masks = Masks(Redactor([Secret("old-password")]))
    masks.add(Secret("tok-1"))
    masks.add(Redactor([Secret("new-password")]))
    #expect(masks.current.redact("old-password new-password tok-1") == "••• ••• •••")
  }

  @Test("hold a bounded number of tokens, the latest among them, and the files' secrets for ever")
  func bounded() {
    let masks = Masks(Redactor([Secret("of-the-file")]))
    for number in 0..<2100 { masks.add(Secret("token-number-\(number).")) }
    let redactor = masks.current
    #expect(redactor.redact("of-the-file") == "•••")
    for number in 1100..<2100 { #expect(redactor.redact("token-number-\(number).") == "•••") }
    #expect(redactor.redact("token-number-0.") != "•••")
  }
}
