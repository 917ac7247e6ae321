import API
import ArgumentParser
import SwiftProtobuf

struct Join: Command {
  static let configuration = CommandConfiguration(
    abstract: "Make this node a member of a grid, by a token from the hub's operator.",
    discussion: """
      The node makes its keys, which never leave it, and gets them certified. After an interruption the same token can \
      be used again.

      While the command runs, other users of this machine may see its arguments; a token is good for one key only, and \
      "-" reads it from standard input instead.

      EXAMPLE
        demarc join demarc-join-1.eyJodWIiOi…
        demarc join - < token
      """)
  @Argument(help: "The token that `demarc org add` printed at the hub, or - for standard input.") var token: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let given = token == "-" ? readLine() ?? "" : token
    let answer = try await session.call(Operations.join, .with { $0.token = given })
    try session.result(answer) {
      session.print("node \(answer.node) of \(answer.hub) is now \(answer.organization)")
      session.print("signing key: \(answer.signingKey)")
      let ends = Plain.time(answer.certificateExpires, isSet: answer.hasCertificateExpires)
      session.print("certificate until: \(ends), renewed by itself")
      session.print("lease until: \(Plain.time(answer.leaseEnds, isSet: answer.hasLeaseEnds)), renewed by itself")
      session.print(answer.organization)
    }
  }
}
