import API
package import EventLoop
package import SwiftProtobuf

/// A message of an upload on its way out.
nonisolated package enum UploadPiece<Request: Message>: Sendable {
  /// A message as it is.
  case message(Request)
  /// A message with one field, of this number, that holds a range of a file. The bytes go from the file to the daemon
  /// without becoming a message in memory first, which costs four copies of them. At most `ConnectEnvelope.messageBytes`
  /// less a few; the file must not become shorter before they are sent.
  case file(field: Int, FileExtent)

  /// What goes before the bytes of a range: the envelope's head, and tag and length of the field.
  static func head(ofField field: Int, count: Int) -> [UInt8] {
    // Wire type 2: a length and so many bytes.
    let tag = varint(UInt64(field) << 3 | 2) + varint(UInt64(count))
    return ConnectEnvelope.head(count: tag.count + count) + tag
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(truncatingIfNeeded: rest)]
  }
}
