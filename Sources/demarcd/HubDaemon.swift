import API
import Core
import Cryptography
import EventLoop
import HTTP
import Hub
import Logging

extension HubCommand {
  /// What the hub is told, by options and file.
  @MainActor func settings() throws(Refusal) -> HubDaemon.Settings {
    let file = try ConfigurationFile.read(V1HubConfiguration.self, options.config)
    let place = try DaemonPlace(
      options, data: file.data, listen: file.listen, advertise: file.advertise, socket: file.socket)
    let name = name ?? file.name
    var trustDomain: TrustDomain?
    if !name.isEmpty {
      guard let given = TrustDomain(name), name.utf8.count <= 64 else {
        throw Refusal(
          .usage, "“\(name)” is no name for a grid", concern: name,
          hint: "lowercase letters, digits, dots, hyphens and underscores, 64 at most")
      }
      trustDomain = given
    }
    try HubDaemon.check(file)
    return HubDaemon.Settings(place: place, trustDomain: trustDomain, file: file)
  }
}

/// `demarcd hub`, running.
enum HubDaemon {
  struct Settings {
    let place: DaemonPlace
    let trustDomain: TrustDomain?
    let file: V1HubConfiguration
  }

  static func run(_ settings: Settings) async throws(Refusal) {
    let logger = Logger(label: "hub")
    let place = settings.place
    try place.refuse("segments", of: "node")
    let doors = try await Doors(place)
    let service = try await HubService.open(
      HubSettings(
        directory: place.directory, trustDomain: settings.trustDomain,
        advertise: place.advertise ?? doors.listen, listen: doors.listen,
        lease: microseconds(settings.file.leaseSeconds), refresh: microseconds(settings.file.refreshSeconds),
        certificate: microseconds(settings.file.certificateSeconds), version: Release.version),
      logger: logger, clock: { Timestamp(microseconds: EventLoop.wallTime()) })
    let dispatcher = Dispatcher(daemon: .hub) { await service.audit($0, $1, $2, $3) }
    service.register(on: dispatcher)
    let trustDomain = service.authority.trustDomain.text
    try doors.openSocket(dispatcher, trustDomain: { trustDomain }, now: { service.now.seconds })
    try doors.openTLS(
      chain: service.authority.serverCertificate.pem + service.authority.certificate.pem,
      key: service.authority.serverKey.pem, anchor: service.authority.certificate.pem)
    service.start()
    logger.notice("ready", metadata: ["grid": "\(trustDomain)", "listen": "\(doors.listen)"])
    await doors.untilToldToStop(logger) {
      service.close()
    } ended: {
    }
  }

  /// Durations that contradict each other, or what nodes are promised, are refused rather than bent.
  fileprivate static func check(_ file: V1HubConfiguration) throws(Refusal) {
    func refuse(_ field: String, _ value: UInt64, _ hint: String) -> Refusal {
      Refusal(.invalid, "\(field) is \(value)", concern: field, hint: hint)
    }
    guard file.leaseSeconds <= HubSettings.longestLeaseSeconds else {
      throw refuse("lease_seconds", file.leaseSeconds, "at most \(HubSettings.longestLeaseSeconds), which is 30 days")
    }
    let lease = file.leaseSeconds > 0 ? file.leaseSeconds : HubSettings.defaultLeaseSeconds
    guard file.refreshSeconds < lease else {
      throw refuse("refresh_seconds", file.refreshSeconds, "less than the \(lease) seconds of a lease")
    }
    guard file.certificateSeconds == 0 || HubSettings.certificateSeconds.contains(file.certificateSeconds) else {
      throw refuse(
        "certificate_seconds", file.certificateSeconds,
        "from \(HubSettings.certificateSeconds.lowerBound) to \(HubSettings.certificateSeconds.upperBound)")
    }
  }

  private static func microseconds(_ seconds: UInt64) -> Int64 {
    Timestamp(seconds: Int64(clamping: seconds)).microseconds
  }
}
