import Glibc
import Testing

@testable import Storage

@Suite struct SecretFileTests {
  @Test func isTheOwnersAloneAndWrittenWhole() throws {
    let scratch = Scratch()
    let path = scratch.path + "/key"
    #expect(try SecretFile.read(path) == nil)
    try SecretFile.write([1, 2, 3], to: path)
    try SecretFile.write([4], to: path)
    #expect(try SecretFile.read(path) == [4])
    #expect(try Directory.names(scratch.path) == ["key"])
    chmod(path, 0o640)
    #expect(throws: StoreError.self) { try SecretFile.read(path) }
    chmod(path, 0o600)
    let link = scratch.path + "/link"
    symlink(path, link)
    #expect(throws: StoreError.self) { try SecretFile.read(link) }
    try SecretFile.remove(path)
    #expect(try SecretFile.read(path) == nil)
  }

  @Test func aDirectoryIsOneDaemons() throws {
    let scratch = Scratch()
    let first = try DataDirectory(scratch.path + "/a/b")
    do throws(StoreError) {
      _ = try DataDirectory(first.path)
      Issue.record("two have it")
    } catch {
      guard case .locked(let text) = error else { throw error }
      #expect(text.contains("process \(getpid())"))
    }
    #expect(try first.subdirectory("keys") == first.path + "/keys")
  }
}
