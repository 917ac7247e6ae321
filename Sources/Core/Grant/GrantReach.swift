/// Which versions of a channel a grant reaches: those that were its head at some time while the grant was active, the head
/// at acceptance included; earlier ones never.
///
/// Order is by positions in the owner's log, not by time: clocks are set, logs only grow.
package struct GrantReach: Hashable, Sendable {
  /// A version became the head at a position of the log.
  package struct Head: Hashable, Sendable {
    package let content: CID
    package let position: Int64

    package init(content: CID, position: Int64) {
      self.content = content
      self.position = position
    }
  }

  /// The channel's heads, positions ascending; each was the head until the next.
  package let heads: [Head]
  /// Where the grant became active.
  package let active: Int64
  /// Where it ended; nil while it is active.
  package let ended: Int64?

  package init(heads: [Head], active: Int64, ended: Int64? = nil) {
    self.heads = heads
    self.active = active
    self.ended = ended
  }

  /// The versions that the grant reaches, oldest first; one that was the head twice stands twice.
  package var versions: [CID] {
    var reached: [CID] = []
    for (index, head) in heads.enumerated() {
      let until = index + 1 < heads.count ? heads[index + 1].position : Int64.max
      // Half-open on both sides: the head that was replaced at the very entry that activated the grant is not reached.
      if until > active, head.position < ended ?? Int64.max { reached.append(head.content) }
    }
    return reached
  }

  /// Whether the grant reaches the version of this content.
  package func reaches(_ content: CID) -> Bool { versions.contains(content) }
}
