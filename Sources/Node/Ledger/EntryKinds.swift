/// Every kind of entry. A kind that is not listed here cannot be replayed, so a new one starts here.
nonisolated package enum EntryKinds {
  /// In the order of the folders.
  package static let all: [any Entry.Type] = [
    JoinedEntry.self, CertificateRenewedEntry.self, LeaseEntry.self, SuspensionEntry.self, MemberEntry.self,
    DatasetCreatedEntry.self, VersionCommittedEntry.self, TagSetEntry.self,
    ChannelOpenedEntry.self, ChannelClosedEntry.self,
    PartnershipEntry.self, PartnershipChangedEntry.self, PartnershipDeliveredEntry.self,
    GrantEntry.self, RevokedEntry.self, RevocationDeliveredEntry.self,
    UserInvitedEntry.self, UserAskedEntry.self, MembershipEntry.self, MembershipDeliveredEntry.self, DeniedEntry.self,
    RecordKeptEntry.self, VerificationEntry.self,
    PulledEntry.self, RestoredEntry.self, KeysKeptEntry.self, ServedEntry.self, RefusedEntry.self,
  ]

  package static let byName: [String: any Entry.Type] = Dictionary(uniqueKeysWithValues: all.map { ($0.kind, $0) })
}
