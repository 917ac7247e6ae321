import Cryptography

/// Judges a `datapackage.json` that a custodian committed. It is kept byte for byte, so what it says about the files
/// must be true; what it does not say is kept elsewhere.
///
/// Checked (Data Package version 2): strict JSON without duplicate keys; an object with at least one resource; each
/// resource an object with a name that no other has, and either `data` or `path` (a text, or a list of them); each path
/// a file of the version; `bytes` the size of the file or files; `hash`, where it is SHA-256 (`sha256:HEX`), the digest
/// of the file; `encoding` not UTF-8 unless the bytes are. URLs and digests of other kinds are let alone: nobody can
/// tell here.
package enum DescriptorReview {
  /// Throws what is wrong; `resources` are the version's data files.
  package static func check(
    _ descriptor: [UInt8], against resources: [PackageDescriptor.Resource]
  ) throws(ContentFailure) {
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: descriptor, atMost: ContentLimits.descriptorBytes)
    } catch {
      throw .malformed("datapackage.json is not JSON: \(error)")
    }
    guard case .array(let items)? = json["resources"], !items.isEmpty else {
      throw .malformed("datapackage.json has no list of resources")
    }
    var files: [ContentPath: PackageDescriptor.Resource] = [:]
    for resource in resources { files[resource.path] = resource }
    var names = Set<String>()
    for (index, item) in items.enumerated() {
      guard case .object = item, let name = item["name"]?.string, !name.isEmpty else {
        throw .malformed("resource \(index) of datapackage.json has no name")
      }
      guard names.insert(name).inserted else {
        throw .malformed("two resources of datapackage.json have the name \(quoted(name))")
      }
      try check(item, name: quoted(name), files: files)
    }
  }

  private static func check(
    _ item: JSON, name: String, files: [ContentPath: PackageDescriptor.Resource]
  ) throws(ContentFailure) {
    let paths: [String]
    switch (item["path"], item["data"]) {
    case (.string(let path)?, nil): paths = [path]
    case (.array(let list)?, nil) where !list.isEmpty && list.allSatisfy({ $0.string != nil }):
      paths = list.compactMap(\.string)
    case (nil, _?): return
    default: throw .malformed("resource \(name) of datapackage.json needs a path, or data, and not both")
    }
    if paths.contains(where: isRemote) { return }
    var found: [PackageDescriptor.Resource] = []
    for path in paths {
      guard let file = files[try ContentPath(path)] else {
        throw .mismatch("resource \(name) of datapackage.json is the file \(quoted(path)), which is not there")
      }
      found.append(file)
    }
    try check(item, name: name, files: found)
  }

  private static func check(
    _ item: JSON, name: String, files: [PackageDescriptor.Resource]
  ) throws(ContentFailure) {
    let size = files.reduce(UInt64(0)) { $0 &+ $1.bytes }
    if let bytes = item["bytes"], bytes != .integer(Int64(clamping: size)) {
      throw .mismatch("resource \(name) of datapackage.json has \(size) bytes, and the descriptor says otherwise")
    }
    if let hash = item["hash"]?.string, hash.hasPrefix("sha256:"), files.count == 1, let file = files.first,
      hash.dropFirst(7).lowercased() != file.sha256.hex
    {
      throw .mismatch("resource \(name) of datapackage.json has another SHA-256 than the descriptor says")
    }
    if let encoding = item["encoding"]?.string?.lowercased(), encoding == "utf-8" || encoding == "utf8",
      !files.allSatisfy(\.isUTF8)
    {
      throw .mismatch("resource \(name) of datapackage.json is not UTF-8, and the descriptor says that it is")
    }
  }

  private static func isRemote(_ path: String) -> Bool {
    path.hasPrefix("http://") || path.hasPrefix("https://") || path.hasPrefix("ftp://")
  }

  /// A name for a message: short, and nothing in it that moves a terminal's cursor.
  private static func quoted(_ text: String) -> String {
    String(text.prefix(80).map { $0.unicodeScalars.contains { $0.value < 0x20 || 0x7f...0x9f ~= $0.value } ? "?" : $0 })
  }
}
