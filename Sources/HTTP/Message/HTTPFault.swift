/// What is wrong with a message that broke the rules of RFC 9112 (or our stricter reading of them).
///
/// A closed list: each case is one way of request smuggling, of confusing two parsers, or of exceeding a limit. The raw
/// value is the sentence that goes into the error response and the log.
nonisolated package enum HTTPFault: String, Error, Sendable, CaseIterable {
  case badMethod = "the method is not a token"
  case badTarget = "the request target is not a valid path and query"
  case badPercentEncoding = "a percent-encoding in the request target is malformed"
  case badPathSegment = "the path holds an empty, `.` or `..` segment"
  case targetTooLong = "the request target is too long"
  case unsupportedTarget = "only paths can be requested: no CONNECT, no `*`"
  case badVersion = "the protocol version is malformed"
  case unsupportedVersion = "only HTTP/1.0 and HTTP/1.1 are spoken here"
  case badStatusLine = "the status line is malformed"
  case bareLineFeed = "a line ends without carriage return and line feed"
  case badFieldName = "a field name is not a token directly before its colon"
  case badFieldValue = "a field value holds a control byte"
  case foldedField = "a field is folded over several lines"
  case headTooLarge = "the head is too large"
  case tooManyFields = "the head has too many fields"
  case badHost = "Host is missing, repeated or malformed"
  case badContentLength = "Content-Length is repeated or not a plain number"
  case badTransferEncoding = "Transfer-Encoding is repeated, out of place or not `chunked`"
  case conflictingLengths = "Content-Length and Transfer-Encoding exclude each other"
  case badExpectation = "only `100-continue` can be expected"
  case bodyTooLarge = "the body is too large"
  case badChunk = "the chunked framing is malformed"
  case badTrailer = "the trailer section is malformed or too large"
  case invalidOutput = "a field of our own message holds bytes that do not belong there"

  /// The status of the response that reports this fault.
  package var status: Int {
    switch self {
    case .targetTooLong: 414
    case .headTooLarge, .tooManyFields: 431
    case .bodyTooLarge: 413
    case .badExpectation: 417
    case .unsupportedVersion: 505
    case .unsupportedTarget, .badTransferEncoding: 501
    case .invalidOutput: 500
    default: 400
    }
  }
}
