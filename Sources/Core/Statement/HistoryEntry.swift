/// One version of a dataset: what became of it when, by whom and why. Everything that is not a fact of the content is
/// here, so that equal content has an equal CID everywhere.
package struct HistoryEntry: Statement {
  package static let kind = "history"

  package let dataset: DatasetName
  /// From 1, without gaps.
  package let number: Int64
  /// The directory of the version's files.
  package let content: CID
  /// The content of the version before; nil for the first.
  package let parent: CID?
  /// Who committed, as the node knows them: a user, or a local account.
  package let author: String
  package let message: String
  package let time: Timestamp

  package init(
    dataset: DatasetName, number: Int64, content: CID, parent: CID?, author: String, message: String, time: Timestamp
  ) {
    self.dataset = dataset
    self.number = number
    self.content = content
    self.parent = parent
    self.author = author
    self.message = message
    self.time = time
  }

  package var json: JSON {
    .fields([
      "dataset": .text(dataset),
      "number": .integer(number),
      "content": .text(content),
      "parent": parent.map { .text($0) },
      "author": .string(author),
      "message": .string(message),
      "time": .text(time),
    ])
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    dataset = try fields.name("dataset")
    number = try fields.count("number")
    content = try fields.cid("content")
    parent = try fields.optionalCID("parent")
    author = try fields.string("author")
    message = try fields.string("message", atMost: Limits.messageBytes)
    time = try fields.time("time")
    guard number >= 1, (number == 1) == (parent == nil) else {
      throw .invalid("number", reason: "the first version, and no other, has no parent")
    }
  }
}
