package import API

extension NodeService {
  /// Puts every operation of a node on a dispatcher.
  package func register(on dispatcher: Dispatcher) {
    registerMembership(on: dispatcher)
    registerUsers(on: dispatcher)
    registerDatasets(on: dispatcher)
    registerVersions(on: dispatcher)
    registerChannels(on: dispatcher)
    registerPartnerships(on: dispatcher)
    registerGrants(on: dispatcher)
    registerPulls(on: dispatcher)
    registerServing(on: dispatcher)
    registerRuns(on: dispatcher)
    registerProvenance(on: dispatcher)
    registerAudit(on: dispatcher)
    registerStatus(on: dispatcher)
    registerTrust(on: dispatcher)
  }
}
