import CXML
import Glibc

/// libxml2's state of the process, set up once.
///
/// Its allocator is told to count: libxml2 bounds the nodes that an XPath visits (`opLimit`), but neither the text that it
/// copies for them nor what a document becomes in memory.
enum XMLLibrary {
  /// What one thread's work with libxml2 has allocated since the meter was put in place.
  final class Meter {
    /// Bytes asked for, those that were given back included.
    fileprivate(set) var bytes = 0
    /// Whose operations pay for allocated bytes; one operation for each 64 of them.
    fileprivate var payer: UnsafeMutablePointer<xmlXPathContext>?
  }

  /// Calls `body` with a meter that counts what libxml2 allocates on this thread meanwhile.
  static func metered<Result, Failure: Error>(
    paidBy payer: UnsafeMutablePointer<xmlXPathContext>? = nil, _ body: (Meter) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    _ = isSetUp
    let meter = Meter()
    meter.payer = payer
    let outer = pthread_getspecific(meterKey)
    pthread_setspecific(meterKey, Unmanaged.passUnretained(meter).toOpaque())
    defer { pthread_setspecific(meterKey, outer) }
    return try withExtendedLifetime(meter) { () throws(Failure) -> Result in try body(meter) }
  }

  /// Must have been read before the first call of libxml2.
  private static let isSetUp: Bool = {
    _ = meterKey
    let isCounting = xmlMemSetup(
      { free($0) },
      { size in
        XMLLibrary.count(size)
        return malloc(size)
      },
      { block, size in
        XMLLibrary.count(size)
        return realloc(block, size)
      },
      { text in
        guard let text else { return nil }
        XMLLibrary.count(strlen(text))
        return strdup(text)
      })
    xmlInitParser()
    // Nothing is ever read but the bytes that were given: no DTD, no entity, from no file and no network.
    xmlSetExternalEntityLoader { _, _, _ in nil }
    return isCounting == 0
  }()

  private static let meterKey: pthread_key_t = {
    var key = pthread_key_t()
    guard pthread_key_create(&key, nil) == 0 else { preconditionFailure("no key for a thread's value is left") }
    return key
  }()

  private static func count(_ bytes: Int) {
    guard let pointer = pthread_getspecific(meterKey) else { return }
    let meter = Unmanaged<Meter>.fromOpaque(pointer).takeUnretainedValue()
    meter.bytes += bytes
    meter.payer?.pointee.opCount += UInt(bytes / 64)
  }
}
