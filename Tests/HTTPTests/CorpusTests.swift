import Glibc
import HTTP
import Testing

/// Replays what the fuzz targets have collected: each file holds an input that once reached new code.
nonisolated struct CorpusTests {
  @Test func requests() { replay("request", Properties.requestHead) }
  @Test func responses() { replay("response", Properties.responseHead) }
  @Test func chunkedBodies() { replay("chunked", Properties.chunkedBody) }

  private func replay(_ name: String, _ property: ([UInt8]) -> String?) {
    let here = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let directory = "/" + here + "/Fuzz/Corpus/" + name
    var count = 0
    guard let listing = opendir(directory) else {
      Issue.record("no corpus in \(directory)")
      return
    }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let file = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if file.hasPrefix(".") { continue }
      count += 1
      #expect(property(read(directory + "/" + file)) == nil, "\(name)/\(file)")
    }
    #expect(count > 3)
  }

  private func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    return [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
      count = fread(buffer.baseAddress, 1, buffer.count, file)
    }
  }
}
