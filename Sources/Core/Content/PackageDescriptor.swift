package import Cryptography

/// `datapackage.json` (Data Package version 2) as Demarc writes it: what follows from the files' paths and bytes, and a
/// schema where somebody declared one; nothing inferred, no names of people, no times. Equal files make equal bytes.
///
/// UTF-8, no white space, a newline at the end; keys in this order:
///
///     {"$schema":"https://datapackage.org/profiles/2.0/datapackage.json","resources":[
///       {"path":P,"name":P,"bytes":N,"hash":"sha256:HEX","format":F,"encoding":"utf-8","schema":…}, …]}
///
/// Resources are in the order of their paths' bytes. `format` is the part of the file's name after its last dot, in
/// lower case ASCII, left out if there is none; `encoding` is left out if the bytes are not UTF-8; `schema` if none was
/// declared. Of all characters only `"` and `\` are escaped: paths have no control characters.
package enum PackageDescriptor {
  /// Its name, at the root of the version.
  package static let fileName = "datapackage.json"

  /// The facts about one data file.
  package struct Resource: Hashable, Sendable {
    package let path: ContentPath
    package let bytes: UInt64
    package let sha256: SHA256Digest
    package let isUTF8: Bool
    /// A Table Schema as compact JSON, if one was declared. Written as it is.
    package let schema: String?

    package init(path: ContentPath, bytes: UInt64, sha256: SHA256Digest, isUTF8: Bool, schema: String? = nil) {
      self.path = path
      self.bytes = bytes
      self.sha256 = sha256
      self.isUTF8 = isUTF8
      self.schema = schema
    }

    /// What the path says about the format.
    package var format: String? {
      guard let name = path.text.utf8.split(separator: UInt8(ascii: "/")).last,
        let dot = name.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex
      else { return nil }
      let letters = name[name.index(after: dot)...]
      guard !letters.isEmpty, letters.allSatisfy({ $0 < 0x80 }) else { return nil }
      return String(Substring(letters)).lowercased()
    }
  }

  /// The bytes of the descriptor over `resources`, which may be in any order.
  package static func encode(_ resources: [Resource]) -> [UInt8] {
    var text = "{\"$schema\":\"https://datapackage.org/profiles/2.0/datapackage.json\",\"resources\":["
    var separator = ""
    for resource in resources.sorted(by: { $0.path < $1.path }) {
      let path = quoted(resource.path.text)
      text += "\(separator){\"path\":\(path),\"name\":\(path),\"bytes\":\(resource.bytes)"
      text += ",\"hash\":\"sha256:\(resource.sha256.hex)\""
      if let format = resource.format { text += ",\"format\":\(quoted(format))" }
      if resource.isUTF8 { text += ",\"encoding\":\"utf-8\"" }
      if let schema = resource.schema { text += ",\"schema\":\(schema)" }
      text += "}"
      separator = ","
    }
    return Array((text + "]}\n").utf8)
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }
}
