import API
import ArgumentParser
import Core
import SwiftProtobuf

/// `demarc dataset`: the series of versions that a node keeps.
struct DatasetGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset", abstract: "Create, list and show datasets: named series of immutable versions.",
    subcommands: [DatasetCreate.self, DatasetList.self, DatasetShow.self])
}

struct DatasetCreate: Command {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Create a dataset; `demarc commit` gives it versions.",
    discussion: """
      EXAMPLE
        demarc dataset create weather --title "Hourly weather of three airports"
      """)
  @Argument(help: "Its name: lowercase letters, digits and inner hyphens.") var name: String
  @Option(help: "A line that says what it is.") var title: String?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(
      Operations.createDataset,
      .with {
        $0.name = name
        $0.title = title ?? ""
      })
    try session.result(answer) { session.print(answer.name) }
  }
}

struct DatasetList: Command {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the datasets of this node, pulled ones too.")
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.listDatasets, V1ListDatasetsRequest())
    try session.result(answer, always: [JSON.Member("datasets", [])]) {
      var table = Table("NAME", "VERSIONS", "HEAD", "SIZE", "CHANNELS", "TITLE")
      for dataset in answer.datasets {
        table.add(
          dataset.name, "\(dataset.versions)", dataset.head.cid,
          dataset.hasHead ? Plain.bytes(dataset.head.bytes) : "", dataset.channels.joined(separator: ","),
          dataset.title)
      }
      session.print(table, otherwise: "no dataset yet; `demarc dataset create NAME` makes one")
    }
  }
}

struct DatasetShow: Command {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a dataset: its newest version and the files in it.")
  @Argument(help: "The dataset.") var name: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.showDataset, .with { $0.name = name })
    try session.result(answer, always: [JSON.Member("files", [])]) {
      session.print("name: \(answer.name)")
      if !answer.title.isEmpty { session.print("title: \(answer.title)") }
      session.print("created: \(Plain.time(answer.created, isSet: answer.hasCreated))")
      session.print("versions: \(answer.versions)")
      if !answer.tags.isEmpty {
        session.print("tags: \(answer.tags.map { "\($0.name) = \($0.number)" }.joined(separator: ", "))")
      }
      if !answer.channels.isEmpty { session.print("channels: \(answer.channels.joined(separator: ", "))") }
      guard answer.hasHead else { return }
      let head = answer.head
      session.print("head: version \(head.number), \(head.cid)")
      if !head.message.isEmpty { session.print("  \(head.message)") }
      session.print("  by \(head.author), \(Plain.time(head.time, isSet: head.hasTime))")
      var table = Table("FILE", "SIZE", "CID")
      for file in answer.files { table.add(file.path, Plain.bytes(file.bytes), file.cid) }
      session.print(table, otherwise: "it holds no files")
    }
  }
}

struct VersionsCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "versions", abstract: "List the versions of a dataset, newest first.")
  @Argument(help: "The dataset, or ORG/CHANNEL for a pulled one.") var dataset: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.listVersions, .with { $0.dataset = dataset })
    try session.result(answer, always: [JSON.Member("versions", [])]) {
      var table = Table("NUMBER", "CID", "PARENT", "AUTHOR", "TIME", "MESSAGE")
      for version in answer.versions {
        table.add(
          "\(version.number)", version.cid, version.parent, version.author,
          Plain.time(version.time, isSet: version.hasTime), version.message)
      }
      session.print(table, otherwise: "no version yet; `demarc commit` makes one")
    }
  }
}

struct TagCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "tag", abstract: "Give a version of a dataset a name, or move the name to it.",
    discussion: """
      EXAMPLE
        demarc tag weather v1.0 weather@3      from now on weather:v1.0 is version 3
      """)
  @Argument(help: "The dataset.") var dataset: String
  @Argument(help: "The tag.") var tag: String
  @Argument(help: "The version; the newest if left out.") var ref: String?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(
      Operations.setTag,
      .with {
        $0.dataset = dataset
        $0.tag = tag
        $0.ref = ref ?? dataset
      })
    try session.result(answer) {
      session.note(Plain.text("\(dataset):\(answer.name) is version \(answer.number)"))
      session.print(answer.name)
    }
  }
}
