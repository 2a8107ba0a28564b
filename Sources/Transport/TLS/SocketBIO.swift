import COpenSSL
import Glibc

/// The way of OpenSSL's bytes through a `StreamSocket`. OpenSSL's own BIO for sockets writes without MSG_NOSIGNAL, and would
/// read from a peer that never stops for as long as it sends.
enum SocketBIO {
  // Sound: made once, never changed, lives as long as the process (BIO_meth_new(3)).
  nonisolated(unsafe) private static let method: OpaquePointer? = {
    guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "curlew socket") else { return nil }
    BIO_meth_set_read(method, read)
    BIO_meth_set_write(method, write)
    BIO_meth_set_ctrl(method, control)
    return method
  }()

  /// A BIO that does not outlive the socket, which it does not own.
  static func make(over socket: StreamSocket) -> OpaquePointer? {
    guard let method, let bio = BIO_new(method) else { return nil }
    BIO_set_data(bio, Unmanaged.passUnretained(socket).toOpaque())
    BIO_set_init(bio, 1)
    return bio
  }

  private static func socket(of bio: OpaquePointer?) -> StreamSocket? {
    BIO_get_data(bio).map { Unmanaged<StreamSocket>.fromOpaque($0).takeUnretainedValue() }
  }

  private static let read: @convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?, CInt) -> CInt = {
    bio, bytes, count in
    guard let socket = socket(of: bio), let bytes, count > 0 else { return 0 }
    BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY | endFlag)
    let result = socket.receive(UnsafeMutableRawBufferPointer(start: bytes, count: Int(count)))
    if result < 0, errno == EAGAIN { BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY) }
    if result == 0 { BIO_set_flags(bio, endFlag) }
    return CInt(result)
  }

  private static let write: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, CInt) -> CInt = {
    bio, bytes, count in
    guard let socket = socket(of: bio), let bytes, count > 0 else { return 0 }
    BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
    let result = socket.send(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
    if result < 0, errno == EAGAIN { BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY) }
    return CInt(result)
  }

  private static let control: @convention(c) (OpaquePointer?, CInt, CLong, UnsafeMutableRawPointer?) -> CLong = {
    bio, command, _, _ in
    switch command {
    case BIO_CTRL_FLUSH: 1
    case BIO_CTRL_EOF: BIO_test_flags(bio, endFlag) != 0 ? 1 : 0
    default: 0
    }
  }

  // The flag by which OpenSSL's own BIOs remember the end of what they read (BIO_FLAGS_IN_EOF in its sources).
  private static let endFlag: CInt = 0x800
}
