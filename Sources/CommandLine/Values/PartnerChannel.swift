import API
import Core

/// `ORG/CHANNEL`.
enum PartnerChannel {
  /// Both names, if they are names.
  static func read(_ text: String) throws(Refusal) -> (organization: String, channel: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let organization = OrganizationName(parts[0]), let channel = ChannelName(parts[1]) else {
      throw Refusal(
        .invalid, "“\(text)” is not ORG/CHANNEL", concern: text,
        hint: "names are lowercase letters, digits and inner hyphens, such as acme/weather")
    }
    return (organization.text, channel.text)
  }
}
