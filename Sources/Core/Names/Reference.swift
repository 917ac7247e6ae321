/// What people type to mean a version, or a file in one:
///
///   dataset              its newest version            org/channel        as last pulled
///   dataset@CID          the version of that content   org/channel@CID    that version of what was pulled
///   dataset@N            version number N              CID                that content
///   dataset:tag          the version of that name      org/channel:tag    by a name that this node gave it
///
/// and each followed by `#path/in/version`.
package struct Reference: Hashable, Sendable, CustomStringConvertible {
  /// Where to look.
  package enum Source: Hashable, Sendable {
    /// A dataset of this node.
    case dataset(DatasetName)
    /// What was pulled from a partner's channel.
    case channel(OrganizationName, ChannelName)
    /// A content id by itself.
    case content(CID)
  }

  /// Which version there.
  package enum Selector: Hashable, Sendable {
    /// The newest; for a bare content id, that content.
    case head
    /// The version with this content.
    case content(CID)
    /// The version with this number, from 1.
    case number(Int64)
    /// The version with this name.
    case tag(TagName)
  }

  package let source: Source
  package let selector: Selector
  /// The file inside the version, if one is named.
  package let path: ContentPath?

  package init(source: Source, selector: Selector = .head, path: ContentPath? = nil) {
    self.source = source
    self.selector = selector
    self.path = path
  }

  /// Reads a reference as typed; the failure says what is wrong with it in words for who typed it.
  package init(_ text: String) throws(ReferenceFailure) {
    guard text.utf8.count <= Limits.referenceBytes else { throw ReferenceFailure("it is too long") }
    var version = text[...]
    var path: ContentPath?
    if let mark = text.utf8.firstIndex(of: UInt8(ascii: "#")) {
      version = text[..<mark]
      do throws(ContentFailure) {
        path = try ContentPath(String(text[text.utf8.index(after: mark)...]))
      } catch {
        throw ReferenceFailure("what follows # is not a path within a version")
      }
    }
    self.path = path
    if let cid = CID(String(version)) {
      (source, selector) = (.content(cid), .head)
      return
    }
    let parts = version.split(separator: "/", omittingEmptySubsequences: false)
    switch parts.count {
    case 1: (source, selector) = try Self.dataset(parts[0])
    case 2: (source, selector) = try Self.channel(parts[0], parts[1])
    default: throw ReferenceFailure("it has more than one slash before a #")
    }
  }

  package var description: String {
    var text: String
    switch source {
    case .dataset(let name): text = name.text
    case .channel(let organization, let channel): text = "\(organization)/\(channel)"
    case .content(let cid): text = cid.description
    }
    switch selector {
    case .head: break
    case .content(let cid): text += "@\(cid)"
    case .number(let number): text += "@\(number)"
    case .tag(let tag): text += ":\(tag)"
    }
    return path.map { "\(text)#\($0.text)" } ?? text
  }

  private static func dataset(_ text: Substring) throws(ReferenceFailure) -> (Source, Selector) {
    if let at = text.firstIndex(of: "@") {
      let name = try datasetName(text[..<at])
      let rest = String(text[text.index(after: at)...])
      if let cid = CID(rest) { return (.dataset(name), .content(cid)) }
      // Digits alone, without a sign or leading zeros: one text per version.
      guard let number = Int64(rest), number >= 1, String(number) == rest else {
        throw ReferenceFailure("what follows @ is neither a version number nor a content id")
      }
      return (.dataset(name), .number(number))
    }
    if let colon = text.firstIndex(of: ":") {
      let name = try datasetName(text[..<colon])
      guard let tag = TagName(String(text[text.index(after: colon)...])) else {
        throw ReferenceFailure("what follows : is not a tag")
      }
      return (.dataset(name), .tag(tag))
    }
    return (.dataset(try datasetName(text)), .head)
  }

  private static func channel(
    _ organization: Substring, _ rest: Substring
  ) throws(ReferenceFailure) -> (Source, Selector) {
    guard let owner = OrganizationName(String(organization)) else {
      throw ReferenceFailure("“\(organization)” is not an organization's name")
    }
    let end = rest.firstIndex { $0 == "@" || $0 == ":" } ?? rest.endIndex
    guard let channel = ChannelName(String(rest[..<end])) else {
      throw ReferenceFailure("“\(rest[..<end])” is not a channel's name")
    }
    guard end < rest.endIndex else { return (.channel(owner, channel), .head) }
    let selector = String(rest[rest.index(after: end)...])
    if rest[end] == ":" {
      guard let tag = TagName(selector) else { throw ReferenceFailure("what follows : is not a tag") }
      return (.channel(owner, channel), .tag(tag))
    }
    guard let cid = CID(selector) else { throw ReferenceFailure("what follows @ is not a content id") }
    return (.channel(owner, channel), .content(cid))
  }

  private static func datasetName(_ text: Substring) throws(ReferenceFailure) -> DatasetName {
    guard let name = DatasetName(String(text)) else {
      throw ReferenceFailure(
        "“\(text)” is not a dataset's name: lowercase letters, digits and inner hyphens, at most 63")
    }
    return name
  }
}

/// What is wrong with a reference, in words for who typed it.
package struct ReferenceFailure: Error, Hashable, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
