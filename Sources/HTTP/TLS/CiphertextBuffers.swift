import COpenSSL

/// Sizes of the TLS path. Measured: 64 KiB per write; 128 KiB and more fall behind.
enum TLSLimits {
  /// The plaintext of one record.
  static let recordBytes = 16 << 10
  /// Ciphertext is sent once there is this much of it.
  static let flushBytes = 64 << 10
  /// A window of ciphertext: what triggers a flush, and the record that crosses the mark (RFC 8446 5.2: at most 256
  /// bytes and a header more than its plaintext).
  static let outputBytes = flushBytes + recordBytes + 512
  /// One read from a file: pieces of one record each cost a tenth more system time, and more where they straddle pages.
  static let fileReadBytes = 64 << 10
  /// One read from the transport.
  static let readBytes = 128 << 10
  /// With less ciphertext than this at hand, a read is a small one.
  static let smallBytes = 8 << 10
  /// A transfer that never has to wait lets the loop poll once per this many bytes.
  static let fairShareBytes = 1 << 20
  /// Windows kept for the next connection.
  static let idleBuffers = 16
}

/// Output windows, reused: a connection holds one only while it has something to say.
enum CiphertextBuffers {
  private static var idle: [UnsafeMutablePointer<UInt8>] = []

  static func take() -> UnsafeMutablePointer<UInt8> {
    idle.popLast() ?? .allocate(capacity: TLSLimits.outputBytes)
  }

  static func give(_ buffer: UnsafeMutablePointer<UInt8>) {
    if idle.count < TLSLimits.idleBuffers { idle.append(buffer) } else { buffer.deallocate() }
  }
}

/// The DER form of OpenSSL's objects.
enum DER {
  /// Measures, then encodes; nil when OpenSSL cannot.
  static func of(
    _ object: OpaquePointer, _ encode: (OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
  ) -> [UInt8]? {
    let size = encode(object, nil)
    guard size > 0 else { return nil }
    return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
      var cursor = buffer.baseAddress
      count = Int(max(0, encode(object, &cursor)))
    }
  }
}
