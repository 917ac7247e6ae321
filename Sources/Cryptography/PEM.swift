/// The textual armour of DER (RFC 7468): what key and certificate files hold and TLS contexts read.
package enum PEM {
  /// One block, lines of 64 characters.
  package static func encode(label: String, _ der: [UInt8]) -> [UInt8] {
    var text = "-----BEGIN \(label)-----\n"
    var rest = Base64.encode(der)[...]
    while !rest.isEmpty {
      text += rest.prefix(64)
      text += "\n"
      rest = rest.dropFirst(64)
    }
    text += "-----END \(label)-----\n"
    return Array(text.utf8)
  }

  /// The DER of the first block with this label; nil where there is none or its base-64 is not strict.
  package static func decode(label: String, _ pem: [UInt8]) -> [UInt8]? {
    var body: String?
    for line in String(decoding: pem, as: UTF8.self).split(whereSeparator: \.isNewline) {
      if line == "-----BEGIN \(label)-----" {
        body = ""
      } else if line == "-----END \(label)-----" {
        return body.flatMap { Base64.decode($0) }
      } else {
        body?.append(contentsOf: line)
      }
    }
    return nil
  }
}
