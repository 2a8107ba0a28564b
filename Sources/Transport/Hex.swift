extension String {
  /// Bytes as two lower-case hexadecimal digits each.
  init(hex bytes: UnsafeRawBufferPointer) {
    let digits: StaticString = "0123456789abcdef"
    self.init(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
      for (index, byte) in bytes.enumerated() {
        buffer[2 * index] = digits.utf8Start[Int(byte >> 4)]
        buffer[2 * index + 1] = digits.utf8Start[Int(byte & 15)]
      }
      return bytes.count * 2
    }
  }
}
