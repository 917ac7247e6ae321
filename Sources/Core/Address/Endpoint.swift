import Glibc

/// Where a daemon is reached: a host and a port, as in `HOST:PORT` and `https://HOST:PORT`.
///
/// One text per endpoint: DNS names are lowercase, addresses in the form that the system prints, so that two endpoints
/// can be compared by their parts.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// A DNS name, or an IPv4 or IPv6 address without brackets.
  package let host: String
  /// 0 stands for "any free port" and is no part of a URL.
  package let port: Int
  /// The 4 or 16 bytes of the address, nil for a name.
  package let address: [UInt8]?

  /// Reads `HOST:PORT`; an IPv6 address stands in brackets.
  package init?(_ text: String) {
    guard text.utf8.count <= 320, let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard let port = Self.port(digits) else { return nil }
    self.init(host: text[..<colon], port: port)
  }

  /// Reads `https://HOST[:PORT]`, with or without a final slash; anything further (a path, a user) is refused.
  package init?(url: String) {
    guard url.hasPrefix("https://") else { return nil }
    var rest = url.dropFirst("https://".count)
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard !rest.isEmpty, !rest.hasSuffix(":") else { return nil }
    let hasPort =
      rest.last == "]" ? false : rest.lastIndex(of: ":").map { Self.port(rest[rest.index(after: $0)...]) != nil }
    guard let endpoint = hasPort == true ? Endpoint(String(rest)) : Endpoint("\(rest):443"), endpoint.port > 0 else {
      return nil
    }
    self = endpoint
  }

  /// This host with another port: what was bound where any free one was asked for.
  package func with(port: Int) -> Endpoint { Endpoint(host: host, port: port, address: address) }

  /// `HOST:PORT`.
  package var description: String { "\(bracketed):\(port)" }

  /// `https://HOST:PORT`.
  package var url: String { "https://\(description)" }

  /// Whether it stands for every address of the machine, which nobody else can connect to.
  package var isWildcard: Bool { plainAddress.map { $0.allSatisfy { $0 == 0 } } ?? false }

  /// Whether it is reached from the same machine alone.
  package var isLoopback: Bool {
    switch plainAddress {
    case .none: host == "localhost" || host.hasSuffix(".localhost")
    case .some(let bytes) where bytes.count == 4: bytes[0] == 127
    case .some(let bytes): bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }
  }

  /// Whether no daemon of another organization can be there: addresses of one's own link (a cloud's metadata service
  /// among them), of nobody, and of groups.
  package var isUnroutable: Bool {
    guard let bytes = plainAddress else { return false }
    if bytes.count == 4 { return bytes[0] == 0 || bytes[0] >= 224 || (bytes[0] == 169 && bytes[1] == 254) }
    return isWildcard || bytes[0] == 0xff || (bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80)
  }

  /// The address's bytes; of an IPv4 address in the clothes of IPv6 (`::ffff:127.0.0.1`) the four that count.
  private var plainAddress: [UInt8]? {
    guard let address, address.count == 16, address[10] == 0xff, address[11] == 0xff,
      address.prefix(10).allSatisfy({ $0 == 0 })
    else { return address }
    return Array(address.suffix(4))
  }

  private var bracketed: String { address?.count == 16 ? "[\(host)]" : host }

  private init(host: String, port: Int, address: [UInt8]?) {
    self.host = host
    self.port = port
    self.address = address
  }

  private init?(host text: Substring, port: Int) {
    if text.hasPrefix("[") {
      guard text.hasSuffix("]"), let found = Self.parse(String(text.dropFirst().dropLast()), AF_INET6, 16) else {
        return nil
      }
      self.init(host: found.text, port: port, address: found.bytes)
    } else if let found = Self.parse(String(text), AF_INET, 4) {
      self.init(host: found.text, port: port, address: found.bytes)
    } else {
      guard let name = Self.name(text) else { return nil }
      self.init(host: name, port: port, address: nil)
    }
  }

  private static func port(_ digits: some StringProtocol) -> Int? {
    guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDigit) else { return nil }
    return Int(digits).flatMap { $0 <= 65_535 ? $0 : nil }
  }

  private static func parse(_ text: String, _ family: Int32, _ count: Int) -> (text: String, bytes: [UInt8])? {
    var bytes = [UInt8](repeating: 0, count: count)
    guard !text.utf8.contains(0), inet_pton(family, text, &bytes) == 1 else { return nil }
    var printed = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(family, bytes, &printed, socklen_t(printed.count)) != nil else { return nil }
    return (String(decoding: printed.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self), bytes)
  }

  /// A DNS name of letters, digits, hyphens and underscores. A last label of digits alone is a broken address.
  private static func name(_ text: Substring) -> String? {
    let lower = text.lowercased()
    let labels = lower.split(separator: ".", omittingEmptySubsequences: false)
    let sound = labels.allSatisfy { label in
      (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
        && label.utf8.allSatisfy { $0.isLowercase || $0.isDigit || $0.isOne(of: "-_") }
    }
    guard lower.utf8.count <= 253, sound, let last = labels.last else { return nil }
    return last.utf8.allSatisfy(\.isDigit) ? nil : lower
  }
}
