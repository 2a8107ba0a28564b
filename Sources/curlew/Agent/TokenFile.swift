import Documents
import Logging
import Model
import Synchronization
import Transport

/// The token of a node in its file: read anew when the file changes, so that it is rotated without a restart.
final class TokenFile: Sendable {
  /// No token is near it.
  private static let sizeLimit = 4096

  private struct Failure {
    /// Nil where there is no file.
    var stamp: FileStamp?
  }

  private struct Content {
    var stamp: FileStamp?
    var token: Secret?
    /// The file that was tried in vain since then.
    var failure: Failure?
  }

  private let path: String
  private let masks: Masks
  private let logger: Logger
  private let content: Mutex<Content>

  /// - Parameters:
  ///   - masks: told of every token, so that none is ever written anywhere.
  ///   - logger: told when a file that was changed cannot be used.
  /// - Throws: `CommandFailure` when the file cannot be read, or holds no token.
  init(_ path: String, masks: Masks, logger: Logger) throws {
    self.path = path
    self.masks = masks
    self.logger = logger
    let stamp = FileStamp(path)
    content = Mutex(Content(stamp: stamp, token: try Self.read(path)))
    if let token = content.withLock({ $0.token }) { masks.add(token) }
  }

  /// The token as the file has it now; what it was before, where the file cannot be read.
  var token: Secret? {
    content.withLock { content in
      let stamp = FileStamp(path)
      guard stamp != content.stamp else { return content.token }
      do {
        let token = try Self.read(path)
        masks.add(token)
        if content.failure != nil { logger.notice("the token file is read again", metadata: ["file": "\(path)"]) }
        content = Content(stamp: stamp, token: token)
      } catch {
        // Once for each change of the file, however often the token is asked for.
        let isTold = content.failure.map { $0.stamp == stamp } ?? false
        let words = (error as? CommandFailure)?.message ?? "\(error)"
        content.failure = Failure(stamp: stamp)
        if !isTold {
          logger.error("the token file cannot be used; the token before goes on", metadata: ["error": "\(words)"])
        }
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
