import API

extension NodeService {
  func registerProvenance(on dispatcher: Dispatcher) {
    dispatcher.on(Operations.showRecord) { (request, _) async throws(Refusal) in try await self.showRecord(request) }
    dispatcher.on(Operations.trace) { (request, _) async throws(Refusal) in try await self.trace(request) }
    dispatcher.on(Operations.exportRecord) { (request, _) async throws(Refusal) in
      try await self.exportRecord(request)
    }
    dispatcher.onStream(Operations.verify) { (request, caller, emit) async throws(Refusal) in
      try await self.verify(request, by: caller, emit: emit)
    }
    dispatcher.on(Operations.record) { (request, caller) async throws(Refusal) in
      try await self.serveRecord(request, to: caller)
    }
    dispatcher.on(Operations.recordScript) { (request, caller) async throws(Refusal) in
      try await self.serveScript(request, to: caller)
    }
    dispatcher.on(Operations.recordVerifications) { (request, caller) async throws(Refusal) in
      try await self.serveVerifications(request, to: caller)
    }
    dispatcher.on(Operations.postVerification) { (request, caller) async throws(Refusal) in
      try await self.takeVerification(request, from: caller)
    }
  }

  func registerRuns(on dispatcher: Dispatcher) {
    dispatcher.onStream(Operations.run) { (request, caller, emit) async throws(Refusal) in
      try await self.run(request, by: caller, emit: emit)
    }
  }
}
