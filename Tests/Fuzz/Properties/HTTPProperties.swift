import HTTP

extension Properties {
  /// A request head means the same however it is cut, and survives being written and read again.
  package static func requestHead(_ input: [UInt8]) -> String? {
    let whole = parse(.request, input, cuts: [])
    for cuts in [Array(input.indices), [input.count / 2], [input.count / 3, input.count / 3 * 2]] {
      let other = parse(.request, input, cuts: cuts)
      let (cut, expected) = (describe(other, isRequest: true), describe(whole, isRequest: true))
      if cut != expected { return "cut at \(cuts): \(cut), whole: \(expected)" }
    }
    guard case .head(let parser, _) = whole else { return nil }
    guard let head = try? RequestHead(parser) else { return nil }
    let text = head.target.path + (head.target.query.text.isEmpty ? "" : "?" + head.target.query.text)
    var headers = head.headers
    // HTTP/1.0 has no expectations, so it may hold nonsense there that HTTP/1.1 may not.
    headers["expect"] = nil
    let written: [UInt8]
    do throws(HTTPFault) {
      written = try HeadWriter.request(
        method: head.method, target: text, host: head.headers["host"] ?? "x", headers: headers, framing: head.framing)
    } catch { return "accepted but not writable: \(error)" }
    guard case .head(let again, let used) = parse(.request, written, cuts: [], limits: HTTPLimits()),
      used == written.count,
      let copy = try? RequestHead(again)
    else { return "written but not readable" }
    let isSame =
      copy.method == head.method && copy.target.path == head.target.path && copy.target.query == head.target.query
      && copy.framing == head.framing
    if !isSame { return "changed by writing" }
    if head.target.segments.contains(where: { $0 == "." || $0 == ".." || $0.utf8.contains(0) }) { return "bad segment" }
    return nil
  }

  /// The same for a response head.
  package static func responseHead(_ input: [UInt8]) -> String? {
    let whole = parse(.response, input, cuts: [])
    for cuts in [Array(input.indices), [input.count / 2]] {
      let other = parse(.response, input, cuts: cuts)
      let (cut, expected) = (describe(other, isRequest: false), describe(whole, isRequest: false))
      if cut != expected { return "cut at \(cuts): \(cut), whole: \(expected)" }
    }
    guard case .head(let parser, _) = whole, let head = try? ResponseHead(parser, method: "GET") else { return nil }
    let written: [UInt8]
    do throws(HTTPFault) {
      written = try HeadWriter.response(
        status: head.status, headers: head.headers, framing: head.framing, closing: !head.keepsAlive)
    } catch { return "accepted but not writable: \(error)" }
    guard case .head(let again, let used) = parse(.response, written, cuts: [], limits: HTTPLimits()),
      used == written.count,
      let copy = try? ResponseHead(again, method: "GET")
    else { return "written but not readable" }
    return copy.status == head.status ? nil : "changed by writing"
  }

  /// A chunked body gives the same bytes, and ends at the same place, however it is cut.
  package static func chunkedBody(_ input: [UInt8]) -> String? {
    let whole = decode(input, step: max(1, input.count))
    for step in [1, 7] {
      let other = decode(input, step: step)
      if other.description != whole.description { return "steps of \(step): \(other), whole: \(whole)" }
    }
    guard whole.fault == nil, whole.isComplete else { return nil }
    let again = decode(ChunkedEncoder.chunk(whole.output) + ChunkedEncoder.end, step: 5)
    return again.output == whole.output && again.isComplete ? nil : "changed by writing"
  }

  private enum Verdict {
    case head(HeadParser, Int)
    case incomplete
    case fault(HTTPFault)
  }

  private static func describe(_ verdict: Verdict, isRequest: Bool) -> String {
    switch verdict {
    case .incomplete: return "incomplete"
    case .fault(let fault): return "\(fault)"
    case .head(let parser, let used):
      var text = "head of \(used)"
      do throws(HTTPFault) {
        if isRequest {
          let head = try RequestHead(parser)
          text += " \(head.method) \(head.target) \(head.framing) \(list(head.headers))"
        } else {
          let head = try ResponseHead(parser, method: "GET")
          text += " \(head.status) \(head.reason) \(head.framing) \(list(head.headers))"
        }
      } catch { text += " \(error)" }
      return text
    }
  }

  private static func list(_ headers: HTTPHeaders) -> String {
    headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
  }

  /// Small limits, so that short inputs reach them.
  private static var tight: HTTPLimits {
    var limits = HTTPLimits()
    limits.headBytes = 1024
    limits.targetBytes = 256
    limits.fieldCount = 16
    return limits
  }

  private static func parse(
    _ kind: HeadParser.Kind, _ input: [UInt8], cuts: [Int], limits: HTTPLimits = tight
  ) -> Verdict {
    var parser = HeadParser(kind, limits: limits)
    var used = 0
    var start = 0
    do throws(HTTPFault) {
      for end in cuts + [input.count] where !parser.isComplete {
        used += try parser.feed(input[start..<end])
        start = end
      }
    } catch { return .fault(error) }
    return parser.isComplete ? .head(parser, used) : .incomplete
  }

  private struct Decoded: CustomStringConvertible {
    var output: [UInt8] = []
    var used = 0
    var isComplete = false
    var fault: HTTPFault?
    var description: String {
      // What came out before a fault depends on the cuts and is not used by anybody.
      fault.map { "\($0)" } ?? "\(used) \(isComplete) \(output)"
    }
  }

  private static func decode(_ input: [UInt8], step: Int) -> Decoded {
    var result = Decoded()
    var decoder = ChunkedDecoder(bodyBytes: 4096)
    var start = 0
    while start < input.count, !decoder.isComplete {
      let end = min(input.count, start + step)
      do throws(HTTPFault) {
        result.used += try decoder.decode(input[start..<end], into: &result.output)
      } catch {
        result.fault = error
        return result
      }
      start = end
    }
    result.isComplete = decoder.isComplete
    return result
  }
}
