import Core
import Cryptography
import SQLite

// DIR/quarantine, text, one line per place in a segment that holds a damaged piece:
//
//   SEGMENT OFFSET LENGTH DIGEST        numbers decimal, the digest in hex
//
// It is not a view: when the catalog is made again, the segments' tables alone would put these pieces back into use.
// Replaced as a whole, before the catalog learns of further damage.

/// The places that are out of use.
nonisolated struct Quarantine {
  private(set) var places: [(digest: SHA256Digest, at: Location)]

  /// What is on the disk; a line that cannot be read is left out.
  init(directory: String) throws(StoreError) {
    places = []
    guard let file = try DurableFile.readIfPresent(Self.path(directory)) else { return }
    let text = String(decoding: try file.read(Int(clamping: try file.size()), at: 0), as: UTF8.self)
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count == 4, let segment = Int64(fields[0]), let offset = Int64(fields[1]),
        let length = Int(fields[2]),
        let digest = SHA256Digest(hex: String(fields[3]))
      else { continue }
      places.append((digest, Location(segment: segment, offset: offset, length: length)))
    }
  }

  /// Adds places, durably.
  mutating func add(_ further: [(digest: SHA256Digest, at: Location)], directory: String) throws(StoreError) {
    let known = Set(places.map(\.at))
    let fresh = further.filter { !known.contains($0.at) }
    guard !fresh.isEmpty else { return }
    places += fresh
    let lines = places.map { "\($0.at.segment) \($0.at.offset) \($0.at.length) \($0.digest.hex)\n" }
    try Directory.replace(Self.path(directory), with: Array(lines.joined().utf8))
  }

  private static func path(_ directory: String) -> String { directory + "/quarantine" }
}

nonisolated extension Writer {
  /// Takes damaged pieces out of use, unless a later copy is already in their place.
  func quarantine(_ findings: [Scrub.Finding]) throws -> [Damage] {
    var damage: [Damage] = []
    var places: [(digest: SHA256Digest, at: Location)] = []
    for finding in findings {
      guard let kind = try kind(of: finding, &places) else { continue }
      damage.append(Damage(kind: kind, segment: finding.segment, offset: finding.offset))
    }
    guard !places.isEmpty else { return damage }
    var kept = try Quarantine(directory: directory)
    try kept.add(places, directory: directory)
    try catalog.database.transaction {
      for (digest, place) in places { try catalog.quarantine(digest, place) }
    }
    return damage
  }

  /// What is damaged; nil for a piece that a later copy has replaced.
  private func kind(
    of finding: Scrub.Finding, _ places: inout [(digest: SHA256Digest, at: Location)]
  ) throws -> Damage.Kind? {
    guard let placed = finding.placed else { return .segment }
    switch placed.record.kind {
    case .entry: return .entry(placed.record.number)
    case .fact: return .fact
    case .chunk, .node, .blob:
      let place = Location(segment: Int64(finding.segment), offset: placed.offset, length: placed.record.length)
      guard try catalog.location(placed.record.digest) == place else { return nil }
      places.append((placed.record.digest, place))
      return .piece(CID(codec: placed.record.kind == .node ? .dagPB : .raw, digest: placed.record.digest))
    }
  }
}
