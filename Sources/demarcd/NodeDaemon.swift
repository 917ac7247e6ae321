import API
import Core
import Cryptography
import EventLoop
import Logging
import Node
import Peers

extension NodeCommand {
  /// What the node is told, by options and file.
  @MainActor func settings() throws(Refusal) -> NodeDaemon.Settings {
    let file = try ConfigurationFile.read(V1NodeConfiguration.self, options.config)
    let place = try DaemonPlace(
      options, data: file.data, listen: file.listen, advertise: file.advertise, socket: file.socket)
    let timeout = Duration.seconds(Int64(file.peerTimeoutSeconds))
    guard timeout <= NodeLimits.longestPeerTimeout else {
      throw Refusal(
        .invalid, "peer_timeout_seconds is \(file.peerTimeoutSeconds)", concern: "peer_timeout_seconds",
        hint: "at most \(NodeLimits.longestPeerTimeout.components.seconds)")
    }
    let rate = Int64(clamping: file.transferBytesPerSecond)
    guard rate == 0 || rate >= NodeLimits.slowestTransferRate else {
      throw Refusal(
        .invalid, "transfer_bytes_per_second is \(rate)", concern: "transfer_bytes_per_second",
        hint: "at least \(NodeLimits.slowestTransferRate), or 0 for no limit")
    }
    return NodeDaemon.Settings(place: place, file: file)
  }
}

/// `demarcd node`, running.
enum NodeDaemon {
  struct Settings {
    let place: DaemonPlace
    let file: V1NodeConfiguration
  }

  static func run(_ settings: Settings) async throws(Refusal) {
    let logger = Logger(label: "node")
    let place = settings.place
    try place.refuse("hub.db", of: "hub")
    let doors = try await Doors(place)
    var told = NodeSettings(
      directory: place.directory, advertise: place.advertise ?? doors.listen, listen: doors.listen,
      version: Release.version)
    told.ceilings = ceilings(settings.file.runs)
    if settings.file.peerTimeoutSeconds > 0 {
      told.peerTimeout = .seconds(Int64(settings.file.peerTimeoutSeconds))
    }
    if settings.file.transferBytesPerSecond > 0 {
      told.transferRate = Int64(clamping: settings.file.transferBytesPerSecond)
    }
    let service = try await NodeService.open(told, log: logger)
    let dispatcher = Dispatcher(daemon: .node, generation: { service.generation }) {
      await service.audit($0, $1, $2, $3)
    }
    service.register(on: dispatcher)
    try doors.openSocket(
      dispatcher, trustDomain: { service.identity?.name.trustDomain.text }, now: { service.clock.now.seconds })
    service.onIdentity = { identity in
      do throws(Refusal) {
        try doors.openTLS(
          chain: identity.tls.chainPEM, key: identity.tls.keyPEM, anchor: identity.authority.pem)
      } catch {
        logger.error("partners cannot connect: \(error.message)")
      }
    }
    service.start()
    logger.notice(
      "ready",
      metadata: ["listen": "\(doors.listen)", "organization": "\(service.identity?.organization.text ?? "none yet")"])
    await doors.untilToldToStop(logger) {
      service.quiesce()
    } ended: {
      await service.stop()
    }
  }

  /// What the file says; what it leaves out stays as it is.
  private static func ceilings(_ file: V1RunCeilings) -> RunCeiling {
    var ceilings = RunCeiling()
    if file.memoryBytes > 0 { ceilings.memoryBytes = file.memoryBytes }
    if file.cpuSeconds > 0 { ceilings.cpuSeconds = file.cpuSeconds }
    if file.outputBytes > 0 { ceilings.outputBytes = file.outputBytes }
    if file.workers > 0 { ceilings.workers = file.workers }
    return ceilings
  }
}
