/// Every operation there is.
///
/// Reading this file answers: what can be asked of whom, by whom, and what leaves a trace.
package enum Operations {
  // Any daemon
  package static let status = Operation<V1GetStatusRequest, V1GetStatusResponse>(
    "Status/Get", at: .both, by: .operator, audited: false)
  package static let doctor = Operation<V1DoctorRequest, V1DoctorResponse>(
    "Status/Doctor", at: .both, by: .operator, audited: false)
  package static let listGrants = Operation<V1ListGrantsRequest, V1ListGrantsResponse>(
    "Grants/List", at: .both, by: .operator, audited: false)
  package static let showGrant = Operation<V1ShowGrantRequest, V1Grant>(
    "Grants/Show", at: .both, by: .operator, audited: false)
  package static let revokeGrant = Operation<V1RevokeGrantRequest, V1Grant>(
    "Grants/Revoke", at: .both, by: .operator, audited: true)
  package static let listPartnerships = Operation<V1ListPartnershipsRequest, V1ListPartnershipsResponse>(
    "Partnerships/List", at: .both, by: .operator, audited: false)
  package static let listAudit = Operation<V1ListAuditRequest, V1ListAuditResponse>(
    "Audit/List", at: .both, by: .operator, audited: false)
  package static let verifyAudit = Operation<V1VerifyAuditRequest, V1VerifyAuditResponse>(
    "Audit/Verify", at: .both, by: .operator, audited: false)
  package static let proveAudit = Operation<V1ProveAuditRequest, V1ProveAuditResponse>(
    "Audit/Prove", at: .both, by: .operator, audited: false)
  package static let exportTrust = Operation<V1ExportTrustRequest, V1ExportTrustResponse>(
    "Trust/Export", at: .both, by: .operator, audited: false)
  package static let addUser = Operation<V1AddUserRequest, V1AddUserResponse>(
    "Users/Add", at: .both, by: .operator, audited: true)
  package static let listUsers = Operation<V1ListUsersRequest, V1ListUsersResponse>(
    "Users/List", at: .both, by: .operator, audited: false)
  package static let showUser = Operation<V1ShowUserRequest, V1User>(
    "Users/Show", at: .both, by: .operator, audited: false)
  package static let setUserRole = Operation<V1SetUserRoleRequest, V1User>(
    "Users/SetRole", at: .both, by: .operator, audited: true)
  package static let removeUser = Operation<V1RemoveUserRequest, V1User>(
    "Users/Remove", at: .both, by: .operator, audited: true)

  // The hub, for its operator
  package static let addOrganization = Operation<V1AddOrganizationRequest, V1JoinToken>(
    "Organizations/Add", at: .hub, by: .operator, audited: true)
  package static let issueToken = Operation<V1IssueTokenRequest, V1JoinToken>(
    "Organizations/Token", at: .hub, by: .operator, audited: true)
  package static let listOrganizations = Operation<V1ListOrganizationsRequest, V1ListOrganizationsResponse>(
    "Organizations/List", at: .hub, by: .operator, audited: false)
  package static let showOrganization = Operation<V1ShowOrganizationRequest, V1Organization>(
    "Organizations/Show", at: .hub, by: .operator, audited: false)
  package static let suspendOrganization = Operation<V1SuspendOrganizationRequest, V1Organization>(
    "Organizations/Suspend", at: .hub, by: .operator, audited: true)
  package static let resumeOrganization = Operation<V1ResumeOrganizationRequest, V1Organization>(
    "Organizations/Resume", at: .hub, by: .operator, audited: true)
  package static let proposeGrant = Operation<V1ProposeGrantRequest, V1Grant>(
    "Grants/Propose", at: .hub, by: .operator, audited: true)

  // The hub, for nodes
  package static let enrol = Operation<V1EnrolRequest, V1EnrolResponse>(
    "Federation/Enrol", at: .hub, by: .anyone, audited: true)
  package static let renew = Operation<V1RenewRequest, V1RenewResponse>(
    "Federation/Renew", at: .hub, by: .expiredNode, audited: true)
  package static let publishChannels = Operation<V1PublishChannelsRequest, V1PublishChannelsResponse>(
    "Federation/PublishChannels", at: .hub, by: .node, audited: true)
  package static let directory = Operation<V1DirectoryRequest, V1DirectoryResponse>(
    "Federation/Directory", at: .hub, by: .node, audited: false)
  package static let lookup = Operation<V1LookupRequest, V1LookupResponse>(
    "Federation/Lookup", at: .hub, by: .node, audited: false)
  package static let signGrant = Operation<V1SignGrantRequest, V1SignGrantResponse>(
    "Federation/SignGrant", at: .hub, by: .node, audited: true)
  package static let declineGrant = Operation<V1DeclineGrantRequest, V1DeclineGrantResponse>(
    "Federation/DeclineGrant", at: .hub, by: .node, audited: true)
  package static let deliverRevocation = Operation<V1DeliverRevocationRequest, V1DeliverRevocationResponse>(
    "Federation/RevokeGrant", at: .hub, by: .node, audited: true)
  package static let refreshLease = Operation<V1RefreshLeaseRequest, V1RefreshLeaseResponse>(
    "Federation/RefreshLease", at: .hub, by: .node, audited: false)
  package static let signPartnership = Operation<V1SignPartnershipRequest, V1SignPartnershipResponse>(
    "Federation/SignPartnership", at: .hub, by: .node, audited: true)
  package static let declinePartnership = Operation<V1DeclinePartnershipRequest, V1DeclinePartnershipResponse>(
    "Federation/DeclinePartnership", at: .hub, by: .node, audited: true)
  package static let deliverPartnershipChange = Operation<
    V1DeliverPartnershipChangeRequest, V1DeliverPartnershipChangeResponse
  >("Federation/ChangePartnership", at: .hub, by: .node, audited: true)
  package static let inviteUser = Operation<V1InviteUserRequest, V1User>(
    "Federation/InviteUser", at: .hub, by: .node, audited: true)
  package static let deliverMembership = Operation<V1DeliverMembershipRequest, V1User>(
    "Federation/DeliverMembership", at: .hub, by: .node, audited: true)

  // The hub, for people: what speaks for them is in the request
  package static let acceptInvitation = Operation<V1AcceptInvitationRequest, V1User>(
    "Users/Accept", at: .hub, by: .anyone, audited: true)
  package static let challenge = Operation<V1SessionChallengeRequest, V1SessionChallenge>(
    "Sessions/Challenge", at: .hub, by: .anyone, audited: false)
  package static let openSession = Operation<V1OpenSessionRequest, V1Session>(
    "Sessions/Open", at: .hub, by: .anyone, audited: true)
  package static let showSession = Operation<V1ShowSessionRequest, V1Session>(
    "Sessions/Show", at: .hub, by: .anyone, audited: true)
  package static let closeSession = Operation<V1CloseSessionRequest, V1CloseSessionResponse>(
    "Sessions/Close", at: .hub, by: .anyone, audited: true)

  // A node, for its operator
  package static let join = Operation<V1JoinRequest, V1JoinResponse>(
    "Membership/Join", at: .node, by: .operator, audited: true)
  package static let confirmUser = Operation<V1ConfirmUserRequest, V1User>(
    "Users/Confirm", at: .node, by: .operator, audited: true)
  package static let createDataset = Operation<V1CreateDatasetRequest, V1Dataset>(
    "Datasets/Create", at: .node, by: .operator, audited: true)
  package static let listDatasets = Operation<V1ListDatasetsRequest, V1ListDatasetsResponse>(
    "Datasets/List", at: .node, by: .operator, audited: false, from: .log)
  package static let showDataset = Operation<V1ShowDatasetRequest, V1Dataset>(
    "Datasets/Show", at: .node, by: .operator, audited: false)
  package static let commit = Operation<V1CommitFrame, V1CommitResponse>(
    "Versions/Commit", at: .node, by: .operator, audited: true, flow: .upload)
  package static let listVersions = Operation<V1ListVersionsRequest, V1ListVersionsResponse>(
    "Versions/List", at: .node, by: .operator, audited: false, from: .log)
  package static let resolve = Operation<V1ResolveRequest, V1ResolveResponse>(
    "Versions/Resolve", at: .node, by: .operator, audited: false)
  package static let setTag = Operation<V1SetTagRequest, V1Tag>(
    "Versions/SetTag", at: .node, by: .operator, audited: true)
  package static let openChannel = Operation<V1OpenChannelRequest, V1Channel>(
    "Channels/Open", at: .node, by: .operator, audited: true)
  package static let closeChannel = Operation<V1CloseChannelRequest, V1Channel>(
    "Channels/Close", at: .node, by: .operator, audited: true)
  package static let listChannels = Operation<V1ListChannelsRequest, V1ListChannelsResponse>(
    "Channels/List", at: .node, by: .operator, audited: false)
  package static let offerGrant = Operation<V1OfferGrantRequest, V1Grant>(
    "Grants/Offer", at: .node, by: .operator, audited: true)
  package static let acceptGrant = Operation<V1AcceptGrantRequest, V1Grant>(
    "Grants/Accept", at: .node, by: .operator, audited: true)
  package static let declineOffer = Operation<V1DeclineOfferRequest, V1Grant>(
    "Grants/Decline", at: .node, by: .operator, audited: true)
  package static let invitePartner = Operation<V1InvitePartnerRequest, V1Partnership>(
    "Partnerships/Invite", at: .node, by: .operator, audited: true)
  package static let acceptPartner = Operation<V1AnswerPartnerRequest, V1Partnership>(
    "Partnerships/Accept", at: .node, by: .operator, audited: true)
  package static let declinePartner = Operation<V1AnswerPartnerRequest, V1Partnership>(
    "Partnerships/Decline", at: .node, by: .operator, audited: true)
  package static let pausePartner = Operation<V1ChangePartnerRequest, V1Partnership>(
    "Partnerships/Pause", at: .node, by: .operator, audited: true)
  package static let resumePartner = Operation<V1ChangePartnerRequest, V1Partnership>(
    "Partnerships/Resume", at: .node, by: .operator, audited: true)
  package static let endPartner = Operation<V1ChangePartnerRequest, V1Partnership>(
    "Partnerships/End", at: .node, by: .operator, audited: true)
  package static let pull = Operation<V1PullRequest, V1PullEvent>(
    "Pulls/Pull", at: .node, by: .operator, audited: true, flow: .stream)
  package static let run = Operation<V1RunRequest, V1RunEvent>(
    "Runs/Run", at: .node, by: .operator, audited: true, flow: .stream)
  package static let showRecord = Operation<V1ShowRecordRequest, V1Record>(
    "Provenance/Show", at: .node, by: .operator, audited: false)
  package static let trace = Operation<V1TraceRequest, V1TraceResponse>(
    "Provenance/Trace", at: .node, by: .operator, audited: false)
  package static let exportRecord = Operation<V1ExportRecordRequest, V1ExportRecordResponse>(
    "Provenance/Export", at: .node, by: .operator, audited: false)
  package static let verify = Operation<V1VerifyRequest, V1VerifyEvent>(
    "Provenance/Verify", at: .node, by: .operator, audited: true, flow: .stream)
}
