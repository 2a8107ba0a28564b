import Documents
import Model
import Synchronization
import Transport

/// The token of a node in its file: read anew when the file changes, so that it is rotated without a restart.
final class TokenFile: Sendable {
  /// No token is near it.
  private static let sizeLimit = 4096

  private struct Content {
    var stamp: FileStamp?
    var token: Secret?
  }

  private let path: String
  private let masks: Masks
  private let content: Mutex<Content>

  /// - Parameter masks: told of every token, so that none is ever written anywhere.
  /// - Throws: `CommandFailure` when the file cannot be read, or holds no token.
  init(_ path: String, masks: Masks) throws {
    self.path = path
    self.masks = masks
    let stamp = FileStamp(path)
    content = Mutex(Content(stamp: stamp, token: try Self.read(path)))
    if let token = content.withLock({ $0.token }) { masks.add(token) }
  }

  /// The token as the file has it now; what it was before, where the file cannot be read.
  var token: Secret? {
    content.withLock { content in
      let stamp = FileStamp(path)
      guard stamp != content.stamp else { return content.token }
      if let token = try? Self.read(path) {
        content = Content(stamp: stamp, token: token)
        masks.add(token)
      }
      return content.token
    }
  }

  private static func read(_ path: String) throws -> Secret {
    let bytes: [UInt8]
    do throws(FileProblem) {
      bytes = try DiskFiles().read(path, limit: sizeLimit)
    } catch {
      throw CommandFailure("the token file '\(path)' cannot be read: \(error)")
    }
    let text = String(decoding: bytes, as: UTF8.self).trimmingPrefix { $0.isWhitespace }
    let token = text.prefix { !$0.isWhitespace }
    guard !token.isEmpty, text.dropFirst(token.count).allSatisfy(\.isWhitespace),
      token.utf8.allSatisfy({ (33...126).contains($0) })
    else {
      throw CommandFailure(
        "the token file '\(path)' holds no token: one line as 'curlew token --node-region' wrote it is expected")
    }
    return Secret(String(token))
  }
}
