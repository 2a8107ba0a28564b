import Model
import Testing

@Suite("Writers of bytes")
struct WriterTests {
  @Test(
    "write whole numbers as JSON has them",
    arguments: [0, 7, 9, 10, 100, 1440, -1, -10, 123_456_789_012, Int.max, Int.min])
  func numbers(number: Int) {
    var json = JSONWriter()
    json.array { $0.value(number) }
    #expect(String(decoding: json.bytes, as: UTF8.self) == "[\(number)]")
    var object = JSONWriter()
    object.object { json in
      json.member("a", numbers: [number, 1, number])
      json.member("b", numbers: [Int]())
    }
    #expect(String(decoding: object.bytes, as: UTF8.self) == "{\"a\":[\(number),1,\(number)],\"b\":[]}")
  }

  @Test("take what another one wrote as it is")
  func append() {
    var inner = HTMLWriter()
    inner.markup("<b>")
    inner.text("<&>")
    inner.markup("</b>")
    var html = HTMLWriter()
    html.markup("<p>")
    html.append(inner)
    html.append(inner)
    #expect(String(decoding: html.bytes, as: UTF8.self) == "<p><b>&lt;&amp;&gt;</b><b>&lt;&amp;&gt;</b>")
  }
}
