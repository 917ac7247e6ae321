import Cryptography

extension ProvenanceRecord {
  /// Reads the record that an envelope holds; no signature is looked at. Fields that are not known are passed over, as
  /// in-toto asks of readers; what a verification needs must be there and in form, and names must differ.
  package init(_ envelope: Envelope) throws(StatementFailure) {
    guard envelope.payloadType == Self.payloadType else {
      throw .payloadType(found: envelope.payloadType, expected: Self.payloadType)
    }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: envelope.payload) } catch { throw .json(error) }
    var statement = try Fields(json)
    try Self.expect(&statement, "_type", Self.statementType)
    try Self.expect(&statement, "predicateType", Self.predicateType)
    let outputs = try Self.outputs(try statement.array("subject", atMost: Limits.recordResources))
    var predicate = try Fields(try statement.value("predicate"))
    var definition = try Fields(try predicate.value("buildDefinition"))
    try Self.expect(&definition, "buildType", Self.buildType)
    var external = try Fields(try definition.value("externalParameters"))
    let script = try external.cid("transformation")
    let parameters = try Self.parameters(&external)
    var inner = try Fields(try definition.value("internalParameters"))
    let dependencies = try Dependencies(
      try definition.array("resolvedDependencies", atMost: Limits.recordResources), script: script)
    var details = try Fields(try predicate.value("runDetails"))
    var builder = try Fields(try details.value("builder"))
    guard let identity = NodeIdentity(try builder.string("id")) else {
      throw .invalid("builder.id", reason: "not a node's identity")
    }
    var metadata = try Fields(try details.value("metadata"))
    self.init(
      outputs: outputs, script: script, modules: dependencies.modules, inputs: dependencies.inputs,
      parameters: parameters, structure: dependencies.structure, engine: try inner.string("engine"),
      pieceBytes: try inner.count("pieceBytes"), chunker: try inner.string("chunker"), identity: identity,
      run: try metadata.string("invocationId"), started: try metadata.time("startedOn"),
      finished: try metadata.time("finishedOn"))
  }

  private static func expect(
    _ fields: inout Fields, _ field: String, _ expected: String
  ) throws(StatementFailure) {
    let found = try fields.string(field)
    guard found == expected else { throw .invalid(field, reason: "“\(found)” instead of “\(expected)”") }
  }

  /// A subject or dependency: name, CID out of the URI, SHA-256, and what else it has.
  static func resource(
    _ json: JSON
  ) throws(StatementFailure) -> (name: String, cid: CID, sha256: SHA256Digest, rest: Fields) {
    var fields = try Fields(json)
    let name = try fields.string("name", atMost: 2 * ContentLimits.pathBytes)
    let uri = try fields.string("uri")
    guard uri.hasPrefix(uriPrefix), let cid = CID(String(uri.dropFirst(uriPrefix.count))) else {
      throw .invalid("uri", reason: "not \(uriPrefix)CID")
    }
    var digests = try Fields(try fields.value("digest"))
    return (name, cid, try digests.digest("sha256"), fields)
  }

  private static func outputs(_ subjects: [JSON]) throws(StatementFailure) -> [Output] {
    var outputs: [(name: String, version: CID, files: [File])] = []
    var names: Set<String> = []
    for subject in subjects {
      let (name, cid, sha256, _) = try resource(subject)
      guard names.insert(name).inserted else { throw .invalid("subject", reason: "“\(name)” twice") }
      guard let slash = name.firstIndex(of: "/") else {
        guard cid.digest == sha256 else { throw .invalid("subject", reason: "a root whose digest is not its CID's") }
        outputs.append((name, cid, []))
        continue
      }
      // The writer puts files behind their root; one that precedes it, or has none, belongs to no version.
      guard let last = outputs.indices.last, outputs[last].name == name[..<slash] else {
        throw .invalid("subject", reason: "“\(name)” does not follow the root of its output")
      }
      let path = String(name[name.index(after: slash)...])
      guard (try? ContentPath(path)) != nil else { throw .invalid("subject", reason: "not a path: “\(path)”") }
      outputs[last].files.append(File(path: path, cid: cid, sha256: sha256))
    }
    guard !outputs.isEmpty else { throw .invalid("subject", reason: "none") }
    return outputs.map { Output(name: $0.name, version: $0.version, files: $0.files) }
  }

  private static func parameters(_ external: inout Fields) throws(StatementFailure) -> [NamedParameter] {
    var all: [NamedParameter] = []
    guard let plain = try external.value("parameters").members else {
      throw .invalid("parameters", reason: "not an object")
    }
    all += plain.map { NamedParameter($0.key, .plain($0.value)) }
    guard let secret = external.optional("secretParameters") else { return all }
    guard let members = secret.members else { throw .invalid("secretParameters", reason: "not an object") }
    for member in members {
      guard let text = member.value.string, text.hasPrefix(secretPrefix),
        let digest = SHA256Digest(hex: text.dropFirst(secretPrefix.count)),
        !plain.contains(where: { $0.key == member.key })
      else { throw .invalid("secretParameters", reason: "“\(member.key)” is out of form, or stands twice") }
      all.append(NamedParameter(member.key, .secret(digest)))
    }
    return all
  }
}

/// What `resolvedDependencies` lists, by role.
private struct Dependencies {
  var inputs: [ProvenanceRecord.Input] = []
  var modules: [ProvenanceRecord.Blob] = []
  let structure: CID

  init(_ list: [JSON], script: CID) throws(StatementFailure) {
    var names: Set<String> = []
    var foundScript: CID?
    var foundStructure: CID?
    for element in list {
      var (name, cid, sha256, rest) = try ProvenanceRecord.resource(element)
      guard names.insert(name).inserted else { throw .invalid("resolvedDependencies", reason: "“\(name)” twice") }
      if name.hasPrefix("input/") {
        var annotations = try Fields(try rest.value("annotations"))
        let path = try annotations.string("path", atMost: ContentLimits.pathBytes)
        guard (try? ContentPath(path)) != nil else { throw .invalid("path", reason: "not a path: “\(path)”") }
        inputs.append(
          ProvenanceRecord.Input(
            name: String(name.dropFirst("input/".count)), origin: try annotations.string("origin"),
            version: try annotations.cid("version"),
            file: ProvenanceRecord.File(path: path, cid: cid, sha256: sha256)))
        continue
      }
      guard cid.digest == sha256 else {
        throw .invalid("resolvedDependencies", reason: "“\(name)” has another digest than its CID")
      }
      if name.hasPrefix("module/") {
        modules.append(ProvenanceRecord.Blob(name: String(name.dropFirst("module/".count)), cid: cid))
      } else if name == "script" {
        foundScript = cid
      } else if name == "structure" {
        foundStructure = cid
      }
    }
    guard foundScript == script else {
      throw .invalid("resolvedDependencies", reason: "the script is not the transformation")
    }
    guard let foundStructure else { throw .missing("structure") }
    structure = foundStructure
  }
}
