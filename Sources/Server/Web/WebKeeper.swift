import Documents
import NIOCore
import NIOSSL
import Synchronization
import Transport

/// The web configuration in force, read anew whenever its file or a file that it names looks different.
package final class WebKeeper: Sendable {
  private struct Read {
    /// Of the file itself.
    var stamp: FileStamp?
    var configuration: Result<WebConfiguration, WebFile.Fault>
  }

  private struct Secured {
    var tls: WebConfiguration.TLS
    var stamps: [FileStamp?]
    var context: NIOSSLContext
  }

  private let path: String
  private let read: Mutex<Read>
  private let secured = Mutex<Secured?>(nil)
  /// What cannot change while the server runs.
  let isTLS: Bool
  let allowsHTTP2: Bool
  let limiter: RateLimiter?
  let authentication = BasicAuthentication()

  /// Reads the file, and tries its certificates.
  ///
  /// - Throws: `WebFault`.
  package init(path: String) throws(WebFault) {
    self.path = path
    let stamp = FileStamp(path)
    let configuration: WebConfiguration
    do throws(WebFile.Fault) {
      configuration = try WebFile.read(path)
    } catch {
      throw WebFault(words: "\(error)")
    }
    read = Mutex(Read(stamp: stamp, configuration: .success(configuration)))
    isTLS = configuration.tls != nil
    allowsHTTP2 = configuration.allowsHTTP2
    limiter = configuration.rateLimit.map { RateLimiter($0) }
    if let tls = configuration.tls { _ = try context(for: tls) }
  }

  /// The configuration at this moment.
  func current() throws(WebFault) -> WebConfiguration {
    let stamp = FileStamp(path)
    let result = read.withLock { read in
      if read.stamp != stamp {
        read = Read(stamp: stamp, configuration: Result { () throws(WebFile.Fault) in try WebFile.read(path) })
      }
      return read.configuration
    }
    do throws(WebFile.Fault) {
      return try result.get()
    } catch {
      throw WebFault(words: "\(error)")
    }
  }

  /// What the next connection is secured by, and which names of its client are allowed.
  func security() throws(WebFault) -> (context: NIOSSLContext, tls: WebConfiguration.TLS) {
    guard let tls = try current().tls else { throw WebFault(words: "'\(path)' has no certificate any more") }
    return (try context(for: tls), tls)
  }

  /// Whether a certificate that a client shows has been verified.
  var verifiesClients: Bool {
    switch (try? current())?.tls?.clientAuthentication {
    case .verifyIfGiven, .requireAndVerify: true
    default: false
    }
  }

  private func context(for tls: WebConfiguration.TLS) throws(WebFault) -> NIOSSLContext {
    let sources = [tls.certificate, tls.key] + (tls.clientAuthorities.map { [$0] } ?? [])
    let stamps = sources.map { source in
      if case .file(let path) = source { FileStamp(path) } else { FileStamp?.none }
    }
    let known = secured.withLock { $0?.tls == tls && $0?.stamps == stamps ? $0?.context : nil }
    if let known { return known }
    let context = try TLSServerContext.make(tls, allowsHTTP2: allowsHTTP2)
    secured.withLock { $0 = Secured(tls: tls, stamps: stamps, context: context) }
    return context
  }
}

/// Why a web configuration cannot be used.
package struct WebFault: Error, CustomStringConvertible {
  package var words: String

  package var description: String { words }
}
