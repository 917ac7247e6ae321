import Glibc
import Testing

/// A file of Tests/Vectors: published with the format pages, checked by tests, written anew when `DEMARC_WRITE_VECTORS` is
/// set — which is a change of format, and shows in the diff.
enum Vector {
  /// The folder of the package.
  static let package = String(#filePath.prefix(#filePath.count - "Tests/CoreTests/Vectors/Vector.swift".count))

  /// Expects that the file holds exactly `text`.
  static func expect(_ name: String, is text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let path = package + "Tests/Vectors/" + name
    if getenv("DEMARC_WRITE_VECTORS") != nil {
      File.write(Array((text + "\n").utf8), to: path)
    }
    let found = File.read(path).map { String(decoding: $0, as: UTF8.self) }
    #expect(found == text + "\n", "\(name)", sourceLocation: sourceLocation)
  }
}

/// Whole small files, for tests.
enum File {
  static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer.prefix(count) }
    return bytes
  }

  static func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else {
      Issue.record("cannot write \(path)")
      return
    }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }
}
