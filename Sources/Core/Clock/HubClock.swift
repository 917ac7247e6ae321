/// The clock for leases, tokens and certificates: the hub's last signed time plus what CLOCK_BOOTTIME has counted since.
/// The wall clock of an edge host is set by anybody; this one is not.
///
/// Rules:
/// 1. Within the boot in which the hub was last heard: its time plus the boot clock's advance since.
/// 2. After a reboot, until the hub is heard: the later of the wall clock and the latest reading under rule 1, moved on by
///    what the boot clock counts from the first reading on. A host without a battery for its clock starts in the past each
///    time; its time must go on all the same, or a lease would never end.
/// 3. Before the hub was ever heard: the wall clock.
/// 4. Readings under rule 1 never go back, in whatever order signed times arrive. A wall clock that was ahead (rule 2)
///    fails closed for that time only and is forgotten when the hub is heard.
///
/// A value: keep `json` on disk after `heard`, and every few minutes, so that rule 2 has a recent floor.
package struct HubClock: Hashable, Sendable {
  /// The two clocks of the host at one moment.
  package struct Reading: Hashable, Sendable {
    /// Names the boot: `/proc/sys/kernel/random/boot_id`.
    package let boot: String
    /// CLOCK_BOOTTIME, microseconds; runs through suspension.
    package let sinceBoot: Int64
    package let wall: Timestamp

    package init(boot: String, sinceBoot: Int64, wall: Timestamp) {
      self.boot = boot
      self.sinceBoot = sinceBoot
      self.wall = wall
    }
  }

  /// The hub's time when the boot clock of `boot` stood at `sinceBoot`.
  private struct Anchor: Hashable, Sendable {
    let time: Timestamp
    let boot: String
    let sinceBoot: Int64
  }

  private var anchor: Anchor?
  /// The latest reading under rule 1.
  private var floor: Timestamp?

  /// A clock that has not heard of a hub.
  package init() {}

  /// Whether a signed time of the hub was ever heard.
  package var hasHeard: Bool { floor != nil }

  /// Takes in a time that the hub signed. An older one than the clock's own reading (a repeated message) changes nothing.
  package mutating func heard(_ time: Timestamp, _ reading: Reading) {
    let known = max(anchored(reading) ?? time, floor ?? time)
    floor = max(known, time)
    anchor = Anchor(time: max(known, time), boot: reading.boot, sinceBoot: reading.sinceBoot)
  }

  /// The time. Moves the floor along.
  package mutating func now(_ reading: Reading) -> Timestamp {
    guard let floor else { return reading.wall }
    guard let time = anchored(reading) else { return max(counted(from: floor, reading), reading.wall) }
    self.floor = max(floor, time)
    return max(floor, time)
  }

  /// Rule 2 without the wall clock: moves the floor by what the boot clock has counted since it was moved last, in this
  /// boot. What it had counted before the first reading is left out: another boot may be another machine's.
  private mutating func counted(from floor: Timestamp, _ reading: Reading) -> Timestamp {
    guard let anchor, anchor.boot != reading.boot else { return floor }
    let boot = Self.unheard + reading.boot
    let since = anchor.boot == boot ? anchor.sinceBoot : reading.sinceBoot
    let time = floor.advanced(by: max(0, reading.sinceBoot - since))
    self.floor = time
    self.anchor = Anchor(time: time, boot: boot, sinceBoot: max(since, reading.sinceBoot))
    return time
  }

  /// Before the name of a boot in which the hub was not heard yet.
  private static let unheard = "?"

  /// Rule 1; nil in another boot, or with a boot clock that went back, which a boot does not do.
  private func anchored(_ reading: Reading) -> Timestamp? {
    guard let anchor, anchor.boot == reading.boot, reading.sinceBoot >= anchor.sinceBoot else { return nil }
    return anchor.time.advanced(by: reading.sinceBoot - anchor.sinceBoot)
  }

  /// The form to keep: `{"floor":TIME,"anchor":{"time":TIME,"boot":TEXT,"sinceBoot":INTEGER}}`, either part missing.
  package var json: JSON {
    .fields([
      "floor": floor.map { .text($0) },
      "anchor": anchor.map {
        ["time": .text($0.time), "boot": .string($0.boot), "sinceBoot": .integer($0.sinceBoot)]
      },
    ])
  }

  /// Reads the kept form.
  package init(json: JSON) throws(StatementFailure) {
    var fields = try Fields(json)
    if let text = try fields.optionalString("floor") {
      guard let time = Timestamp(text) else { throw .invalid("floor", reason: "not a time") }
      floor = time
    }
    if let object = fields.optional("anchor") {
      var fields = try Fields(object)
      anchor = Anchor(
        time: try fields.time("time"), boot: try fields.string("boot"), sinceBoot: try fields.count("sinceBoot"))
      try fields.end()
    }
    try fields.end()
  }
}
