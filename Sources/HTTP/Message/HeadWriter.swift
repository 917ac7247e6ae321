/// Puts heads on the wire, and refuses to be used for response splitting: names are tokens, values hold no control
/// bytes, and the fields that frame a message are written by nobody else.
nonisolated package enum HeadWriter {
  /// A response head. Content-Length or Transfer-Encoding follow from `framing`; `announced` is the length that a HEAD
  /// response tells without sending it. `closing` adds `Connection: close`.
  package static func response(
    status: Int, headers: HTTPHeaders, framing: BodyFraming, announced: Int64? = nil, closing: Bool,
    reserving extra: Int = 0
  ) throws(HTTPFault) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(headers.bytes.count + headers.count * 4 + 128 + extra)
    append("HTTP/1.1 ", to: &bytes)
    append(Int64(status), to: &bytes)
    bytes.append(Octet.space)
    append(Reason.phrase(status), to: &bytes)
    lineEnd(&bytes)
    try append(headers, to: &bytes)
    appendFraming(framing, announced, to: &bytes)
    if closing { append("connection: close\r\n", to: &bytes) }
    lineEnd(&bytes)
    return bytes
  }

  /// A request head. `target` has to be a valid origin-form target already percent-encoded; `host` is the origin.
  package static func request(
    method: String, target: String, host: String, headers: HTTPHeaders, framing: BodyFraming
  ) throws(HTTPFault) -> [UInt8] {
    guard !method.isEmpty, method.utf8.allSatisfy(Octet.isToken) else { throw .badMethod }
    guard target.utf8.first == Octet.slash else { throw .badTarget }
    _ = try RequestTarget(target)
    guard HostField.isValid(Array(host.utf8)[...]) else { throw .badHost }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(headers.bytes.count + headers.count * 4 + target.utf8.count + 128)
    bytes.append(contentsOf: method.utf8)
    bytes.append(Octet.space)
    bytes.append(contentsOf: target.utf8)
    append(" HTTP/1.1\r\nhost: ", to: &bytes)
    bytes.append(contentsOf: host.utf8)
    lineEnd(&bytes)
    try append(headers, to: &bytes)
    let announced: Int64? = framing == .none && (method == "POST" || method == "PUT" || method == "PATCH") ? 0 : nil
    appendFraming(framing, announced, to: &bytes)
    lineEnd(&bytes)
    return bytes
  }

  private static func append(_ headers: HTTPHeaders, to bytes: inout [UInt8]) throws(HTTPFault) {
    var isValid = true
    headers.bytes.withUnsafeBufferPointer { all in
      for field in headers.fields {
        let name = UnsafeBufferPointer(rebasing: all[Int(field.nameStart)..<Int(field.nameEnd)])
        let value = UnsafeBufferPointer(rebasing: all[Int(field.valueStart)..<Int(field.valueEnd)])
        guard !name.isEmpty, name.allSatisfy(Octet.isToken), value.allSatisfy(Octet.isFieldValue) else {
          return isValid = false
        }
        if isFraming(field, headers) { continue }
        bytes.append(contentsOf: name)
        bytes.append(Octet.colon)
        bytes.append(Octet.space)
        bytes.append(contentsOf: value)
        lineEnd(&bytes)
      }
    }
    guard isValid else { throw .invalidOutput }
  }

  /// Fields that follow from what is sent; one given by the caller could contradict it.
  private static func isFraming(_ field: HTTPHeaders.Field, _ headers: HTTPHeaders) -> Bool {
    switch field.nameEnd - field.nameStart {
    case 4: headers.matches(field, "host")
    case 10: headers.matches(field, "connection")
    case 14: headers.matches(field, "content-length")
    case 17: headers.matches(field, "transfer-encoding")
    default: false
    }
  }

  private static func appendFraming(_ framing: BodyFraming, _ announced: Int64?, to bytes: inout [UInt8]) {
    switch framing {
    case .length(let length):
      append("content-length: ", to: &bytes)
      append(length, to: &bytes)
      lineEnd(&bytes)
    case .chunked:
      append("transfer-encoding: chunked\r\n", to: &bytes)
    case .none, .untilClose:
      guard let announced else { return }
      append("content-length: ", to: &bytes)
      append(announced, to: &bytes)
      lineEnd(&bytes)
    }
  }

  private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private static func append(_ number: Int64, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: String(number).utf8)
  }

  private static func lineEnd(_ bytes: inout [UInt8]) {
    bytes.append(Octet.carriageReturn)
    bytes.append(Octet.lineFeed)
  }
}
