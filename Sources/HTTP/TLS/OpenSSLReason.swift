import COpenSSL
import EventLoop
import Glibc

/// OpenSSL's error queue, as text. It belongs to the thread, so it is emptied before each call and read right after.
enum OpenSSLReason {
  /// A failure with the oldest queued reason, which is the cause of the others; empties the queue.
  static func failure(_ what: String) -> StreamFailure {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0, let text = ERR_reason_error_string(code) else { return .tls(what) }
    return .tls("\(what): \(String(cString: text))")
  }

  /// Why `ssl` failed: for a certificate, what is wrong with it.
  static func failure(of ssl: OpaquePointer, during what: String) -> StreamFailure {
    let verification = SSL_get_verify_result(ssl)
    let code = ERR_peek_error()
    let isUnexpectedEnd = code != 0 && Int32(truncatingIfNeeded: code & 0x7F_FFFF) == SSL_R_UNEXPECTED_EOF_WHILE_READING
    if isUnexpectedEnd {
      ERR_clear_error()
      return .truncated
    }
    let isVerification = Int32(truncatingIfNeeded: code & 0x7F_FFFF) == SSL_R_CERTIFICATE_VERIFY_FAILED
    guard isVerification, verification != Int(X509_V_OK) else { return failure(what) }
    ERR_clear_error()
    return .tls("\(what): certificate verify failed: \(String(cString: X509_verify_cert_error_string(verification)))")
  }
}

/// Whether a host is an IP address rather than a name.
enum IPAddressText {
  static func isValid(_ text: String) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 16, alignment: 4) { room in
      inet_pton(AF_INET, text, room.baseAddress) == 1 || inet_pton(AF_INET6, text, room.baseAddress) == 1
    }
  }
}
