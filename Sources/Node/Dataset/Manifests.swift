package import API
package import Core
import Storage

/// Manifests of versions, the last few kept: a checkout or a pull asks for the same one once per file.
package final class Manifests {
  private let store: Store
  /// The one used last stands last.
  private var kept: [Manifest] = []

  init(store: Store) { self.store = store }

  /// The files of a version; not found if it is not here.
  package func of(_ root: CID) async throws(Refusal) -> Manifest {
    if let index = kept.firstIndex(where: { $0.root == root }) {
      let manifest = kept.remove(at: index)
      kept.append(manifest)
      return manifest
    }
    let manifest: Manifest
    do throws(StoreError) { manifest = try await store.manifest(root: root) } catch {
      throw Refusal(of: error)
    }
    keep(manifest)
    return manifest
  }

  private func keep(_ manifest: Manifest) {
    kept.removeAll { $0.root == manifest.root }
    kept.append(manifest)
    while kept.count > NodeLimits.cachedManifests
      || (kept.count > 1 && kept.reduce(0) { $0 + $1.files.count } > NodeLimits.cachedManifestFiles)
    {
      kept.removeFirst()
    }
  }
}
