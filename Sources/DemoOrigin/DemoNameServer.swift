import CLinux
import Glibc
import Transport

/// A name server that knows one name: what the demonstration's DNS check asks.
final class DemoNameServer: ReadinessHandler {
  private static let name: [UInt8] = [4] + Array("shop".utf8) + [7] + Array("example".utf8) + [0]
  private static let address: [UInt8] = [192, 0, 2, 10]

  private let descriptor: CInt
  private let deadline: Deadline

  /// - Parameter descriptor: a bound UDP socket, non-blocking; stays the caller's to close.
  init(descriptor: CInt, deadline: Deadline) {
    self.descriptor = descriptor
    self.deadline = deadline
  }

  func descriptor(_ descriptor: CInt, isReadyFor readiness: Readiness) {
    deadline.wake()
  }

  /// Answers until the task is cancelled.
  func serve() async {
    defer { deadline.loop.unwatch(descriptor) }
    do {
      try deadline.loop.watch(descriptor, for: .readable, handler: self)
      while true {
        answerAll()
        _ = try await deadline.wait()
      }
    } catch {
      return
    }
  }

  /// Answers what is there, as much as leaves the loop to others; the rest in the next turn.
  private func answerAll() {
    var buffer = [UInt8](repeating: 0, count: 512)
    for _ in 0..<64 {
      var peer = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let count = withUnsafeMutablePointer(to: &peer) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { recvfrom(descriptor, &buffer, 512, 0, $0, &length) }
      }
      guard count >= 0 else { return }
      guard let answer = Self.answer(to: Array(buffer.prefix(count))), let address = SocketAddress(peer) else {
        continue
      }
      address.withSocketAddress { _ = sendto(descriptor, answer, answer.count, 0, $0, $1) }
    }
    // The socket is watched by level: what is left wakes the next wait.
  }

  /// The answer to one question (RFC 1035 section 4.1); nil for what is no question.
  static func answer(to query: [UInt8]) -> [UInt8]? {
    guard query.count >= 17, query[2] & 0x80 == 0, query[4] == 0, query[5] == 1,
      let end = query[12...].firstIndex(of: 0), end + 4 < query.count
    else { return nil }
    let question = query[12...end + 4]
    let asked = query[12...end].map { (65...90).contains($0) ? $0 + 32 : $0 }
    let isKnown = asked == name
    let isAddress = query[end + 1] == 0 && query[end + 2] == 1
    let answers: UInt8 = isKnown && isAddress ? 1 : 0
    // QR and AA are set, RD is copied, and the code is NOERROR or NXDOMAIN.
    var message = Array(query[0..<2]) + [0x84 | query[2] & 1, isKnown ? 0 : 3, 0, 1, 0, answers, 0, 0, 0, 0] + question
    // The owner is a pointer to the question's name; 60 seconds to live.
    if answers > 0 { message += [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4] + address }
    return message
  }
}
