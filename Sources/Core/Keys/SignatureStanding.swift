/// Whether what a key signed still counts, years later. The key statement lasts until the hub revokes it; from then on only
/// what was anchored before counts, so that a stolen key cannot backdate.
package enum SignatureStanding: Hashable, Sendable {
  /// It counts.
  case counts
  /// The key was revoked, and nothing shows that the signature is older.
  case notAnchored

  /// `revoked` is the hub's time of revocation if there was one; `anchored` the time of the earliest cosignature by the
  /// hub on a checkpoint of the signer's log that holds the record, if one is at hand.
  package init(revoked: Timestamp?, anchored: Timestamp?) {
    guard let revoked else {
      self = .counts
      return
    }
    self = anchored.map { $0 < revoked } == true ? .counts : .notAnchored
  }
}
