import API
import ArgumentParser
import Core
import SwiftProtobuf

struct StatusCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show the state of the daemon: membership, leases, peers.")
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.status, V1GetStatusRequest())
    let always = ["role", "name", "organization", "listen", "version"].map { JSON.Member($0, "") }
    try session.result(answer, always: always + [JSON.Member("ready", false)]) {
      session.print("\(answer.role) \(answer.name), release \(answer.version), \(answer.ready ? "ready" : "not ready")")
      if answer.role == "node" {
        session.print(
          answer.organization.isEmpty
            ? "organization: none yet; `demarc join TOKEN` makes it a member" : "organization: \(answer.organization)")
      }
      session.print("listens on: \(answer.listen)")
      if !answer.advertise.isEmpty { session.print("reached at: \(answer.advertise)") }
      if !answer.caFingerprint.isEmpty { session.print("hub's CA: sha256:\(answer.caFingerprint)") }
      if answer.hasHub { Self.tell(answer.hub, now: answer.now.seconds, session) }
      if answer.hasCertificateExpires { session.print("certificate until: \(Plain.time(answer.certificateExpires))") }
      if answer.hasNow { session.print("clock: \(Plain.time(answer.now))") }
      if !answer.logRoot.isEmpty { session.print("log: size \(answer.logSize), root \(answer.logRoot)") }
      if answer.role == "node" {
        session.print(
          "holds: \(Plain.count(answer.datasets, "dataset")), \(Plain.count(answer.channels, "channel")), "
            + Plain.bytes(Int64(clamping: answer.storedBytes)))
        if answer.quarantined > 0 {
          session.print("damaged: \(Plain.count(UInt32(clamping: answer.quarantined), "piece")); see `demarc doctor`")
        }
      }
      Self.tell(answer.leases, session)
      Self.tell(answer.peers, session)
    }
  }

  @MainActor private static func tell(_ hub: V1HubLink, now: Int64, _ session: Session) {
    let state = hub.connected ? "connected" : "not connected"
    session.print("hub: \(hub.url), \(state), last heard \(Plain.time(hub.lastHeard, isSet: hub.hasLastHeard))")
    let left = hub.leaseEnds.seconds - now
    session.print(
      "lease until: \(Plain.time(hub.leaseEnds, isSet: hub.hasLeaseEnds))"
        + (hub.hasLeaseEnds ? left > 0 ? ", \(Plain.duration(left)) left" : ", run out" : ""))
  }

  @MainActor private static func tell(_ leases: [V1LeaseStatus], _ session: Session) {
    guard !leases.isEmpty else { return }
    var table = Table("GRANT", "PARTNER", "CHANNEL", "UNTIL")
    for lease in leases {
      table.add(lease.grant, lease.partner, lease.channel, Plain.time(lease.ends, isSet: lease.hasEnds))
    }
    session.print("grants in force:")
    session.print(table, otherwise: "")
  }

  @MainActor private static func tell(_ peers: [V1PeerStatus], _ session: Session) {
    guard !peers.isEmpty else { return }
    var table = Table("PEER", "NODE", "ADDRESS", "STATE")
    for peer in peers { table.add(peer.organization, peer.node, peer.address, peer.suspended ? "suspended" : "active") }
    session.print("peers:")
    session.print(table, otherwise: "")
  }
}

struct Doctor: Command {
  static let configuration = CommandConfiguration(
    abstract: "Look for what is wrong: disk, clock, leases, hub, walls of the sandbox. Each finding has its remedy.")
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.doctor, V1DoctorRequest())
    try session.result(answer, always: [JSON.Member("findings", [])]) {
      for finding in answer.findings {
        session.print("\(finding.level): \(finding.subject): \(finding.message)")
        if !finding.remedy.isEmpty { session.print("  remedy: \(finding.remedy)") }
      }
    }
  }
}
