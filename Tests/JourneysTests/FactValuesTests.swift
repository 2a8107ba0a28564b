import Expressions
import Journeys
import Model
import Testing

@Suite("Facts of an HTTP answer")
struct FactValuesTests {
  private let now = Timestamp(secondsSinceEpoch: 1_767_225_600)  // 2026-01-01

  private func value(
    _ expression: String, headers: [HeaderField] = [], body: [UInt8] = []
  ) throws -> Value {
    let facts = Facts(
      phases: Phases(), detail: .http(HTTPFacts(status: 200, headers: headers, body: body, url: "http://a.example/")))
    let bindings = FactBindings(Observation(facts: facts), attempt: 1, now: now)
    let environment = Environment(
      variables: ["headers": .dyn, "header_values": .dyn, "cookies": .dyn, "body": .dyn, "json": .dyn, "size": .dyn])
    return try environment.compile(expression).evaluate(bindings)
  }

  @Test("have header names in lower case, several values joined and as a list")
  func headers() throws {
    let headers = [
      HeaderField("Vary", "Accept"), HeaderField("X-One", "1"), HeaderField("VARY", "Cookie"), HeaderField("Empty", ""),
    ]
    #expect(try value("headers.vary", headers: headers) == "Accept, Cookie")
    #expect(try value("header_values.vary", headers: headers) == ["Accept", "Cookie"])
    #expect(try value("headers['x-one']", headers: headers) == "1")
    #expect(try value("headers.empty", headers: headers) == "")
    #expect(try value("'X-One' in headers", headers: headers) == false)
  }

  @Test(
    "have the cookies that the answer set (RFC 6265 section 5.2)",
    arguments: [
      ("sid=abc", "cookies.sid.value", Value.string("abc")),
      ("  sid \t=\t abc  ", "cookies.sid.value", "abc"),
      ("sid=a=b==", "cookies.sid.value", "a=b=="),
      ("sid=\"abc\"", "cookies.sid.value", "\"abc\""),
      ("sid=", "cookies.sid.value", ""),
      ("sid=abc", "[cookies.sid.path, cookies.sid.domain, cookies.sid.same_site]", .list(["", "", ""])),
      ("sid=abc", "cookies.sid.secure || cookies.sid.http_only", false),
      ("sid=abc; Secure; HttpOnly", "cookies.sid.secure && cookies.sid.http_only", true),
      ("sid=abc;SECURE=no;httponly=0", "cookies.sid.secure && cookies.sid.http_only", true),
      ("sid=abc; Path=/shop; path=/late", "cookies.sid.path", "/late"),
      ("sid=abc; Domain=.Shop.Example", "cookies.sid.domain", "shop.example"),
      ("sid=abc; SameSite=Lax", "cookies.sid.same_site", "Lax"),
      ("sid=abc", "cookies.sid.expires", .null),
      ("sid=abc; Expires=Wed, 09 Jun 2032 10:18:14 GMT", "string(cookies.sid.expires)", "2032-06-09T10:18:14Z"),
      ("sid=abc; expires=Wednesday, 09-Jun-32 10:18:14 GMT", "string(cookies.sid.expires)", "2032-06-09T10:18:14Z"),
      ("sid=abc; Expires=Wed Jun  9 10:18:14 2032", "string(cookies.sid.expires)", "2032-06-09T10:18:14Z"),
      ("sid=abc; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "string(cookies.sid.expires)", "1970-01-01T00:00:00Z"),
      ("sid=abc; Expires=09 Jun 70 1:2:3", "string(cookies.sid.expires)", "1970-06-09T01:02:03Z"),
      ("sid=abc; Expires=tomorrow", "cookies.sid.expires", .null),
      ("sid=abc; Expires=31 Feb 2032 10:00:00", "cookies.sid.expires", .null),
      ("sid=abc; Max-Age=60", "string(cookies.sid.expires)", "2026-01-01T00:01:00Z"),
      (
        "sid=abc; Max-Age=60; Expires=Wed, 09 Jun 2032 10:18:14 GMT", "string(cookies.sid.expires)",
        "2026-01-01T00:01:00Z"
      ),
      ("sid=abc; Max-Age=0", "cookies.sid.expires <= timestamp('2026-01-01T00:00:00Z')", true),
      ("sid=abc; Max-Age=-1", "cookies.sid.expires <= timestamp('2026-01-01T00:00:00Z')", true),
      ("sid=abc; Max-Age=soon", "cookies.sid.expires", .null),
      ("sid", "cookies.size()", 0), ("=abc", "cookies.size()", 0), ("", "cookies.size()", 0),
      ("; Secure", "cookies.size()", 0), ("sid=a;;;=;=x; Secure", "cookies.sid.secure", true),
    ])
  func cookies(field: String, expression: String, expected: Value) throws {
    #expect(try value(expression, headers: [HeaderField("Set-Cookie", field)]) == expected)
  }

  @Test("have the later one of two cookies of one name")
  func laterCookie() throws {
    let headers = [HeaderField("Set-Cookie", "sid=old"), HeaderField("set-cookie", "sid=new; Secure")]
    #expect(try value("cookies.sid.value", headers: headers) == "new")
  }

  @Test(
    "have the body as text by its charset",
    arguments: [
      ("", [0x63, 0x61, 0x66, 0xc3, 0xa9], "café"),
      ("text/plain", [0x63, 0x61, 0x66, 0xc3, 0xa9], "café"),
      ("text/plain; charset=utf-8", [0xef, 0xbb, 0xbf, 0x61], "a"),
      ("text/plain; charset=utf-8", [0x61, 0xff, 0x62], "a\u{FFFD}b"),
      ("text/plain; charset=ISO-8859-1", [0x63, 0x61, 0x66, 0xe9], "café"),
      ("text/plain; Charset=\"latin1\"; x=y", [0xe9], "é"),
      ("text/plain;charset=windows-1252", [0x80, 0x99, 0x81], "€™\u{81}"),
      ("text/plain; charset = cp1252", [0x85], "…"),
      ("text/plain; charset=us-ascii", [0x61], "a"),
      ("text/plain; charset=", [0xc3, 0xa9], "é"),
      ("text/plain; charset=no-such", [0xc3, 0xa9], "é"),
      ("text/plain; charset=GB18030", [0xc4, 0xe3, 0xba, 0xc3, 0x81, 0x30, 0x81, 0x30], "你好\u{80}"),
      ("text/plain; charset=gb2312", [0xc4, 0xe3, 0xff, 0x61], "你\u{FFFD}a"),
      ("text/plain; charset=GBK", [0xc4], "\u{FFFD}"),
      ("text/plain; charset=Shift_JIS", [0x93, 0xfa, 0x96, 0x7b, 0xb1, 0x87, 0x40], "日本ｱ①"),
      ("text/plain; charset=euc-jp", [0xc6, 0xfc, 0xcb, 0xdc], "日本"),
      ("text/plain; charset=iso-2022-jp", [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x1b, 0x28, 0x42, 0x61], "日a"),
      ("text/plain; charset=euc-kr", [0xb0, 0xa1, 0xb0, 0xa2], "가각"),
      ("text/plain; charset=big5", [0xa7, 0x41, 0xa6, 0x6e], "你好"),
      ("text/plain; charset=KOI8-R", [0xd0, 0xd2], "пр"),
      ("text/plain; charset=windows-1251", [0xcf, 0xf0, 0x98], "Пр\u{98}"),
      ("text/plain; charset=iso-8859-15", [0xa4], "€"),
      ("text/plain; charset=iso-8859-7", [0xe1, 0xff], "α\u{FFFD}"),
      ("text/plain; charset=utf-16", [0x61, 0x00, 0x3d, 0xd8, 0x00, 0xde, 0x00, 0xd8, 0x62], "a😀\u{FFFD}\u{FFFD}"),
      ("text/plain; charset=utf-16be", [0xfe, 0xff, 0x00, 0x61], "a"),
      ("text/plain; charset=latin1", [0xff, 0xfe, 0x61, 0x00], "a"),
      (
        "text/html", Array("<!-- <meta charset=big5> --><META x CHARSET='koi8-r'>".utf8) + [0xd0],
        "<!-- <meta charset=big5> --><META x CHARSET='koi8-r'>п"
      ),
      (
        "text/html", Array("<meta http-equiv=Content-Type content=\"text/html; charset=koi8-r\">".utf8) + [0xd0],
        "<meta http-equiv=Content-Type content=\"text/html; charset=koi8-r\">п"
      ),
      ("text/html; charset=utf-8", Array("<meta charset=koi8-r>é".utf8), "<meta charset=koi8-r>é"),
      ("text/html", Array("<meta charset=utf-16>é".utf8), "<meta charset=utf-16>é"),
      ("text/plain", Array("<meta charset=koi8-r>é".utf8), "<meta charset=koi8-r>é"),
      (
        "text/html",
        Array(String(repeating: " ", count: 1024).utf8) + Array("<meta charset=koi8-r>".utf8) + [0xc3, 0xa9],
        String(repeating: " ", count: 1024) + "<meta charset=koi8-r>é"
      ),
      (
        "application/atom+xml", Array("<?xml version='1.0' encoding='koi8-r'?>".utf8) + [0xd0],
        "<?xml version='1.0' encoding='koi8-r'?>п"
      ),
    ] as [(String, [UInt8], String)])
  func charsets(contentType: String, bytes: [UInt8], text: String) throws {
    let headers = contentType.isEmpty ? [] : [HeaderField("Content-Type", contentType)]
    #expect(try value("body", headers: headers, body: bytes) == .string(text))
    #expect(try value("size", headers: headers, body: bytes) == .int(Int64(bytes.count)))
  }

  @Test("have a megabyte of bytes that decode to nothing as text, soon")
  func undecodable() throws {
    let bytes = [UInt8](repeating: 0xff, count: 1 << 20)
    for charset in ["gb18030", "shift_jis", "big5", "euc-kr", "koi8-r", "utf-8", "utf-16"] {
      let headers = [HeaderField("Content-Type", "text/plain; charset=\(charset)")]
      let time = ContinuousClock().measure {
        #expect((try? value("body", headers: headers, body: bytes)) != nil)
      }
      #expect(time < .seconds(10), "\(charset)")
    }
  }

  @Test("have what the body says as JSON, and its reason when it is none")
  func json() throws {
    #expect(try value("json.a[1]", body: Array("{\"a\": [1, \"x\"]}".utf8)) == "x")
    #expect(try value("json", body: [0xef, 0xbb, 0xbf, 0x31]) == 1)
    let large = Array("[9223372036854775807, 18446744073709551615, -9223372036854775808, 18446744073709551616]".utf8)
    #expect(try value("json[0] == 9223372036854775807 && json[1] == 18446744073709551615u", body: large) == true)
    #expect(try value("json.map(n, type(n))", body: large) == [.type(.int), .type(.uint), .type(.int), .type(.double)])
    let error = #expect(throws: EvaluationError.self) { try value("json.a", body: Array("{\"a\": }".utf8)) }
    #expect(error?.message.contains("1:7") == true)
  }
}

@Suite("Facts in a report")
struct FactRecordTests {
  private func record(_ facts: Facts) throws -> MapValue {
    let moment = Timestamp(secondsSinceEpoch: 1_767_225_600)
    guard case .map(let map) = FactRecord.value(of: facts, attempt: 2, at: moment) else {
      throw EvaluationError(.host, "no map")
    }
    return map
  }

  @Test("have durations in seconds and moments as RFC 3339, and leave out what repeats the body")
  func forms() throws {
    let facts = Facts(
      phases: Phases(wait: .milliseconds(1500)), ip: "127.0.0.1", tls: untrusted,
      detail: .http(HTTPFacts(status: 503, body: Array("busy".utf8), url: "http://a.example/", version: "1.1")))
    let map = try record(facts)
    #expect(map["elapsed"] == 1.5)
    #expect(map["body"] == "busy")
    #expect(map["attempt"] == 2)
    #expect(map["json"] == nil && map["body_bytes"] == nil)
    guard case .map(let certificate)? = map["certificate"], case .map(let phases)? = map["phases"] else {
      Issue.record("no certificate, or no phases")
      return
    }
    #expect(phases["wait"] == 1.5)
    #expect(certificate["expires_in"] == 2_774_400.0)
    let text = try JSON.write(.map(certificate))
    #expect(text.contains("\"not_after\":\"2026-02-02T02:40:00Z\""))
  }

  @Test("have the fields of a head that came more than once, each by itself")
  func repeatedFields() throws {
    let headers = [HeaderField("Via", "a, b"), HeaderField("via", "c")]
    let facts = Facts(
      phases: Phases(), detail: .http(HTTPFacts(status: 200, headers: headers, url: "http://a.example/")))
    #expect(try JSON.write(try #require(try record(facts)["header_values"])) == "{\"via\":[\"a, b\",\"c\"]}")
  }

  @Test("leave out a body of which nothing was kept, and keep its size")
  func noBody() async throws {
    let run = try await runOnce(VerdictTests.http, ScriptedProber(.http(200, "a long body")))
    let map = try record(try #require(try run.step().facts))
    #expect(map["body"] == nil)
    #expect(map["size"] == 11)
    #expect(map["status"] == 200)
  }

  @Test("have the first 4 KiB of a failed step's body, and its whole size")
  func failedBody() async throws {
    let run = try await runOnce(VerdictTests.http, ScriptedProber(.http(500, String(repeating: "x", count: 10_000))))
    let map = try record(try #require(try run.step().facts))
    #expect(map["body"] == .string(String(repeating: "x", count: 4096)))
    #expect(map["size"] == 10_000)
  }

  @Test("of a good run are what metrics need alone, where only failures are kept")
  func failuresOnly() async throws {
    let good = try await runOnce(
      VerdictTests.http, ScriptedProber(.http(200, "text", headers: [HeaderField("A", "b")], tls: untrusted)),
      detail: .failures)
    let facts = try #require(try good.step().facts)
    guard case .http(let http) = facts.detail else { throw EvaluationError(.host, "no http") }
    #expect(http.body.isEmpty && http.headers.isEmpty && http.status == 200)
    #expect(facts.tls?.earliestExpiry != nil)
    #expect(facts.phases.wait == .milliseconds(20))

    let bad = try await runOnce(VerdictTests.http, ScriptedProber(.http(500, "text")), detail: .failures)
    #expect(try record(try #require(try bad.step().facts))["body"] == "text")
  }
}
