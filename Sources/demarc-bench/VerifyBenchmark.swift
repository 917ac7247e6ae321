import Core
import EventLoop

/// Offline verification of a record, many times over, as `demarc verify --trust` does it without the start of a
/// process and without reading the trust bundle again. Prints records per second times the signatures of each, so that
/// it stands beside `openssl speed ed25519`.
enum VerifyBenchmark {
  static func run(_ arguments: [String]) async throws -> Int32 {
    guard arguments.count == 2 else { throw BadArguments() }
    let bytes = try await ServeBenchmarks.bytes(of: arguments[0])
    let trust = try TrustBundle(bytes: try await ServeBenchmarks.bytes(of: arguments[1]))
    let authority = RecordCheck.Authority(trust)
    let bundle = try ProvenanceBundle(bytes: bytes)
    guard RecordCheck(bundle, authority: authority).verdict == .verified else { throw BadArguments() }
    // The author's; with a log proof the author's and the hub's over the checkpoint.
    let signatures = bundle.log == nil ? 1 : 3
    let rounds = 2000
    let start = EventLoop.bootTime()
    let verified = await EventLoop.offload {
      (0..<rounds).reduce(0) { count, _ in
        let isVerified = (try? ProvenanceBundle(bytes: bytes)).map {
          RecordCheck($0, authority: authority).verdict == .verified
        }
        return isVerified == true ? count + 1 : count
      }
    }
    let seconds = (EventLoop.bootTime() - start) / .seconds(1)
    guard verified == rounds else { return 1 }
    print(Double(rounds * signatures) / seconds)
    return 0
  }
}
