package import API
import EventLoop
package import HTTP

/// HTTP in front of a dispatcher: the only place where the two know of each other.
///
/// `POST /demarc.v1.Service/Method` is an operation by the Connect protocol, everything else is content. The surface
/// proves who asks, takes the request apart and puts the answer together; whether the caller may, and what the answer
/// is, the dispatcher and the services behind it decide.
package final class Surface {
  let dispatcher: Dispatcher
  private let callers: Callers

  /// A surface; give `respond` to each `HTTPServer` of the daemon.
  package init(dispatcher: Dispatcher, callers: Callers) {
    self.dispatcher = dispatcher
    self.callers = callers
  }

  /// Answers one request.
  package func respond(_ request: HTTPRequest) async -> HTTPResponse {
    let caller = callers.caller(of: request.connection)
    if let name = dispatcher.operation(at: request.path) { return await call(name, request, caller) }
    let segments = request.segments
    if segments.count == 2, segments[0].hasPrefix("demarc.v1.") {
      return await call("\(segments[0])/\(segments[1])", request, caller)
    }
    switch request.method {
    case "GET", "HEAD", "POST": return await content(segments, request, caller)
    default: return .notAllowed("GET, HEAD, POST")
    }
  }
}

extension HTTPResponse {
  /// A refusal as an answer: Connect's error in JSON, which unary clients read and people can.
  static func refusal(_ refusal: Refusal, status: Int? = nil) -> HTTPResponse {
    var headers: HTTPHeaders = ["content-type": "application/json"]
    headers.harden(cache: "no-store")
    if refusal.code == .unauthenticated { headers.append("www-authenticate", "TLS-Certificate realm=\"demarc\"") }
    let status = status ?? CallDeadline.status(of: refusal) ?? refusal.code.httpStatus
    return HTTPResponse(
      status: status, headers: headers, content: .bytes(refusal.connectBody))
  }

  /// 405 with the methods that there are.
  static func notAllowed(_ methods: String) -> HTTPResponse {
    var response = refusal(Refusal(.usage, "this path takes \(methods)"), status: 405)
    response.headers.append("allow", methods)
    return response
  }

  /// 415 with the types that there are.
  static func unsupportedType(_ accepted: [ConnectType]) -> HTTPResponse {
    let types = accepted.map(\.text).joined(separator: ", ")
    var response = refusal(Refusal(.usage, "the body's Content-Type has to be one of \(types)"), status: 415)
    response.headers.append("accept-post", types)
    return response
  }
}

extension HTTPHeaders {
  /// Adds what keeps a browser from making more of an answer than it is, and says how long it may be kept.
  mutating func harden(cache: String) {
    append("cache-control", cache)
    append("x-content-type-options", "nosniff")
    append("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
  }
}
