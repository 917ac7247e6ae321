import API
import ArgumentParser
import Core
import EventLoop
import Peers
import SwiftProtobuf

struct Checkout: Command {
  static let configuration = CommandConfiguration(
    abstract: "Write the files of a version into a directory that is empty or not there yet.",
    discussion: """
      The directory appears when every file is there and has the size and digest that the version says, or not at all. \
      Committing it again gives the same CID.

      EXAMPLES
        demarc checkout weather@3 ./weather-3
        demarc checkout acme/weather#january.csv ./one-file
      """)
  @Argument(help: "The version, or REF#path for one file of it.") var ref: String
  @Argument(help: ArgumentHelp("Where to.", valueName: "dir")) var directory: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let directory = directory
    try await EventLoop.offload { () throws(Refusal) in try StagedDirectory.check(directory) }
    let answer = try await session.call(Operations.resolve, .with { $0.ref = ref })
    let files = ref.utf8.contains(UInt8(ascii: "#")) ? [answer.file] : answer.files
    try await Download(session: session, version: answer.cid, files: files)
      .write(to: directory, session.progress("checkout \(ref)"))
    try session.result(answer, always: [JSON.Member("files", [])]) {
      let bytes = files.reduce(0) { $0 + max(0, $1.bytes) }
      session.note(Plain.text("\(Plain.count(files.count, "file")), \(Plain.bytes(bytes)) in \(directory)"))
      session.print(answer.cid)
    }
  }
}
