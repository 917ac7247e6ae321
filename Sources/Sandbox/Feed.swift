import Transformation

/// The input as numbered pieces, read once whoever asks.
final class Feed {
  typealias Read = (_ offset: Int64, _ count: Int) async throws -> [UInt8]

  private let read: Read
  private var cutter = PieceCutter()
  private var offset: Int64 = 0
  private var isAtEnd = false
  private var isBusy = false
  private let turn = Gate()
  private var ahead: [[ArraySlice<UInt8>]] = []
  /// The read under way, while the pieces before it are at work: a disk is not waited for twice.
  private var reading: Task<Result<[UInt8], any Error>, Never>?
  private var index = 0
  private var isStopped = false
  /// Bytes of each piece handed out, for progress.
  private(set) var sizes: [Int: Int] = [:]

  /// Bytes asked for at a time.
  private static let readBytes = 1 << 20

  init(read: @escaping Read) { self.read = read }

  /// Hands out no more pieces.
  func stop() {
    isStopped = true
    reading?.cancel()
  }

  /// Pieces handed out so far.
  var count: Int { index }

  /// Begins to read what comes next.
  private func readAhead() {
    if isAtEnd || isStopped || reading != nil { return }
    reading = Task { [read, offset] in
      do { return .success(try await read(offset, Self.readBytes)) } catch { return .failure(error) }
    }
  }

  private func fill() async throws(RunFailure) {
    readAhead()
    guard let reading else {
      isAtEnd = true
      return
    }
    let outcome = await withTaskCancellationHandler {
      await reading.value
    } onCancel: {
      reading.cancel()
    }
    self.reading = nil
    do {
      let bytes = try outcome.get()
      offset += Int64(bytes.count)
      if bytes.isEmpty { isAtEnd = true } else { cutter.append(bytes) }
    } catch let failure as RunFailure {
      throw failure
    } catch {
      if Task.isCancelled { throw RunFailure(.cancelled, "the run was cancelled") }
      throw RunFailure(.transfer, "the input could not be read: \(error)", cause: error)
    }
    readAhead()
  }

  private func cut() async throws(RunFailure) -> [ArraySlice<UInt8>]? {
    while true {
      if let piece = isAtEnd ? cutter.finish() : cutter.next() { return piece }
      if isAtEnd { return nil }
      try await fill()
    }
  }

  /// The first record. Reads up to the second piece, so that `isSingle` is known.
  func header() async throws(RunFailure) -> PieceCutter.Header {
    while ahead.count < 2, let piece = try await cut() { ahead.append(piece) }
    guard let header = cutter.header, !header.record.isEmpty else {
      throw RunFailure(.invalid, "the input is empty: a table begins with a header line")
    }
    return header
  }

  /// Whether there is one piece at most: then more workers have nothing to do.
  var isSingle: Bool { ahead.count < 2 && index == 0 }

  /// The next piece, in parts, with its number and its bytes.
  func next() async throws(RunFailure) -> (index: Int, count: Int, parts: [ArraySlice<UInt8>])? {
    while isBusy {
      await turn.wait()
      if Task.isCancelled { throw RunFailure(.cancelled, "the run was cancelled") }
    }
    isBusy = true
    defer {
      isBusy = false
      turn.open()
    }
    if isStopped { return nil }
    let piece: [ArraySlice<UInt8>]
    if !ahead.isEmpty {
      piece = ahead.removeFirst()
    } else {
      guard let more = try await cut() else { return nil }
      piece = more
    }
    if isStopped { return nil }
    defer { index += 1 }
    let count = piece.reduce(0) { $0 + $1.count }
    sizes[index] = count
    return (index, count, piece)
  }

  /// Takes the size of a piece, once.
  func takeSize(_ index: Int) -> Int { sizes.removeValue(forKey: index) ?? 0 }
}
