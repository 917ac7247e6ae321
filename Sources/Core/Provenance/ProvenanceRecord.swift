package import Cryptography

/// The bill of materials of one run: which transformation, with which parameters, made which bytes out of which, on which
/// engine, where and when. Signed by the node that ran it.
///
/// Written as an in-toto Statement v1 with a SLSA provenance v1 predicate (see `ProvenanceWriting`), in an envelope of
/// type `application/vnd.in-toto+json`, so that other people's tools can read and verify it.
package struct ProvenanceRecord: Hashable, Sendable {
  /// A blob that took part: its name, and the digest of its bytes, which is also what its raw CID holds.
  package struct Blob: Hashable, Sendable {
    package let name: String
    package let cid: CID

    package init(name: String, cid: CID) {
      self.name = name
      self.cid = cid
    }
  }

  /// A file that went in or came out: path within its version, CID, and SHA-256 of its bytes.
  package struct File: Hashable, Sendable {
    package let path: String
    package let cid: CID
    package let sha256: SHA256Digest

    package init(path: String, cid: CID, sha256: SHA256Digest) {
      self.path = path
      self.cid = cid
      self.sha256 = sha256
    }
  }

  /// One declared input as it was resolved.
  package struct Input: Hashable, Sendable {
    /// The name in the transformation's declaration.
    package let name: String
    /// Where it came from: `demarc://ORGANIZATION/CHANNEL` for what was pulled, `demarc://ORGANIZATION/DATASET` for the
    /// runner's own.
    package let origin: String
    /// The version that the file is of.
    package let version: CID
    package let file: File

    package init(name: String, origin: String, version: CID, file: File) {
      self.name = name
      self.origin = origin
      self.version = version
      self.file = file
    }
  }

  /// One declared output as it was stored.
  package struct Output: Hashable, Sendable {
    /// The name in the transformation's declaration.
    package let name: String
    /// The content of the version that it became.
    package let version: CID
    /// Its files; the descriptor is one.
    package let files: [File]

    package init(name: String, version: CID, files: [File]) {
      self.name = name
      self.version = version
      self.files = files
    }
  }

  /// A parameter's value in the record.
  package enum Parameter: Hashable, Sendable {
    /// As it was given: a text, number or truth value.
    case plain(JSON)
    /// A secret: HMAC-SHA256 of its JSON under a key that stays at the node, which can tell later whether it was the same.
    case secret(SHA256Digest)
  }

  /// Sorted by name, names differ.
  package let outputs: [Output]
  package let script: CID
  /// Modules by the names under which the script requires them; sorted.
  package let modules: [Blob]
  /// Sorted by name, names differ.
  package let inputs: [Input]
  /// Sorted by name.
  package let parameters: [NamedParameter]
  /// The blob that describes the surroundings: engine, limits, walls, package versions.
  package let structure: CID
  /// The engine: same engine, same inputs, same bytes.
  package let engine: String
  /// The size at which inputs were cut, in bytes.
  package let pieceBytes: Int64
  /// The chunker that stored the outputs: `cdc` or `fixed`.
  package let chunker: String
  /// Who ran it.
  package let identity: NodeIdentity
  /// The node's name of the run.
  package let run: String
  package let started: Timestamp
  package let finished: Timestamp

  /// A parameter with its name.
  package struct NamedParameter: Hashable, Sendable {
    package let name: String
    package let value: Parameter

    package init(_ name: String, _ value: Parameter) {
      self.name = name
      self.value = value
    }
  }

  package init(
    outputs: [Output], script: CID, modules: [Blob], inputs: [Input], parameters: [NamedParameter], structure: CID,
    engine: String, pieceBytes: Int64, chunker: String, identity: NodeIdentity, run: String, started: Timestamp,
    finished: Timestamp
  ) {
    self.outputs = outputs.sorted { $0.name < $1.name }
    self.script = script
    self.modules = modules.sorted { $0.name < $1.name }
    self.inputs = inputs.sorted { $0.name < $1.name }
    self.parameters = parameters.sorted { $0.name < $1.name }
    self.structure = structure
    self.engine = engine
    self.pieceBytes = pieceBytes
    self.chunker = chunker
    self.identity = identity
    self.run = run
    self.started = started
    self.finished = finished
  }

  /// The payload type that in-toto gives its statements.
  package static let payloadType = "application/vnd.in-toto+json"
  /// The type of an in-toto Statement, version 1.
  package static let statementType = "https://in-toto.io/Statement/v1"
  /// The type of a SLSA provenance predicate, version 1.
  package static let predicateType = "https://slsa.dev/provenance/v1"
  /// How to read the parameters: a transformation run by Demarc, version 1.
  package static let buildType = "demarc:run/v1"

  /// The record in an envelope, not signed yet.
  package var envelope: Envelope { Envelope(payloadType: Self.payloadType, payload: json.canonicalBytes) }
}
