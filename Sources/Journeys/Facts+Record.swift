import Model

extension Facts {
  /// Keeps the first bytes of every body and text stream alone.
  mutating func truncateBodies(to limit: Int) {
    switch detail {
    case .http(var http):
      http.truncateBody(to: limit)
      detail = .http(http)
    case .socket(var socket):
      // Words of a protocol are short and say what went wrong; 4 KiB is also their limit when all is well.
      socket.received = Array(socket.received.prefix(max(limit, 0)))
      detail = .socket(socket)
    case .exec(var exec):
      exec.stdout = Array(exec.stdout.prefix(max(limit, 4096)))
      exec.stderr = Array(exec.stderr.prefix(max(limit, 4096)))
      detail = .exec(exec)
    case .tls, .dns, .icmp: break
    }
  }

  /// Forgets all that metrics do not need: what is not kept needs no memory and gives nothing away.
  mutating func dropTexts() {
    switch detail {
    case .http(let http):
      detail = .http(HTTPFacts(status: http.status, url: "", version: http.version))
    case .socket: detail = .socket(SocketFacts())
    case .exec(let exec): detail = .exec(ExecFacts(exitCode: exec.exitCode, metrics: exec.metrics))
    case .dns(let dns): detail = .dns(DNSFacts(rcode: dns.rcode, transport: dns.transport))
    case .tls, .icmp: break
    }
  }

  /// Masks secrets in everything that a target or a request may carry.
  mutating func redact(with redactor: Redactor) {
    switch detail {
    case .http(var http):
      http.url = redactor.redact(http.url)
      http.statusText = redactor.redact(http.statusText)
      http.headers = http.headers.map { HeaderField(redactor.redact($0.name), redactor.redact($0.value)) }
      http.requestHeaders = http.requestHeaders.map { HeaderField($0.name, redactor.redact($0.value)) }
      http.body = redactor.redact(http.body)
      detail = .http(http)
    case .socket(var socket):
      socket.received = redactor.redact(socket.received)
      socket.messages = socket.messages.map(redactor.redact)
      socket.matches = socket.matches.mapValues(redactor.redact)
      detail = .socket(socket)
    case .exec(var exec):
      exec.stdout = redactor.redact(exec.stdout)
      exec.stderr = redactor.redact(exec.stderr)
      detail = .exec(exec)
    case .dns(var dns):
      for list in [\DNSFacts.answers, \.authority, \.additional] {
        for index in dns[keyPath: list].indices {
          dns[keyPath: list][index].data = redactor.redact(dns[keyPath: list][index].data)
        }
      }
      detail = .dns(dns)
    case .tls, .icmp: break
    }
  }
}
