import API
import ArgumentParser
import Core
import SwiftProtobuf

/// `demarc org`: the members of a grid, at its hub.
struct OrganizationGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "org", abstract: "Enrol and oversee the organizations of a grid (at the hub).",
    subcommands: [
      OrganizationAdd.self, OrganizationToken.self, OrganizationList.self, OrganizationShow.self,
      OrganizationSuspend.self, OrganizationResume.self,
    ])
}

struct OrganizationAdd: Command {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Enrol an organization and print a join token for its node.",
    discussion: """
      Give the token to the organization's operator, who runs `demarc join TOKEN` on the node. It works once, and for a \
      limited time.

      EXAMPLE
        demarc org add acme --at /run/demarc/hub.sock
      """)
  @Argument(help: "Its name: lowercase letters, digits and inner hyphens.") var name: String
  @Option(help: "How long the token may be used.", transform: Quantity.seconds) var valid: UInt64?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let token = try await session.call(
      Operations.addOrganization,
      .with {
        $0.name = name
        $0.tokenSeconds = valid ?? 0
      })
    try session.tell(token)
  }
}

struct OrganizationToken: Command {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Print a new join token for a lost or expired one, or for replacement hardware.")
  @Argument(help: "The organization.") var name: String
  @Option(help: "How long the token may be used.", transform: Quantity.seconds) var valid: UInt64?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let token = try await session.call(
      Operations.issueToken,
      .with {
        $0.name = name
        $0.tokenSeconds = valid ?? 0
      })
    try session.tell(token)
  }
}

struct OrganizationList: Command {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the organizations.")
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.listOrganizations, V1ListOrganizationsRequest())
    try session.result(answer, always: [JSON.Member("organizations", [])]) {
      var table = Table("NAME", "STATE", "NODE", "ADDRESS", "LAST SEEN")
      for organization in answer.organizations {
        let node = organization.node
        table.add(
          organization.name, organization.state, node.node, node.address,
          Plain.time(node.lastSeen, isSet: node.hasLastSeen))
      }
      session.print(table, otherwise: "no organization is enrolled yet; `demarc org add NAME` enrols one")
    }
  }
}

struct OrganizationShow: Command {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Show an organization and its node.")
  @Argument(help: "The organization.") var name: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.showOrganization, .with { $0.name = name })
    try session.result(answer) {
      session.print("name: \(answer.name)")
      session.print("state: \(answer.state)")
      if !answer.suspendedReason.isEmpty { session.print("reason: \(answer.suspendedReason)") }
      session.print("enrolled: \(Plain.time(answer.created, isSet: answer.hasCreated))")
      if !answer.channels.isEmpty { session.print("channels: \(answer.channels.joined(separator: ", "))") }
      guard answer.hasNode else { return session.print("node: none has joined yet") }
      let node = answer.node
      session.print("node: \(node.node)")
      session.print("address: \(node.address)")
      session.print("signing key: \(node.signingKey)")
      session.print("certificate until: \(Plain.time(node.certificateExpires, isSet: node.hasCertificateExpires))")
      session.print("lease until: \(Plain.time(node.leaseEnds, isSet: node.hasLeaseEnds))")
      session.print("last seen: \(Plain.time(node.lastSeen, isSet: node.hasLastSeen))")
    }
  }
}

struct OrganizationSuspend: Command {
  static let configuration = CommandConfiguration(
    commandName: "suspend", abstract: "Suspend an organization: its grants stop working until it is resumed.",
    discussion: "Nodes that are online act within a second, others when their lease runs out.")
  @Argument(help: "The organization.") var name: String
  @Option(help: "Why; its partners are told.") var reason: String?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(
      Operations.suspendOrganization,
      .with {
        $0.name = name
        $0.reason = reason ?? ""
      })
    try session.result(answer) { session.print("\(answer.name) is \(answer.state)") }
  }
}

struct OrganizationResume: Command {
  static let configuration = CommandConfiguration(commandName: "resume", abstract: "End a suspension.")
  @Argument(help: "The organization.") var name: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.resumeOrganization, .with { $0.name = name })
    try session.result(answer) { session.print("\(answer.name) is \(answer.state)") }
  }
}

extension Session {
  /// Prints a join token, which is shown only this once.
  fileprivate func tell(_ token: V1JoinToken) throws(Refusal) {
    try result(token) {
      note("\(Plain.text(token.organization)) joins by `demarc join TOKEN`, until \(Plain.time(token.expires))")
      print(token.token)
    }
  }
}
