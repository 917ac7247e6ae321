package import Core

/// What a hub is told at its start.
package struct HubSettings: Sendable {
  /// The directory that holds everything of it.
  package let directory: String
  /// The trust domain; nil for that of an earlier start, or a new one of its own.
  package let trustDomain: TrustDomain?
  /// Under which address others reach it.
  package let advertise: Endpoint
  /// What it is bound to, for `status`.
  package let listen: Endpoint
  /// Microseconds for which a lease holds.
  package let lease: Int64
  /// Microseconds after which nodes are asked to refresh it.
  package let refresh: Int64
  /// Microseconds for which a node's certificate holds.
  package let certificate: Int64
  /// The version of the program.
  package let version: String

  /// What a configuration may say, in seconds.
  package static let longestLeaseSeconds = UInt64(Limits.longestLeaseMicroseconds / 1_000_000)
  package static let defaultLeaseSeconds = UInt64(Limits.defaultLeaseMicroseconds / 1_000_000)
  package static let certificateSeconds: ClosedRange<UInt64> = 5...UInt64(Limits.certificateMicroseconds / 1_000_000)

  /// Settings; 0 stands for the default of a duration, and what is beyond the longest becomes the longest.
  package init(
    directory: String, trustDomain: TrustDomain?, advertise: Endpoint, listen: Endpoint, lease: Int64 = 0,
    refresh: Int64 = 0, certificate: Int64 = 0, version: String
  ) {
    self.directory = directory
    self.trustDomain = trustDomain
    self.advertise = advertise
    self.listen = listen
    self.lease = min(lease > 0 ? lease : Limits.defaultLeaseMicroseconds, Limits.longestLeaseMicroseconds)
    self.refresh = refresh > 0 ? refresh : min(3_600_000_000, self.lease / 4)
    self.certificate =
      certificate > 0 ? min(certificate, Limits.certificateMicroseconds) : Limits.certificateMicroseconds
    self.version = version
  }
}
