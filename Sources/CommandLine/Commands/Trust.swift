import API
import ArgumentParser
import FoundationEssentials

/// `demarc trust`: what others need to verify offline.
struct TrustGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trust", abstract: "Export what offline verification needs.", subcommands: [TrustExport.self])
}

struct TrustExport: Command {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write the trust bundle to stdout: the hub's key and its word about signing keys.",
    discussion: """
      EXAMPLE
        demarc trust export > grid.trust
      """)
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.exportTrust, V1ExportTrustRequest())
    session.console.write([UInt8](answer.bundle))
  }
}
