import COpenSSL
import Glibc
import Model
import Synchronization

/// Turns OpenSSL's certificates into the model's. The same ones come at every run, so each is read once and then shared, found
/// again by its SHA-256.
enum CertificateReader {
  /// A larger certificate is read anew each time rather than kept.
  private static let maxCachedTextBytes = 16 << 10
  /// At most this many of a chain are read: OpenSSL refuses messages with longer ones by their bytes already.
  private static let maxChain = 64

  private static let cache = Mutex<BoundedCache<Digest, Certificate>>(BoundedCache(capacity: 2048))

  // Fetched once, because looking an algorithm up by name is slow in OpenSSL 3 (EVP_MD_fetch(3), "Performance"). Sound: the
  // object is immutable and lives as long as the process.
  nonisolated(unsafe) private static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)

  private struct Digest: Hashable {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
  }

  /// The certificates of a stack, in order; none for a null stack.
  static func read(_ stack: OpaquePointer?) -> [Certificate] {
    guard let stack else { return [] }
    let count = min(curlew_certificates_count(stack), CInt(maxChain))
    var certificates: [Certificate] = []
    certificates.reserveCapacity(Int(max(0, count)))
    for index in 0..<max(0, count) {
      if let pointer = curlew_certificates_at(stack, index) { certificates.append(read(pointer)) }
    }
    return certificates
  }

  /// One certificate.
  ///
  /// - Parameter pointer: an `X509 *`.
  static func read(_ pointer: OpaquePointer) -> Certificate {
    var digest = Digest()
    let isDigested = withUnsafeMutableBytes(of: &digest.words) {
      X509_digest(pointer, sha256, $0.assumingMemoryBound(to: UInt8.self).baseAddress, nil) == 1
    }
    if isDigested, let known = cache.withLock({ $0.value(for: digest) }) { return known }
    let fingerprint = withUnsafeBytes(of: digest.words) { isDigested ? String(hex: $0) : "" }
    let certificate = parse(pointer, fingerprint: fingerprint)
    // All of it is the target's to choose: a serial number alone can have 100 KB.
    let texts = [
      certificate.subject, certificate.issuer, certificate.serial, certificate.key, certificate.signature,
    ]
    let parts = (certificate.subjectParts + certificate.issuerParts).flatMap { [$0.type, $0.value] }
    let size = [texts, certificate.names, certificate.dnsNames, parts].joined()
      .reduce(0) { $0 + $1.utf8.count + MemoryLayout<String>.size }
    if isDigested, size <= maxCachedTextBytes { cache.withLock { $0.insert(certificate, for: digest) } }
    return certificate
  }

  private static func parse(_ pointer: OpaquePointer, fingerprint: String) -> Certificate {
    let names = names(of: pointer)
    let firstSecond = seconds(X509_get0_notBefore(pointer))
    let lastSecond = seconds(X509_get0_notAfter(pointer))
    return Certificate(
      subject: text(ofName: X509_get_subject_name(pointer)), issuer: text(ofName: X509_get_issuer_name(pointer)),
      serial: serial(of: pointer), names: names.map(\.text), dnsNames: names.filter(\.isDNS).map(\.text),
      subjectParts: parts(of: X509_get_subject_name(pointer)), issuerParts: parts(of: X509_get_issuer_name(pointer)),
      notBefore: timestamp(firstSecond), notAfter: timestamp(lastSecond), firstSecond: firstSecond,
      lastSecond: lastSecond, fingerprintSHA256: fingerprint, key: key(of: pointer), signature: signature(of: pointer))
  }

  // MARK: Parts

  private static func text(ofName name: OpaquePointer?) -> String {
    guard let name, let bio = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(bio) }
    guard curlew_name_print(bio, name) >= 0 else { return "" }
    var bytes: UnsafeMutablePointer<CChar>?
    let count = curlew_bio_memory(bio, &bytes)
    return String(decoding: UnsafeRawBufferPointer(start: bytes, count: max(0, Int(count))), as: UTF8.self)
  }

  private static func parts(of name: OpaquePointer?) -> [NamePart] {
    guard let name else { return [] }
    return (0..<max(0, X509_NAME_entry_count(name))).compactMap { index in
      guard let entry = X509_NAME_get_entry(name, index), let type = X509_NAME_ENTRY_get_object(entry) else {
        return nil
      }
      return NamePart(type: numbers(of: type), value: text(of: X509_NAME_ENTRY_get_data(entry)))
    }
  }

  /// An object identifier as dotted numbers (OBJ_obj2txt(3)).
  private static func numbers(of type: OpaquePointer) -> String {
    var buffer = [CChar](repeating: 0, count: 80)
    let count = Int(OBJ_obj2txt(&buffer, CInt(buffer.count), type, 1))
    if count >= buffer.count {
      buffer = [CChar](repeating: 0, count: count + 1)
      OBJ_obj2txt(&buffer, CInt(buffer.count), type, 1)
    }
    return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func text(of string: UnsafePointer<ASN1_STRING>?) -> String {
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = ASN1_STRING_to_UTF8(&bytes, string)
    guard count >= 0, let bytes else { return "" }
    defer { CRYPTO_free(bytes, "", 0) }
    return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
  }

  private static func serial(of pointer: OpaquePointer) -> String {
    guard let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(pointer), nil) else { return "" }
    defer { BN_free(number) }
    guard let text = BN_bn2hex(number) else { return "" }
    defer { CRYPTO_free(text, "", 0) }
    return String(cString: text).lowercased()
  }

  private static func names(of pointer: OpaquePointer) -> [(text: String, isDNS: Bool)] {
    guard let raw = X509_get_ext_d2i(pointer, NID_subject_alt_name, nil, nil) else { return [] }
    let stack = OpaquePointer(raw)
    defer { GENERAL_NAMES_free(stack) }
    var names: [(text: String, isDNS: Bool)] = []
    for index in 0..<max(0, curlew_names_count(stack)) {
      guard let name = curlew_names_at(stack, index) else { continue }
      var kind: CInt = 0
      guard let value = GENERAL_NAME_get0_value(name, &kind) else { continue }
      let string = value.assumingMemoryBound(to: ASN1_STRING.self)
      let bytes = UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
      if kind == GEN_DNS {
        names.append((String(decoding: bytes, as: UTF8.self), true))
      } else if kind == GEN_IPADD, let address = IPAddress(bytes: bytes) {
        names.append((address.description, false))
      }
    }
    return names
  }

  /// Seconds since the Unix epoch.
  private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
    var parts = tm()
    guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
    return Int64(timegm(&parts))
  }

  private static func timestamp(_ seconds: Int64) -> Timestamp {
    // RFC 5280 section 4.1.2.5 writes "no end" as the year 9999, which nanoseconds in 64 bits do not reach.
    let limit = Int64.max / 1_000_000_000
    return Timestamp(secondsSinceEpoch: min(max(seconds, -limit), limit))
  }

  private static func key(of pointer: OpaquePointer) -> String {
    guard let key = X509_get0_pubkey(pointer) else { return "unknown" }
    switch EVP_PKEY_get_base_id(key) {
    case EVP_PKEY_RSA: return "RSA \(EVP_PKEY_get_bits(key))"
    case EVP_PKEY_RSA_PSS: return "RSA-PSS \(EVP_PKEY_get_bits(key))"
    case EVP_PKEY_DSA: return "DSA \(EVP_PKEY_get_bits(key))"
    case EVP_PKEY_EC: return "EC \(curve(of: key))"
    case EVP_PKEY_ED25519: return "ED25519"
    case EVP_PKEY_ED448: return "ED448"
    default: return EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown"
    }
  }

  private static func curve(of key: OpaquePointer) -> String {
    let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 80) { buffer in
      guard let base = buffer.baseAddress, EVP_PKEY_get_group_name(key, base, buffer.count, nil) == 1 else { return "" }
      return String(cString: base)
    }
    guard !name.isEmpty else { return "\(EVP_PKEY_get_bits(key))" }
    // The name that NIST gave it, where it did.
    return EC_curve_nid2nist(OBJ_txt2nid(name)).map { String(cString: $0) } ?? name
  }

  private static func signature(of pointer: OpaquePointer) -> String {
    guard let text = OBJ_nid2sn(X509_get_signature_nid(pointer)) else { return "unknown" }
    let name = String(cString: text)
    let prefix = "ecdsa-with-"
    return name.hasPrefix(prefix) ? "ECDSA-" + name.dropFirst(prefix.count) : name
  }
}
