import API
import Core
import Cryptography
import EventLoop
import SQLite
import Storage

extension NodeService {
  /// Looks at everything that a node depends on; each finding that is not fine says what to do about it.
  func doctor() async throws(Refusal) -> V1DoctorResponse {
    var response = V1DoctorResponse()
    response.findings = [await disk()]
    response.findings += clockFindings() + leaseFindings() + membershipFindings()
    response.findings.append(try await logFinding())
    response.findings += try await custodyFindings()
    response.findings += await runFindings()
    return response
  }

  private func disk() async -> V1Finding {
    let directory = settings.directory
    let space = await EventLoop.offload { DiskSpace(of: directory) }
    return .disk(directory, free: space.free, isWritable: space.isWritable)
  }

  private func clockFindings() -> [V1Finding] {
    guard identity != nil else { return [] }
    guard clock.hasHeard else {
      return [.warning("clock", "the hub's time has not been heard yet", "let this node reach the hub")]
    }
    let off = abs(Timestamp(microseconds: EventLoop.wallTime()).since(clock.now)) / 1_000_000
    return [
      off > 300
        ? .warning("clock", "this machine's clock is \(off) s off the hub's", "set it; Demarc itself goes by the hub's")
        : .fine("clock", "within \(off + 1) s of the hub's")
    ]
  }

  private func leaseFindings() -> [V1Finding] {
    guard identity != nil else { return [] }
    let remedy = isSuspended ? "ask the hub's operator: no lease is renewed meanwhile" : "let this node reach the hub"
    guard let lease else { return [.problem("lease", "there is none: nothing is shared", remedy)] }
    guard lease.validUntil >= clock.now else {
      return [.problem("lease", "it ran out at \(lease.validUntil.toTheSecond): nothing is shared", remedy)]
    }
    return [
      link.isConnected || isSuspended
        ? .fine("lease", "until \(lease.validUntil.toTheSecond)")
        : .warning("lease", "until \(lease.validUntil.toTheSecond), and the hub is not reached", remedy)
    ]
  }

  private func membershipFindings() -> [V1Finding] {
    guard let identity else {
      return [.warning("hub", "this node has not joined a grid", "`demarc join TOKEN`")]
    }
    var findings: [V1Finding] = []
    if isSuspended {
      // The hub keeps no connection with it, so the network says nothing.
      findings.append(.problem("hub", "the hub suspended \(identity.organization)", "ask the hub's operator"))
    } else {
      findings.append(
        link.isConnected
          ? .fine("hub", "connected to \(identity.hub.url)")
          : .warning(
            "hub", "\(identity.hub.url) is not reached",
            "check the network to \(identity.hub.host) port \(identity.hub.port); own data and runs go on"))
    }
    let left = identity.certificate.notAfter - clock.now.seconds
    let ends = Timestamp(seconds: identity.certificate.notAfter)
    let remedy = "let this node reach the hub: it renews by itself"
    if left <= 0 {
      findings.append(.problem("certificate", "it expired at \(ends.toTheSecond)", remedy))
    } else if left < 10 * 86_400 {
      findings.append(.warning("certificate", "until \(ends.toTheSecond), and not renewed", remedy))
    } else {
      findings.append(.fine("certificate", "until \(ends.toTheSecond)"))
    }
    return findings
  }

  private var isSuspended: Bool { identity.map { lease?.suspended.contains($0.organization) == true } ?? false }

  private func logFinding() async throws(Refusal) -> V1Finding {
    let size = try await ledger.read { try MerkleLog($0).size }
    guard let identity, hubCheckpointSize > 0 else { return .fine("log", "\(size) entries, none countersigned yet") }
    return .fine("log", "\(size) entries, \(hubCheckpointSize) of them countersigned by \(identity.hub.url)")
  }
}
