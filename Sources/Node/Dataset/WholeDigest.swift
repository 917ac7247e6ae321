package import API
package import Core
package import Cryptography
import EventLoop
import Storage

extension NodeService {
  /// The SHA-256 of a file's bytes; reads and hashes the file if it is not known yet (about a second per GiB), and then
  /// remembers it. Nil if the file is not here.
  package func sha256(of file: Manifest.File) async throws(Refusal) -> SHA256Digest? {
    if let known = file.sha256 { return known }
    do throws(StoreError) {
      if let known = try await store.whole(file.cid) { return known.sha256 }
      var hash = SHA256()
      var offset: UInt64 = 0
      while offset < file.size {
        let bytes = try await store.contents(of: file.cid, from: offset, count: 4 << 20)
        guard !bytes.isEmpty else { return nil }
        offset += UInt64(bytes.count)
        hash = await EventLoop.offload { [hash] in
          var next = hash
          next.update(bytes)
          return next
        }
      }
      let digest = hash.finish()
      _ = try await store.write(
        Changes(facts: [WholeFile(cid: file.cid, size: file.size, sha256: digest)]))
      return digest
    } catch {
      if case .missing = error { return nil }
      throw Refusal(of: error)
    }
  }
}
