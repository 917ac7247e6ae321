import API
import ArgumentParser
import Core
import EventLoop
import Peers
import SwiftProtobuf

struct Commit: Command {
  static let configuration = CommandConfiguration(
    abstract: "Make files, or the content of a directory, the next version of a dataset; prints its CID.",
    discussion: """
      A directory becomes the root of the version, files are entries of it by their names. Content that equals the \
      newest version's makes no version and prints that version's CID, whatever --base says. Symbolic links, devices, \
      pipes and sockets are refused, and so is a file that changes while it is read; then nothing has been committed. \
      LINK/ is the directory that LINK points to.

      EXAMPLES
        demarc commit weather january.csv february.csv -m "first two months"
        demarc commit weather ./weather --base 3       only if version 3 is still the newest
      """)
  @Argument(help: "The dataset.") var dataset: String
  @Argument(help: "Files, or one directory.") var paths: [String]
  @Option(name: [.customShort("m", allowingJoined: true), .long], help: "What changed, for people.") var message = ""
  @Option(
    help: ArgumentHelp(
      "The version that this one follows: its number or CID. Refused if another is the newest by now.",
      valueName: "n-or-cid"))
  var base: String?
  @Option(help: "How files are cut: cdc stores and sends only what changed, fixed gives the CIDs of `ipfs add`.")
  var chunker = ChunkerChoice.cdc
  @OptionGroup var global: GlobalOptions

  enum ChunkerChoice: String, ExpressibleByArgument, CaseIterable { case cdc, fixed }

  func perform(in session: Session) async throws(Refusal) {
    guard !paths.isEmpty else { throw Refusal(.usage, "there is nothing to commit", hint: "name files or a directory") }
    let paths = paths
    let tree = try await EventLoop.offload { () throws(Refusal) in try SourceTree(paths) }
    let progress = session.progress("commit \(dataset)")
    progress.total = tree.size
    let sending = Sending(CommitFrames(tree), progress)
    let daemon = try session.daemon()
    let start = V1CommitFrame.with { frame in
      frame.start.dataset = dataset
      frame.start.message = message
      frame.start.base = base ?? ""
      frame.start.chunker = chunker.rawValue
    }
    let answer: V1CommitResponse
    do throws(Refusal) {
      answer = try await daemon.upload(
        Operations.commit,
        pieces: { () async throws(Refusal) -> [CommitFrames.Piece]? in try await sending.next(start) })
    } catch {
      progress.finish()
      throw session.explained(error)
    }
    progress.finish()
    try session.result(answer, always: [JSON.Member("created", false), JSON.Member("storedBytes", 0)]) {
      let version = answer.version
      session.note(
        Plain.text(
          answer.created
            ? "\(dataset) version \(version.number): \(Plain.count(version.files, "file")), "
              + "\(Plain.bytes(version.bytes)), \(Plain.bytes(answer.storedBytes)) stored"
            : "nothing changed: version \(version.number) of \(dataset) has this content"))
      session.print(version.cid)
    }
  }
}

/// The frames of a commit on their way: the next ones are read while the last ones are sent, unless those go out from
/// the file itself.
@MainActor private final class Sending {
  private var ahead: Task<Result<(frames: [CommitFrames.Piece], next: CommitFrames)?, Refusal>, Never>?
  private var position: CommitFrames
  private let progress: Progress
  private var hasStarted = false

  init(_ frames: CommitFrames, _ progress: Progress) {
    position = frames
    self.progress = progress
  }

  func next(_ start: V1CommitFrame) async throws(Refusal) -> [CommitFrames.Piece]? {
    if !hasStarted {
      hasStarted = true
      read()
      return [.message(start)]
    }
    if ahead == nil { read() }
    guard let ahead, let step = try await ahead.value.get() else { return nil }
    progress.update(position.done)
    position = step.next
    self.ahead = nil
    if !step.frames.contains(where: { if case .file = $0 { true } else { false } }) { read() }
    return step.frames
  }

  private func read() {
    let position = position
    ahead = Task {
      do throws(Refusal) {
        return .success(try await EventLoop.offload { () throws(Refusal) in try position.step() })
      } catch {
        return .failure(error)
      }
    }
  }
}
