/// Why something was not done: the closed list that users, scripts and other programs rely on.
///
/// Each code has one exit status, one HTTP status and one Connect code; this file is the only place that maps them.
/// A new code is a change of the contract and belongs into `demarc help errors` too.
package enum RefusalCode: String, CaseIterable, Sendable {
  /// A fault of ours; the incident id finds it in the daemon's journal.
  case `internal`
  /// Stored bytes are not what they were.
  case corrupt
  /// The disk is full, read-only, or failing.
  case storage

  /// The script failed.
  case runScript = "run-script"
  /// The run needed more memory than its limit.
  case runMemory = "run-memory"
  /// The run needed more processor time than its limit.
  case runCPU = "run-cpu"
  /// The run took longer than its limit.
  case runTime = "run-time"
  /// The run wrote more than its limit.
  case runOutput = "run-output"
  /// The run reached for something outside its walls.
  case runDenied = "run-denied"

  /// The command or request is not one that exists.
  case usage
  /// A value is malformed or out of range.
  case invalid

  /// The caller is not known.
  case unauthenticated
  /// The caller is known and may not do this.
  case denied
  /// The organization is suspended.
  case suspended
  /// A token, certificate, lease or grant has run out.
  case expired
  /// A named limit was reached.
  case limit

  /// Nothing of that name, or nothing that the caller may know of.
  case notFound = "not-found"

  /// It exists already.
  case exists
  /// The state moved on since the caller looked.
  case stale
  /// More than one thing fits.
  case ambiguous

  /// The other side did not answer.
  case unreachable
  /// A check came out negative.
  case mismatch
  /// The caller took the request back.
  case cancelled

  /// The status with which `demarc` ends.
  package var exitStatus: Int32 {
    switch self {
    case .internal, .corrupt, .storage, .runScript, .runMemory, .runCPU, .runTime, .runOutput, .runDenied: 1
    case .usage, .invalid: 2
    case .unauthenticated, .denied, .suspended, .expired, .limit: 3
    case .notFound: 4
    case .exists, .stale, .ambiguous: 5
    case .unreachable: 6
    case .mismatch: 7
    case .cancelled: 8
    }
  }

  /// The status of an HTTP answer that carries this refusal.
  package var httpStatus: Int {
    switch self {
    case .internal, .corrupt: 500
    case .storage: 507
    case .runScript, .runMemory, .runCPU, .runTime, .runOutput, .runDenied: 422
    case .usage, .invalid: 400
    case .unauthenticated: 401
    case .denied, .suspended, .expired: 403
    case .limit: 429
    case .notFound: 404
    case .exists, .stale, .ambiguous: 409
    case .unreachable: 503
    case .mismatch: 412
    case .cancelled: 499
    }
  }

  /// The code of the Connect protocol (and of gRPC) that comes nearest.
  package var connectCode: String {
    switch self {
    case .internal: "internal"
    case .corrupt: "data_loss"
    case .storage, .limit: "resource_exhausted"
    case .runScript, .runMemory, .runCPU, .runTime, .runOutput, .runDenied, .stale, .mismatch: "failed_precondition"
    case .usage: "unimplemented"
    case .invalid, .ambiguous: "invalid_argument"
    case .unauthenticated: "unauthenticated"
    case .denied, .suspended, .expired: "permission_denied"
    case .notFound: "not_found"
    case .exists: "already_exists"
    case .unreachable: "unavailable"
    case .cancelled: "canceled"
    }
  }
}
