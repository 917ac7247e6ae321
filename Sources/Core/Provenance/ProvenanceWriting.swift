import Cryptography

// The shape of a record (in-toto Statement v1, SLSA provenance v1), keys in this order:
//
//   _type, subject[], predicateType, predicate {
//     buildDefinition { buildType,
//       externalParameters { transformation: CID, parameters: {…}, secretParameters: {name: "hmac-sha256:HEX"} },
//       internalParameters { engine, pieceBytes, chunker },
//       resolvedDependencies[] },
//     runDetails { builder { id: SPIFFE URI }, metadata { invocationId, startedOn, finishedOn } } }
//
// Subjects, by output: the output's root (name OUTPUT, sha256 of the root block, uri ipfs://CID), then each of its files
// (name OUTPUT/PATH, sha256 of its bytes, uri ipfs://CID).
// Dependencies: input/NAME (sha256 of the file's bytes, uri ipfs://FILE-CID, annotations origin, version, path), script,
// module/NAME, structure.

extension ProvenanceRecord {
  /// The in-toto statement.
  package var json: JSON {
    [
      "_type": .string(Self.statementType),
      "subject": .array(outputs.flatMap { Self.subjects($0) }),
      "predicateType": .string(Self.predicateType),
      "predicate": ["buildDefinition": buildDefinition, "runDetails": runDetails],
    ]
  }

  private static func subjects(_ output: Output) -> [JSON] {
    [resource(output.name, output.version, output.version.digest)]
      + output.files.map { resource("\(output.name)/\($0.path)", $0.cid, $0.sha256) }
  }

  private var buildDefinition: JSON {
    var plain: [JSON.Member] = []
    var secret: [JSON.Member] = []
    for parameter in parameters {
      switch parameter.value {
      case .plain(let value): plain.append(JSON.Member(parameter.name, value))
      case .secret(let digest): secret.append(JSON.Member(parameter.name, .string(Self.secretPrefix + digest.hex)))
      }
    }
    return [
      "buildType": .string(Self.buildType),
      "externalParameters": .fields([
        "transformation": .text(script),
        "parameters": .object(plain),
        "secretParameters": secret.isEmpty ? nil : .object(secret),
      ]),
      "internalParameters": [
        "engine": .string(engine), "pieceBytes": .integer(pieceBytes), "chunker": .string(chunker),
      ],
      "resolvedDependencies": .array(dependencies),
    ]
  }

  private var dependencies: [JSON] {
    inputs.map { input in
      Self.resource(
        "input/\(input.name)", input.file.cid, input.file.sha256,
        annotations: [
          "origin": .string(input.origin), "version": .text(input.version), "path": .string(input.file.path),
        ])
    }
      + [Self.resource("script", script, script.digest)]
      + modules.map { Self.resource("module/\($0.name)", $0.cid, $0.cid.digest) }
      + [Self.resource("structure", structure, structure.digest)]
  }

  private var runDetails: JSON {
    [
      "builder": ["id": .text(identity)],
      "metadata": ["invocationId": .string(run), "startedOn": .text(started), "finishedOn": .text(finished)],
    ]
  }

  private static func resource(
    _ name: String, _ cid: CID, _ sha256: SHA256Digest, annotations: JSON? = nil
  ) -> JSON {
    .fields([
      "name": .string(name),
      "uri": .string(uriPrefix + cid.description),
      "digest": ["sha256": .string(sha256.hex)],
      "annotations": annotations,
    ])
  }

  static let uriPrefix = "ipfs://"
  static let secretPrefix = "hmac-sha256:"
}
