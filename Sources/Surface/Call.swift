import API
import EventLoop
import HTTP

/// Operations by the Connect protocol (connectrpc.com/docs/protocol), unary and streaming, in JSON and in protobuf.
extension Surface {
  /// Performs the operation `name` for an HTTP request.
  func call(_ name: String, _ request: HTTPRequest, _ caller: Caller) async -> HTTPResponse {
    guard request.method == "POST" else { return .notAllowed("POST") }
    let asked = ConnectType(request.headers["content-type"])
    // What is not answered here is refused in the form that its caller reads.
    let flow = dispatcher.flow(of: name) ?? (asked?.isStream == true ? .upload : .unary)
    guard let type = asked, type.isStream == (flow != .unary) else {
      return .unsupportedType([Coding.json, .proto].map { ConnectType($0, isStream: flow != .unary) })
    }
    if let refusal = Self.unfit(request.headers) { return .refusal(refusal) }
    let deadline: CallDeadline
    do throws(Refusal) { deadline = try CallDeadline(request.headers) } catch { return .refusal(error) }
    let body = request.body
    let limit = caller.isKnown ? Limits.requestBytes : Limits.strangersRequestBytes
    switch flow {
    case .unary:
      return await unary(name, caller, type, deadline) { () async throws(Refusal) in try await body.all(limit) }
    case .upload:
      return await upload(
        name, caller, type, deadline, Upload(body, atMost: min(limit, ConnectEnvelope.messageBytes)))
    case .stream:
      do throws(Refusal) {
        return stream(name, caller, type, deadline, message: try await Upload(body, atMost: limit).only())
      } catch {
        return .envelopes(type, [ConnectEnvelope.encode(Refusal.connectEnd(error), isEnd: true)])
      }
    }
  }

  /// What a client of another protocol version or with compression would not understand of our answer.
  private static func unfit(_ headers: HTTPHeaders) -> Refusal? {
    if let version = headers["connect-protocol-version"], version != "1" {
      return Refusal(.invalid, "Connect protocol version \(version) is not spoken here", hint: "version 1 is")
    }
    for field in ["content-encoding", "connect-content-encoding"] {
      if let coding = headers[field], coding.lowercased() != "identity" {
        return Refusal(.invalid, "a request compressed by \(coding) is not taken", hint: "send it as it is")
      }
    }
    return nil
  }

  private func unary(
    _ name: String, _ caller: Caller, _ type: ConnectType, _ deadline: CallDeadline,
    _ read: @escaping () async throws(Refusal) -> [UInt8]
  ) async -> HTTPResponse {
    var answer: [UInt8] = []
    do throws(Refusal) {
      try await deadline.hold { [dispatcher] () async throws(Refusal) in
        try await dispatcher.perform(
          name, caller: caller, coding: type.coding,
          next: { () async throws(Refusal) -> [UInt8]? in try await read() },
          emit: { (bytes) async throws(Refusal) in answer = bytes })
      }
    } catch {
      return .refusal(error)
    }
    let headers = type.coding == .json ? Self.headersOfJSON : Self.headersOfProto
    return HTTPResponse(status: 200, headers: headers, content: .bytes(answer))
  }

  // Made once, not for each answer.
  private static let headersOfJSON = headers(of: ConnectType(.json, isStream: false))
  private static let headersOfProto = headers(of: ConnectType(.proto, isStream: false))

  private static func headers(of type: ConnectType) -> HTTPHeaders {
    var headers: HTTPHeaders = ["content-type": type.text]
    headers.harden(cache: "no-store")
    return headers
  }

  private func upload(
    _ name: String, _ caller: Caller, _ type: ConnectType, _ deadline: CallDeadline, _ upload: Upload
  ) async -> HTTPResponse {
    var envelopes: [[UInt8]] = []
    var refusal: Refusal?
    do throws(Refusal) {
      try await deadline.hold { [dispatcher] () async throws(Refusal) in
        try await dispatcher.perform(
          name, caller: caller, coding: type.coding,
          next: { () async throws(Refusal) -> [UInt8]? in try await upload.next() },
          emit: { (bytes) async throws(Refusal) in envelopes.append(ConnectEnvelope.encode(bytes)) })
      }
    } catch {
      refusal = error
    }
    envelopes.append(ConnectEnvelope.encode(Refusal.connectEnd(refusal), isEnd: true))
    return .envelopes(type, envelopes)
  }

  private func stream(
    _ name: String, _ caller: Caller, _ type: ConnectType, _ deadline: CallDeadline, message: [UInt8]
  ) -> HTTPResponse {
    var response = HTTPResponse.envelopes(type, [])
    response.content = .stream { [dispatcher] (writer) async throws(StreamFailure) in
      var refusal: Refusal?
      do throws(Refusal) {
        try await deadline.hold { () async throws(Refusal) in
          try await dispatcher.perform(
            name, caller: caller, coding: type.coding,
            next: { () async throws(Refusal) -> [UInt8]? in message },
            emit: { (bytes) async throws(Refusal) in
              do throws(StreamFailure) { try await writer.write(ConnectEnvelope.encode(bytes)) } catch {
                throw Refusal(.cancelled, "the caller has left: \(error)")
              }
            })
        }
      } catch {
        refusal = error
      }
      try await writer.write(ConnectEnvelope.encode(Refusal.connectEnd(refusal), isEnd: true))
    }
    return response
  }
}

extension HTTPResponse {
  /// An answer in envelopes. Its status is 200 whatever it says: how a stream ends is told at its end.
  static func envelopes(_ type: ConnectType, _ envelopes: [[UInt8]]) -> HTTPResponse {
    var headers: HTTPHeaders = ["content-type": type.text]
    headers.harden(cache: "no-store")
    return HTTPResponse(status: 200, headers: headers, content: .bytes(Array(envelopes.joined())))
  }
}
