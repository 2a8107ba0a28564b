import Documents
import Model

/// Puts the content of files in the place of their paths, where the prober would find nothing under these.
struct CarriedContent {
  let reader: Reader
  /// The key that names the probe.
  let owner: YAMLNode

  /// The spec without a path of a file; nil after a fault, which the reader was told.
  func filled(_ spec: ProbeSpec) -> ProbeSpec? {
    switch spec {
    case .http(var http):
      guard let body = filled(http.body), let tls = filled(http.tls) else { return nil }
      (http.body, http.tls) = (body, tls)
      return .http(http)
    case .tcp(var tcp):
      guard let tls = filled(tcp.tls) else { return nil }
      tcp.tls = tls
      return .tcp(tcp)
    case .tls(var handshake):
      guard let tls = filled(handshake.tls) else { return nil }
      handshake.tls = tls
      return .tls(handshake)
    case .dns(var dns):
      guard let tls = filled(dns.tls) else { return nil }
      dns.tls = tls
      return .dns(dns)
    case .unix(var unix):
      guard let tls = filled(unix.tls) else { return nil }
      unix.tls = tls
      return .unix(unix)
    case .grpc(var grpc):
      guard let tls = filled(grpc.tls) else { return nil }
      grpc.tls = tls
      return .grpc(grpc)
    case .websocket(var socket):
      guard let tls = filled(socket.tls) else { return nil }
      socket.tls = tls
      return .websocket(socket)
    // Programs are those of the node.
    case .icmp, .udp, .exec: return spec
    }
  }

  private func filled(_ body: HTTPBody) -> HTTPBody? {
    switch body {
    case .none, .bytes: return body
    case .file(let path, let type): return content(of: path).map { .bytes($0, contentType: type) }
    case .multipart(let parts):
      let filled = parts.compactMap { part -> MultipartPart? in
        guard case .file(let path) = part.content else { return part }
        guard let content = content(of: path) else { return nil }
        var part = part
        part.filename = part.filename ?? path.split(separator: "/").last.map(String.init)
        part.content = .bytes(content)
        return part
      }
      return filled.count == parts.count ? .multipart(filled) : nil
    }
  }

  private func filled(_ tls: TLSOptions?) -> TLSOptions?? {
    guard let tls else { return .some(nil) }
    return filled(tls).map(Optional.some)
  }

  private func filled(_ tls: TLSOptions) -> TLSOptions? {
    var tls = tls
    if let path = tls.caFile {
      guard let text = text(of: path) else { return nil }
      (tls.caFile, tls.caText) = (nil, text)
    }
    if case .file(let path)? = tls.certificate {
      guard let text = text(of: path) else { return nil }
      tls.certificate = .text(text)
    }
    if case .file(let path)? = tls.key {
      guard let text = text(of: path) else { return nil }
      tls.key = .text(text)
    }
    return tls
  }

  /// What is no UTF-8 is no PEM, and whoever reads it says so.
  private func text(of path: String) -> String? {
    content(of: path).map { String(decoding: $0, as: UTF8.self) }
  }

  private func content(of path: String) -> [UInt8]? {
    do throws(FileProblem) {
      return try reader.files.read(Path.join(reader.folder, path), limit: ScenarioLoader.fileLimit)
    } catch {
      reader.fault("'\(path.escaped)' could not be read: \(error)", at: owner)
      return nil
    }
  }
}
