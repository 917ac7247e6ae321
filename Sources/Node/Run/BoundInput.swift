import API
import Core

/// An input of a run as it was found: one file of one version.
nonisolated struct BoundInput: Sendable {
  /// The script's name for it.
  let name: String
  /// `demarc://ORGANIZATION/CHANNEL` for what was pulled, `demarc://ORGANIZATION/DATASET` for this node's own.
  let origin: String
  /// The version that the file is of.
  let version: CID
  let file: ProvenanceRecord.File
  let size: UInt64
  /// The organization and channel of a partner's data; nil for this node's own.
  var partner: String?
}

extension NodeService {
  /// Finds what `--in NAME=REF` names. A script with one input needs no name.
  func bind(_ inputs: [V1RunInput], to declared: [String]) async throws(Refusal) -> [BoundInput] {
    let names = try Self.names(inputs.map(\.name), declared: declared, option: "--in")
    var bound: [BoundInput] = []
    for (input, name) in zip(inputs, names) { bound.append(try await bind(input.ref, as: name)) }
    return bound
  }

  /// Which declared name each option means: its own, or the only one there is.
  nonisolated static func names(
    _ given: [String], declared: [String], option: String
  ) throws(Refusal) -> [String] {
    var names: [String] = []
    for name in given {
      let meant = name.isEmpty && declared.count == 1 ? declared[0] : name
      guard declared.contains(meant) else {
        throw Refusal(
          .invalid,
          name.isEmpty
            ? "the script declares \(declared.count), so \(option) needs a name"
            : "the script declares no “\(name)” for \(option)", concern: name,
          hint: "it declares: " + declared.joined(separator: ", "))
      }
      guard !names.contains(meant) else {
        throw Refusal(.invalid, "\(option) names “\(meant)” twice", concern: meant)
      }
      names.append(meant)
    }
    if let missing = declared.first(where: { !names.contains($0) }) {
      throw Refusal(.invalid, "\(option) is missing for “\(missing)”", concern: missing)
    }
    return names
  }

  private func bind(_ ref: String, as name: String) async throws(Refusal) -> BoundInput {
    let resolution = try await resolve(ref)
    let manifest = try await manifest(resolution.content)
    let file: Manifest.File
    if let path = resolution.path {
      file = try await self.file(at: path, in: resolution.content)
    } else {
      let data = manifest.data
      guard let only = data.first, data.count == 1 else {
        throw Refusal(
          data.isEmpty ? .invalid : .ambiguous, "“\(ref)” has \(data.count) data files", concern: ref,
          hint: data.isEmpty
            ? "" : "name one: " + data.prefix(5).map { "\(ref)#\($0.path.text)" }.joined(separator: ", "))
      }
      file = only
    }
    guard let digest = try await sha256(of: file) else {
      throw Refusal(.corrupt, "the digest of “\(file.path.text)” is not known here", concern: ref)
    }
    let dataset = resolution.version.dataset
    let isPartners = dataset.contains("/")
    let origin = isPartners ? "demarc://\(dataset)" : "demarc://\(try member().organization)/\(dataset)"
    return BoundInput(
      name: name, origin: origin, version: resolution.content,
      file: ProvenanceRecord.File(path: file.path.text, cid: file.cid, sha256: digest), size: file.size,
      partner: isPartners ? dataset : nil)
  }
}
