import Model
import Scenarios
import Testing

@Suite("Checks of gRPC and WebSocket")
struct CallLoadingTests {
  @Test("a grpc probe is a target alone, or says all there is")
  func grpc() throws {
    #expect(
      try loadCheck("grpc: {target: 'a.example:50051'}").spec()
        == .grpc(GRPCSpec(target: Endpoint(host: "a.example", port: 50_051))))
    let all = try loadCheck(
      "grpc: {target: '[::1]:443', service: shop.Orders, tls: {verify: false}, ip: 6, "
        + "metadata: {x-key: [one, 2], blob-bin: AP8=}}")
    #expect(
      try all.spec()
        == .grpc(
          GRPCSpec(
            target: Endpoint(host: "::1", port: 443), service: "shop.Orders", tls: TLSOptions(verify: false),
            metadata: [HeaderField("x-key", "one"), HeaderField("x-key", "2"), HeaderField("blob-bin", "AP8=")],
            family: .v6)))
  }

  @Test("tls of a grpc probe is true, false, or its options")
  func grpcTLS() throws {
    for (text, options) in [("true", TLSOptions()), ("false", nil), ("{}", TLSOptions())] {
      #expect(
        try loadCheck("grpc: {target: 'a.example:1', tls: \(text)}").spec()
          == .grpc(GRPCSpec(target: Endpoint(host: "a.example", port: 1), tls: options)))
    }
  }

  @Test("metadata of a grpc probe holds templates, and what they give is held to the same rules at the run")
  func grpcTemplates() throws {
    let good = try loadCheck(
      "variables: {key: abc}\n    grpc: {target: 'a.example:1', metadata: {x-key: '<${key}>'}}")
    #expect(
      try good.spec()
        == .grpc(
          GRPCSpec(target: Endpoint(host: "a.example", port: 1), metadata: [HeaderField("x-key", "<abc>")])))
    let bad = try loadCheck("grpc: {target: 'a.example:1', metadata: {x-bin: \"${uuid()}!\"}}")
    #expect(throws: (any Error).self) { try bad.spec() }
  }

  @Test("a websocket probe is a URL alone, or says all there is")
  func webSocket() throws {
    #expect(
      try loadCheck("websocket: {url: 'ws://a.example/live'}").spec()
        == .websocket(WebSocketSpec(url: "ws://a.example/live")))
    let all = try loadCheck(
      "websocket: {url: 'wss://a.example', headers: {Origin: 'https://a.example', X-A: [b, c]}, tls: {verify: false}, "
        + "ip: 4, dialogue: [{expect: '^hi (.*)$'}, {send: \"a\\nb ${1}\"}]}")
    #expect(
      try all.spec()
        == .websocket(
          WebSocketSpec(
            url: "wss://a.example",
            headers: [HeaderField("Origin", "https://a.example"), HeaderField("X-A", "b"), HeaderField("X-A", "c")],
            dialogue: [.expect("^hi (.*)$"), .send("a\nb ${1}")], tls: TLSOptions(verify: false), family: .v4)))
  }

  @Test("groups of a websocket's dialogue are left for the prober, other templates are filled in")
  func groups() throws {
    let check = try loadCheck(
      "variables: {room: lobby}\n    websocket: {url: 'ws://a.example/${room}', "
        + "dialogue: [{send: 'join ${room}'}, {expect: '^(?P<id>.*)$'}, {send: '${1} ${id} ${room}'}]}")
    #expect(
      try check.spec()
        == .websocket(
          WebSocketSpec(
            url: "ws://a.example/lobby",
            dialogue: [.send("join lobby"), .expect("^(?P<id>.*)$"), .send("${1} ${id} lobby")])))
  }
}
