import API
import Core
import Cryptography
import Glibc
import SQLite

extension Transaction {
  /// What was looked at, and what to do about it. `wall` is what the machine's calendar says.
  func doctor(wall: Timestamp) throws -> V1DoctorResponse {
    var response = V1DoctorResponse()
    response.findings = [
      disk(), clock(wall),
      try database.integrityProblems().first.map { problem in
        V1Finding.problem("catalog", problem, "restore the hub's directory from a backup")
      } ?? .fine("catalog", "the database is sound"),
      try log(), certificate(),
    ]
    response.findings += try nodes()
    return response
  }

  private func disk() -> V1Finding {
    var about = statvfs()
    guard statvfs(settings.directory, &about) == 0 else {
      return .problem("disk", String(cString: strerror(errno)), "look at \(settings.directory)")
    }
    let free = UInt64(about.f_bavail) * UInt64(about.f_frsize) / (1 << 20)
    return free < 256
      ? .warning("disk", "\(free) MiB are free", "make room on the disk of \(settings.directory)")
      : .fine("disk", "\(free) MiB are free")
  }

  private func clock(_ wall: Timestamp) -> V1Finding {
    let lead = now.since(wall) / 1_000_000
    return lead > 60
      ? .warning(
        "clock", "the machine's clock is \(lead) s behind what the hub has said already",
        "set the clock; until then the hub's time stands still")
      : .fine("clock", "it is \(now)")
  }

  private func log() throws -> V1Finding {
    let verified = try verifyAudit()
    return verified.consistent
      ? .fine("log", "\(verified.size) entries match \(verified.checkpoints) checkpoints")
      : .problem("log", verified.problem, "restore the hub's directory from a backup")
  }

  private func certificate() -> V1Finding {
    let end = Timestamp(seconds: authority.certificate.notAfter)
    return end.since(now) < 365 * 86_400_000_000
      ? .warning("certificate", "the authority ends at \(end)", "plan a new authority")
      : .fine("certificate", "the authority is good until \(end)")
  }

  /// Nodes whose lease ran out: they serve nobody.
  private func nodes() throws -> [V1Finding] {
    let late = try database.rows(
      """
      SELECT organization, valid_until FROM lease JOIN node ON node.id = lease.node
      WHERE retired IS NULL AND valid_until <= ? ORDER BY organization
      """, now.microseconds
    ) { (try $0.text(0), Timestamp(microseconds: try $0.int64(1))) }
    return late.map { organization, end in
      .warning("lease", "that of \(organization) ended at \(end)", "see whether its node runs and reaches the hub")
    }
  }
}
