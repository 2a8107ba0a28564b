import Documents
import Expressions
import Model

/// The keys of `tcp`.
enum TCPKeys {
  static let target = Key("target", .endpoint, isRequired: true, "host:port to connect to")
  static let tls = Key("tls", .optionalTLS, "TLS right after the connection: true, or its options")
  static let startTLS = Key("starttls", .startTLS, "protocol whose STARTTLS comes before TLS")
  static let sourceIP = Key("source_ip", .ipAddress, "local address to connect from")
  static let ip = Key("ip", .family, "addresses to try")

  static let table = SectionTable(
    "tcp",
    [target.any, tls.any, startTLS.any] + ExchangeKeys.all + [sourceIP.any, ip.any] + JudgingKeys.all,
    exclusive: ExchangeKeys.exclusive)
}

/// The keys of `unix`.
enum UnixKeys {
  static let path = Key("path", .socketPath, isRequired: true, "path of the socket")
  static let tls = Key("tls", .optionalTLS, "TLS right after the connection: true, or its options")

  static let table = SectionTable(
    "unix", [path.any, tls.any] + ExchangeKeys.all + JudgingKeys.all, exclusive: ExchangeKeys.exclusive)
}

/// The keys of `udp`.
enum UDPKeys {
  static let target = Key("target", .endpoint, isRequired: true, "host:port to send to")
  static let sourceIP = Key("source_ip", .ipAddress, "local address to send from")
  static let ip = Key("ip", .family, "addresses to try")

  static let table = SectionTable(
    "udp", [target.any] + ExchangeKeys.all + [sourceIP.any, ip.any] + JudgingKeys.all,
    exclusive: ExchangeKeys.exclusive)
}

/// The keys of `tls` as a probe.
enum TLSProbeKeys {
  static let target = Key("target", .endpoint, isRequired: true, "host:port to connect to")
  static let serverName = Key("server_name", .nonEmptyText, "name to ask for and to verify")
  static let startTLS = Key("starttls", .startTLS, "protocol whose STARTTLS comes before TLS")
  static let tls = Key("tls", .tls, "how TLS is spoken")
  static let ip = Key("ip", .family, "addresses to try")

  static let table = SectionTable(
    "tls", [target.any, serverName.any, startTLS.any, tls.any, ip.any] + JudgingKeys.all)
}

/// What is said over a stream, or in datagrams.
enum ExchangeKeys {
  static let send = Key("send", .text, "text sent at once")
  static let receive = Key("receive", .receive, "what to wait for")
  static let dialogue = Key("dialogue", Form<[DialogueStep]>.list(of: .dialogueStep), "lines sent and expected in turn")

  static let all = [send.any, receive.any, dialogue.any]
  static let exclusive = [["dialogue", "send"], ["dialogue", "receive"]]

  /// TLS begins once on a connection: by `starttls` beside the dialogue, or by one step in it.
  private static func checkTLSBeginsOnce(_ section: Section) {
    guard case .sequence(let steps)? = section.entry(dialogue.name)?.value.content else { return }
    var starts = steps.compactMap { step in
      step.entry(named: DialogueKeys.startTLS.name).flatMap { $0.value.value == .bool(false) ? nil : $0.key }
    }
    if let beside = section.entry(TCPKeys.startTLS.name) { starts.insert(beside.key, at: 0) }
    guard starts.count > 1 else { return }
    section.reader.fault(
      "TLS begins twice on this connection, and can begin only once", at: starts[1],
      notes: ["'starttls' beside the dialogue is the same as a step of it"])
  }

  /// Reads the exchange of a probe's section.
  static func exchange(of section: Section) -> SocketExchange {
    if section.has(dialogue) {
      checkTLSBeginsOnce(section)
      return .dialogue(section(dialogue) ?? [])
    }
    let text = section(send)
    let end = section(receive)
    guard section.has(send) || section.has(receive) else { return .none }
    return .message(send: text.map { Array($0.utf8) }, receive: end)
  }
}

/// Reads `tcp`, `unix`, `udp` and `tls` into what a prober is given.
enum SocketDecoder {
  static func tcp(_ section: Section) -> ProbeSpec? {
    let startTLS = section(TCPKeys.startTLS)
    let options = section(TCPKeys.tls) ?? .none
    if section.has(TCPKeys.startTLS), section.has(TCPKeys.tls), case .none = options {
      if let entry = section.entry(TCPKeys.tls.name), !entry.value.isPending {
        section.reader.fault("'tls: false' contradicts 'starttls'", at: entry.value)
      }
    }
    let tls = options.options ?? (startTLS == nil ? nil : TLSOptions())
    let exchange = ExchangeKeys.exchange(of: section)
    let source = section(TCPKeys.sourceIP)
    let family = section(TCPKeys.ip) ?? .any
    guard let target = section(TCPKeys.target) else { return nil }
    return .tcp(
      TCPSpec(target: target, tls: tls, startTLS: startTLS, exchange: exchange, sourceIP: source, family: family))
  }

  static func unix(_ section: Section) -> ProbeSpec? {
    let tls = section(UnixKeys.tls)?.options
    let exchange = ExchangeKeys.exchange(of: section)
    return section(UnixKeys.path).map { .unix(UnixSpec(path: $0, tls: tls, exchange: exchange)) }
  }

  static func udp(_ section: Section) -> ProbeSpec? {
    let exchange = ExchangeKeys.exchange(of: section)
    if case .none = exchange {
      section.reader.fault(
        "'udp' needs 'send', 'receive' or 'dialogue': without a datagram nothing is proved", at: section.node)
    }
    if case .sequence(let steps)? = section.entry(ExchangeKeys.dialogue.name)?.value.content,
      let start = steps.lazy.compactMap({ $0.entry(named: DialogueKeys.startTLS.name) }).first
    {
      section.reader.fault("there is no TLS over datagrams", at: start.key)
    }
    let source = section(UDPKeys.sourceIP)
    let family = section(UDPKeys.ip) ?? .any
    return section(UDPKeys.target).map {
      .udp(UDPSpec(target: $0, exchange: exchange, sourceIP: source, family: family))
    }
  }

  static func tls(_ section: Section) -> ProbeSpec? {
    var options = section(TLSProbeKeys.tls) ?? TLSOptions()
    let name = section(TLSProbeKeys.serverName)
    if name != nil, options.serverName != nil, let entry = section.entry(TLSProbeKeys.serverName.name) {
      section.reader.fault("'server_name' is written twice, here and in 'tls'", at: entry.key)
    }
    options.serverName = name ?? options.serverName
    let startTLS = section(TLSProbeKeys.startTLS)
    let family = section(TLSProbeKeys.ip) ?? .any
    return section(TLSProbeKeys.target).map {
      .tls(TLSSpec(target: $0, startTLS: startTLS, tls: options, family: family))
    }
  }
}

/// TLS that may be absent.
enum OptionalTLS {
  case none
  case some(TLSOptions)

  var options: TLSOptions? {
    if case .some(let options) = self { options } else { nil }
  }
}

extension Form where Value == OptionalTLS {
  /// `true`, `false`, or the options.
  static let optionalTLS = Form(.anyOf([.boolean, .section(TLSKeys.table)])) { node, reader in
    if case .bool(let isOn) = node.value { return isOn ? .some(TLSOptions()) : OptionalTLS.none }
    return Form<TLSOptions>.tls.read(node, reader).map(OptionalTLS.some)
  }
}

extension Form where Value == String {
  /// An IPv4 or IPv6 address.
  static let ipAddress = text.map { text, node, reader -> String? in
    if IPAddress.isValid(text) { return text }
    reader.fault("'\(text.escaped)' is no IP address", at: node)
    return nil
  }

  /// The path of a Unix socket; sun_path holds 107 bytes and a NUL (unix(7)).
  static let socketPath = nonEmptyText.map { path, node, reader -> String? in
    if path.utf8.count > 107 {
      reader.fault("a socket's path has at most 107 bytes, this one has \(path.utf8.count)", at: node)
      return nil
    }
    if path.utf8.contains(0) || (!path.hasPrefix("/") && Path.leavesFolder(path)) {
      reader.fault("'\(path.escaped)' is no path of a socket in the folder of its file", at: node)
      return nil
    }
    return path
  }
}

/// The keys of `receive`.
enum ReceiveKeys {
  static let until = Key("until", .nonEmptyText, "text that must come")
  static let bytes = Key("bytes", .integer(1...(64 << 20)), "how many bytes must come")
  static let pattern = Key("pattern", .pattern, "RE2 pattern that must match what came")

  static let table = SectionTable(
    "receive", [until.any, bytes.any, pattern.any], oneOf: ["until", "bytes", "pattern"])
}

extension Form where Value == ReceiveUntil {
  static let receive = Form.section(ReceiveKeys.table) { section in
    if let text = section(ReceiveKeys.until) { return .text(text) }
    if let count = section(ReceiveKeys.bytes) { return .bytes(count) }
    return section(ReceiveKeys.pattern).map(ReceiveUntil.pattern)
  }
}

/// The keys of one entry of `dialogue`.
enum DialogueKeys {
  static let expect = Key("expect", .pattern, "RE2 pattern that one of the next lines must match")
  static let send = Key("send", .line, "line to send, a line end is added over a stream; ${1} and ${name} are groups of `expect`")
  static let startTLS = Key("starttls", .bool, "true: TLS from here on")

  static let table = SectionTable(
    "dialogue", [expect.any, send.any, startTLS.any], oneOf: ["expect", "send", "starttls"])
}

extension Form where Value == DialogueStep {
  static let dialogueStep = Form.section(DialogueKeys.table) { section in
    if let pattern = section(DialogueKeys.expect) { return .expect(pattern) }
    if let line = section(DialogueKeys.send) { return .send(line) }
    guard let startTLS = section(DialogueKeys.startTLS) else { return nil }
    if !startTLS { section.reader.fault("only 'starttls: true' means something", at: section.node) }
    return .startTLS
  }
}
