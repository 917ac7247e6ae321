import API
import Core
import Cryptography
import SQLite
package import Storage

/// A hub's directory, opened:
///
///   DIR/lock          held while the hub runs
///   DIR/keys/         authority.key, authority.pem, server.key, server.pem, signing.key; 0600 each
///   DIR/hub.db        everything else (SQLite)
///   DIR/reserve       room that is kept on the disk
struct Opened: Sendable {
  let directory: DataDirectory
  let writer: Database
  let reader: Database
  let reserve: Reserve
  let authority: Authority
  /// The hub's time when it was opened.
  let time: Timestamp

  /// Opens the directory, on a full disk with the help of the reserve.
  static func open(_ settings: HubSettings, at reading: HubTime.Reading) throws -> Opened {
    let reserve = Reserve(directory: settings.directory)
    return try reserve.use { try Opened(settings, reserve, at: reading) }
  }

  private init(_ settings: HubSettings, _ reserve: Reserve, at reading: HubTime.Reading) throws {
    self.reserve = reserve
    do {
      directory = try DataDirectory(settings.directory)
      let keys = try directory.subdirectory("keys")
      let path = settings.directory + "/hub.db"
      writer = try Database(path: path)
      try writer.migrate(to: HubSchema.schema)
      reader = try Database(path: path, mode: .readOnly)
      let known = try Self.trustDomain(in: writer)
      if let known, let chosen = settings.trustDomain, known != chosen {
        throw Refusal(
          .invalid, "this hub's trust domain is \(known), and it cannot become \(chosen)", concern: chosen.text,
          hint: "leave out --name, or start another hub in another directory")
      }
      time = try HubTime.latest(reading.wall, in: writer)
      authority = try Authority.open(
        directory: keys, trustDomain: known ?? settings.trustDomain, host: settings.advertise.certificateHost,
        now: time)
      if known == nil {
        try writer.run(
          "INSERT INTO setting (name, value) VALUES ('trust-domain', ?)", authority.trustDomain.text)
      }
      // Without that room it is opened for reading; each write tries again.
      try? reserve.fill()
    } catch let failure as StoreError {
      throw Refusal(file: failure)
    } catch let failure as CryptographyError {
      throw Refusal(
        .corrupt, "the hub's keys in \(settings.directory)/keys cannot be used: \(failure.reason)",
        hint: "restore them from a backup")
    }
  }

  private static func trustDomain(in database: Database) throws -> TrustDomain? {
    let text = try database.first("SELECT value FROM setting WHERE name = 'trust-domain'") { try $0.text(0) }
    return text.flatMap { TrustDomain($0) }
  }
}

extension Refusal {
  /// What a failure with a daemon's files means to whoever started it.
  package init(file failure: StoreError) {
    switch failure {
    case .locked(let text): self.init(.exists, text, hint: "stop it, or name another directory with --data")
    case .exposed(let path):
      self.init(
        .storage, "\(path) can be read by others than its owner", concern: path, hint: "chmod 600 \(path)")
    case .corrupt(let what): self.init(.corrupt, what, hint: "restore it from a backup")
    case .full: self.init(.storage, "the disk of the data directory is full")
    case .readOnly:
      self.init(.storage, "the data directory cannot be read or written", hint: "see to its owner, rights and mount")
    case .system(let what):
      self.init(.storage, what, hint: "see to the directory's owner, rights and free space")
    default: self.init(.internal, "the data directory could not be used: \(failure)")
    }
  }
}
