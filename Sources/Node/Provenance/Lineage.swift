import API
import Core
import SQLite

extension NodeService {
  /// `Provenance/Trace`: the chain of records back to the sources.
  ///
  /// Walks records, not data: an output may equal its input, and a chain may come back to where it was. A record that was
  /// shown before is marked and not walked again, so the walk ends.
  func trace(_ request: V1TraceRequest) async throws(Refusal) -> V1TraceResponse {
    let start: CID
    if let cid = CID(request.ref), try await ledger.read({ try Records.holds(cid, in: $0) }) {
      start = try await keptRecord(cid).record.outputs[0].version
    } else {
      let resolution = try await resolve(request.ref)
      start =
        if let path = resolution.path { try await file(at: path, in: resolution.content).cid } else {
          resolution.content
        }
    }
    var walk = LineageWalk()
    var response = V1TraceResponse()
    response.root = try await step(start, file: nil, origin: "", depth: 0, &walk)
    return response
  }

  /// What a walk has seen.
  private struct LineageWalk {
    var records: Set<CID> = []
    var steps = 0
  }

  private func step(
    _ content: CID, file: CID?, origin: String, depth: Int, _ walk: inout LineageWalk
  ) async throws(Refusal) -> V1TraceStep {
    walk.steps += 1
    guard walk.steps <= NodeLimits.lineageSteps, depth <= NodeLimits.lineageDepth else {
      throw Refusal(.limit, "the lineage is longer than \(NodeLimits.lineageSteps) steps", concern: content.description)
    }
    var step = V1TraceStep()
    step.cid = content.description
    step.origin = origin
    let (names, makers) = try await ledger.read { database in
      let makers = try Records.making(content, in: database)
      return (
        try Records.names(of: content, in: database),
        try makers.isEmpty && file != nil ? Records.making(file ?? content, in: database) : makers
      )
    }
    step.names = names
    let fresh = makers.filter { !walk.records.contains($0) }
    step.kind = makers.isEmpty ? "source" : fresh.isEmpty ? "repeated" : "derived"
    walk.records.formUnion(fresh)
    for maker in fresh {
      let kept = try await keptRecord(maker)
      var traced = V1TraceRecord()
      traced.record = try await wire(kept)
      for input in kept.record.inputs {
        traced.inputs.append(
          try await self.step(input.version, file: input.file.cid, origin: input.origin, depth: depth + 1, &walk))
      }
      step.records.append(traced)
    }
    return step
  }
}
