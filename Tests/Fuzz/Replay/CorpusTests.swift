import FuzzProperties
import Glibc
import Testing

/// Replays what the fuzz targets have collected: each file holds an input that once reached new code.
struct CorpusTests {
  @Test(arguments: Properties.targets.map(\.name)) func holds(_ name: String) throws {
    let target = try #require(Properties.targets.first { $0.name == name })
    let here = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let files = try list(here + "/Corpus/" + name)
    #expect(files.count > 3)
    for file in files {
      #expect(target.check(read(here + "/Corpus/\(name)/\(file)")) == nil, "\(name)/\(file)")
    }
  }

  private func list(_ directory: String) throws -> [String] {
    let listing = try #require(opendir(directory), "no corpus in \(directory)")
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  private func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    return [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
      count = fread(buffer.baseAddress, 1, buffer.count, file)
    }
  }
}
