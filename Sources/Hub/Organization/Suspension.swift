import API
import Core
import SQLite

extension Transaction {
  /// Suspends an organization: its requests are refused from now on, its event stream ends, and every node hears of it.
  /// Doing it again changes nothing but the reason.
  func suspend(_ text: String, reason: String) throws -> V1Organization {
    let name = try known(try organizationName(text))
    guard reason.utf8.count <= Limits.labelBytes else {
      throw Refusal(.invalid, "the reason is longer than \(Limits.labelBytes) bytes", concern: name.text)
    }
    let others = try suspendedOrganizations().filter { $0 != name }
    guard others.count < Limits.suspendedOrganizations else {
      throw Refusal(.limit, "\(others.count) organizations are suspended, and no more can be", concern: name.text)
    }
    let wasSuspended = try isSuspended(name)
    try database.run(
      "UPDATE organization SET suspended = coalesce(suspended, ?), suspended_reason = ? WHERE name = ?",
      now.microseconds, reason, name.text)
    if !wasSuspended {
      try log("organization-suspended", subject: name.text, detail: reason)
      try tellSuspensions()
      cuts.append(name)
    }
    return try showOrganization(name.text)
  }

  /// Ends a suspension. Ending none changes nothing.
  func resume(_ text: String) throws -> V1Organization {
    let name = try known(try organizationName(text))
    if try isSuspended(name) {
      try database.run("UPDATE organization SET suspended = NULL, suspended_reason = '' WHERE name = ?", name.text)
      try log("organization-resumed", subject: name.text)
      try tellSuspensions()
    }
    return try showOrganization(name.text)
  }

  /// Every node hears who is suspended, at once by an event and signed by a new lease.
  private func tellSuspensions() throws {
    for node in try currentNodes() {
      try tell(node.organization, .suspended)
      if try !isSuspended(node.organization) { try renewLease(of: node) }
    }
  }
}
