import COpenSSL

/// Why a cryptographic operation did not produce its result.
///
/// A signature that does not verify is a verdict (`false`), never one of these.
package enum CryptographyError: Error, Equatable {
  /// The bytes given are not what they claim to be: a key of the wrong length, DER that does not parse.
  case malformed(_ what: String, reason: String)
  /// The bytes parse and are refused by a rule of ours: another curve, a request that does not verify.
  case refused(_ what: String, reason: String)
  /// OpenSSL failed at something that cannot fail for reasons of input: no memory, no entropy.
  case failed(_ operation: String, reason: String)
}

extension CryptographyError {
  /// The last reason in this thread's OpenSSL error queue, which is emptied: a stale entry would be blamed on the
  /// next failure.
  static func libraryReason() -> String {
    let code = ERR_peek_last_error()
    defer { ERR_clear_error() }
    guard code != 0 else { return "no reason given" }
    guard let text = ERR_reason_error_string(code) else { return "code \(code)" }
    return String(cString: text)
  }

  static func malformed(_ what: String) -> CryptographyError { .malformed(what, reason: libraryReason()) }
  static func failed(_ operation: String) -> CryptographyError { .failed(operation, reason: libraryReason()) }
}

/// A success of OpenSSL's "1 is good" functions, or `.failed` with its reason.
func check(_ result: Int32, _ operation: String) throws(CryptographyError) {
  guard result == 1 else { throw .failed(operation) }
}

/// A pointer that an OpenSSL constructor returned, or `.failed` with its reason.
func made<Pointer>(_ pointer: Pointer?, _ operation: String) throws(CryptographyError) -> Pointer {
  guard let pointer else { throw .failed(operation) }
  return pointer
}
