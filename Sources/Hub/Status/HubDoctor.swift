import API
import Core
import Cryptography
import SQLite
import Storage

extension Transaction {
  /// What was looked at, and what to do about it. `wall` is what the machine's calendar says, `connected` are the
  /// organizations whose nodes listen for events now.
  func doctor(wall: Timestamp, connected: Set<OrganizationName>) throws -> V1DoctorResponse {
    var response = V1DoctorResponse()
    response.findings = [
      disk(), clock(wall),
      try database.integrityProblems().first.map { problem in
        V1Finding.problem("catalog", problem, "restore the hub's directory from a backup")
      } ?? .fine("catalog", "the database is sound"),
      try log(),
      certificate("authority", authority.certificate, "plan a new authority, and for every node to join it"),
      certificate(
        "certificate", authority.serverCertificate,
        "stop the hub, move keys/server.pem away, and start it: it makes a new one"),
    ]
    response.findings += try nodes(connected)
    return response
  }

  private func disk() -> V1Finding {
    let space = DiskSpace(of: settings.directory)
    return .disk(settings.directory, free: space.free, isWritable: space.isWritable)
  }

  private func clock(_ wall: Timestamp) -> V1Finding {
    let lead = now.since(wall) / 1_000_000
    return lead > 60
      ? .warning(
        "clock", "the machine's clock is \(lead) s behind what the hub has said already",
        "set the clock if it is wrong; the hub's time goes on from what it has said, and never back")
      : .fine("clock", "it is \(now.toTheSecond)")
  }

  private func log() throws -> V1Finding {
    let verified = try verifyAudit()
    return verified.consistent
      ? .fine("log", "\(verified.size) entries match \(verified.checkpoints) checkpoints")
      : .problem("log", verified.problem, "restore the hub's directory from a backup")
  }

  private func certificate(_ subject: String, _ certificate: CertificateFacts, _ remedy: String) -> V1Finding {
    let end = Timestamp(seconds: certificate.notAfter)
    if end <= now { return .problem(subject, "it ended at \(end.toTheSecond)", remedy) }
    return end.since(now) < Limits.certificateNotice
      ? .warning(subject, "it ends at \(end.toTheSecond)", remedy)
      : .fine(subject, "it is good until \(end.toTheSecond)")
  }
}
