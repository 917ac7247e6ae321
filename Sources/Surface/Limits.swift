/// What a surface takes from a request, in bytes. Streams are bounded per message and by the services behind.
enum Limits {
  /// Body of a unary request, and of the one message of a streaming request: a script with its modules or a bundle to
  /// verify, grown by a third in JSON's base64.
  static let requestBytes = 24 << 20
  /// The same for a caller who has proved nothing yet: a join with its certificate request.
  static let strangersRequestBytes = 64 << 10
  /// One step of a file on its way out: found in the store at once, and hashed there the first time. As long as the longest
  /// range of a pull, so that damage is answered before anything was sent.
  static let fileStepBytes: Int64 = 32 << 20
  /// One piece of it: handed to the connection and counted.
  static let filePieceBytes: Int64 = 1 << 20
  /// Certificates whose facts are kept, so that a busy connection does not parse its own again for each request.
  static let knownCertificates = 256
  /// Entity tags that one condition may list.
  static let conditionTags = 64
}
