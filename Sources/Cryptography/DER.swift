import COpenSSL

/// The DER that an `i2d_` function writes: asked for the length first, then for the bytes.
func encodeDER(
  _ what: String, _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
) throws(CryptographyError) -> [UInt8] {
  let count = write(nil)
  guard count > 0 else { throw .failed("\(what) encoding") }
  var written: Int32 = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
    var cursor = buffer.baseAddress
    written = write(&cursor)
    initialized = written == count ? Int(count) : 0
  }
  guard written == count else { throw .failed("\(what) encoding") }
  return bytes
}

/// What a `d2i_` function reads from all of `bytes`: bytes left over are malformed, not ignored.
func decodeDER(
  _ bytes: [UInt8], _ what: String, _ read: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> OpaquePointer?
) throws(CryptographyError) -> OpaquePointer {
  var consumed = 0
  let object = bytes.withUnsafeBufferPointer { buffer -> OpaquePointer? in
    guard let base = buffer.baseAddress else { return nil }
    var cursor: UnsafePointer<UInt8>? = base
    let object = read(&cursor, buffer.count)
    if let cursor { consumed = cursor - base }
    return object
  }
  guard let object else { throw .malformed(what) }
  guard consumed == bytes.count else {
    leftOver(object, what)
    throw .malformed(what, reason: "\(bytes.count - consumed) bytes after its end")
  }
  return object
}

/// Frees what was parsed before the surplus was seen.
private func leftOver(_ object: OpaquePointer, _ what: String) {
  switch what {
  case "certificate": X509_free(object)
  case "certificate request": X509_REQ_free(object)
  default: EVP_PKEY_free(object)
  }
}
