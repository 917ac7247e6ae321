import API
import Core
import EventLoop
import Glibc
import Peers
import Testing

@testable import CommandLine

/// A directory of one test, removed afterwards.
struct Ground {
  let path: String

  static func with(_ body: (Ground) throws -> Void) throws {
    var template = Array("/tmp/demarc-files.XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let ground = Ground(path: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    defer { ground.remove(ground.path) }
    try body(ground)
  }

  func at(_ name: String) -> String { path + "/" + name }

  func file(_ name: String, _ text: String) throws {
    let descriptor = open(at(name), O_CREAT | O_WRONLY | O_TRUNC, 0o644)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    try #require(write(descriptor, bytes, bytes.count) == bytes.count)
  }

  private func remove(_ place: String) {
    if let directory = opendir(place) {
      var names: [[UInt8]] = []
      while let entry = readdir(directory) {
        names.append(withUnsafeBytes(of: &entry.pointee.d_name) { all in Array(all.prefix { $0 != 0 }) })
      }
      closedir(directory)
      for name in names where name != [0x2e] && name != [0x2e, 0x2e] {
        let full = (Array((place + "/").utf8) + name + [0]).map { CChar(bitPattern: $0) }
        if unlink(full) != 0 {
          remove(place + "/" + String(decoding: name, as: UTF8.self))
        }
      }
    }
    rmdir(place)
  }
}

/// What a commit takes, and what it refuses.
@Suite struct SourceTreeTests {
  @Test func directoryAndFiles() throws {
    try Ground.with { ground in
      mkdir(ground.at("d"), 0o755)
      mkdir(ground.at("d/sub"), 0o755)
      try ground.file("d/b.csv", "bb")
      try ground.file("d/sub/a.csv", "")
      try ground.file("d/é.csv", "x")
      #expect(try SourceTree([ground.at("d")]).files.map(\.path.text) == ["b.csv", "sub/a.csv", "é.csv"])
      #expect(try SourceTree([ground.at("d/")]).size == 3)
      #expect(
        try SourceTree([ground.at("d/sub/a.csv"), ground.at("d/b.csv")]).files.map(\.path.text) == ["a.csv", "b.csv"])
    }
  }

  @Test func aSlashFollowsTheLinkToADirectory() throws {
    try Ground.with { ground in
      mkdir(ground.at("d"), 0o755)
      try ground.file("d/a.csv", "1")
      symlink("d", ground.at("link"))
      #expect(try SourceTree([ground.at("link/")]).files.map(\.path.text) == ["a.csv"])
      #expect(throws: Refusal.self) { try SourceTree([ground.at("link")]) }
    }
  }

  @Test func refusals() throws {
    try Ground.with { ground in
      mkdir(ground.at("empty"), 0o755)
      mkdir(ground.at("a"), 0o755)
      mkdir(ground.at("a/none"), 0o755)
      try ground.file("a/x.csv", "1")
      try ground.file("x.csv", "2")
      symlink("x.csv", ground.at("link"))
      mkfifo(ground.at("pipe"), 0o644)
      func code(_ paths: String...) -> RefusalCode? {
        do throws(Refusal) {
          _ = try SourceTree(paths.map { ground.at($0) })
          return nil
        } catch { return error.code }
      }
      #expect(code("empty") == .invalid)
      #expect(code("a") == .invalid)
      #expect(code("missing") == .notFound)
      #expect(code("link") == .invalid)
      #expect(code("pipe") == .invalid)
      #expect(code("x.csv", "a/x.csv") == .invalid)
      #expect(code("x.csv", "a") == .invalid)
      #expect(code("x.csv/y") == .notFound)
      #expect(code(String(repeating: "n", count: 4096)) == .invalid)
      rmdir(ground.at("a/none"))
      #expect(code("a") == nil)
      symlink("x.csv", ground.at("a/link"))
      #expect(code("a") == .invalid)
    }
  }

  @Test func namesThatAreNotText() throws {
    try Ground.with { ground in
      let name = (Array(ground.at("").utf8) + [0xff, 0x41, 0]).map { CChar(bitPattern: $0) }
      let descriptor = open(name, O_CREAT | O_WRONLY, 0o644)
      try #require(descriptor >= 0)
      close(descriptor)
      let refusal = #expect(throws: Refusal.self) { try SourceTree([ground.path]) }
      #expect(refusal?.code == .invalid)
      #expect(refusal?.message.contains("UTF-8") == true)
    }
  }

  @Test func frames() throws {
    try Ground.with { ground in
      try ground.file("a", "")
      try ground.file("b", String(repeating: "x", count: 3_000_000))
      try ground.file("c", "tail")
      let tree = try SourceTree([ground.path])
      var text: [String: Int] = [:]
      var current = ""
      var position = CommitFrames(tree)
      var isFinished = false
      while let step = try position.step() {
        for piece in step.frames {
          guard case .message(let frame) = piece else {
            guard case .file(field: 3, let extent) = piece else { continue }
            #expect(extent.length <= CommitFrames.frameBytes && extent.offset == Int64(text[current, default: 0]))
            text[current, default: 0] += Int(extent.length)
            continue
          }
          switch frame.frame {
          case .file(let file):
            current = file.path
            text[current] = 0
          case .data(let data):
            #expect(data.count <= CommitFrames.frameBytes)
            text[current, default: 0] += data.count
          case .finish: isFinished = true
          default: break
          }
        }
        position = step.next
      }
      #expect(text == ["a": 0, "b": 3_000_000, "c": 4])
      #expect(isFinished)
      #expect(position.done == tree.size)
    }
  }

  @Test func aFileThatChanges() throws {
    try Ground.with { ground in
      try ground.file("a", String(repeating: "x", count: 3_000_000))
      let tree = try SourceTree([ground.at("a")])
      let first = try #require(try CommitFrames(tree).step())
      try ground.file("a", String(repeating: "y", count: 3_000_000))
      let refusal = #expect(throws: Refusal.self) {
        var position = first.next
        while let step = try position.step() { position = step.next }
      }
      #expect(refusal?.code == .stale)
      // Also when all of it is on its way, and only the end is not told yet.
      let short = try SourceTree([ground.at("a")])
      var last = try #require(try CommitFrames(short).step())
      while last.next.done < short.size { last = try #require(try last.next.step()) }
      try ground.file("a", "another")
      #expect(throws: Refusal.self) { try last.next.step() }
      // Before the first byte is read, too.
      #expect(throws: Refusal.self) { try CommitFrames(tree).step() }
    }
  }
}

/// How a version is written.
@Suite struct StagedDirectoryTests {
  private func write(_ stage: StagedDirectory, _ path: String, _ text: String) throws {
    let path = try ContentPath(path)
    let descriptor = try stage.create(path)
    defer { close(descriptor) }
    try StagedDirectory.write(Array(text.utf8), to: descriptor, as: path)
  }

  @Test(arguments: [false, true]) func allOrNothing(_ isThere: Bool) throws {
    try Ground.with { ground in
      if isThere { mkdir(ground.at("out"), 0o755) }
      let stage = try StagedDirectory(ground.at("out/"))
      try write(stage, "sub/deep/a.csv", "1")
      try write(stage, "b.csv", "2")
      #expect(access(ground.at("out/b.csv"), F_OK) != 0)
      try stage.publish()
      #expect(access(ground.at("out/b.csv"), F_OK) == 0)
      #expect(try SourceTree([ground.at("out")]).files.map(\.path.text) == ["b.csv", "sub/deep/a.csv"])
      let second = #expect(throws: Refusal.self) { try StagedDirectory(ground.at("out")) }
      #expect(second?.code == .exists)
    }
  }

  @Test func parentsAreMade() throws {
    try Ground.with { ground in
      let stage = try StagedDirectory(ground.at("not/there/yet"))
      try write(stage, "a.csv", "1")
      try stage.publish()
      #expect(access(ground.at("not/there/yet/a.csv"), F_OK) == 0)
      try ground.file("file", "x")
      #expect(throws: Refusal.self) { try StagedDirectory(ground.at("file/below")) }
      let unnamed = #expect(throws: Refusal.self) { try StagedDirectory("") }
      #expect(unnamed?.code == .usage)
    }
  }

  @Test func discarded() throws {
    try Ground.with { ground in
      let stage = try StagedDirectory(ground.at("out"))
      try write(stage, "sub/a.csv", "1")
      stage.discard()
      #expect(access(ground.at("out"), F_OK) != 0)
      #expect(throws: Refusal.self) { try SourceTree([ground.path]) }
    }
  }

  @Test func contradictions() throws {
    try Ground.with { ground in
      try ground.file("file", "x")
      #expect(throws: Refusal.self) { try StagedDirectory.check(ground.at("file")) }
      let stage = try StagedDirectory(ground.at("out"))
      try write(stage, "a", "1")
      #expect(throws: Refusal.self) { try write(stage, "a", "2") }
      #expect(throws: Refusal.self) { try write(stage, "a/b", "3") }
      for path in ["../x", "/x", "a//b", "./a", "a/..", ""] {
        #expect(throws: ContentFailure.self) { try ContentPath(path) }
      }
      stage.discard()
    }
  }
}
