import Transformation

extension Properties {
  /// A worker's stream gives the same frames however it is cut, and is written as it was read.
  package static func workerFrames(_ input: [UInt8]) -> String? {
    let whole = cut(input, step: max(1, input.count))
    for step in [1, 7] {
      let other = cut(input, step: step)
      if other.frames != whole.frames || other.isRefused != whole.isRefused { return "steps of \(step)" }
    }
    if !input.starts(with: whole.frames.flatMap(\.encoded)) { return "changed by writing" }
    return whole.frames.allSatisfy(\.kind.isFromWorker) ? nil : "a frame that only a host sends"
  }

  private static func cut(_ input: [UInt8], step: Int) -> (frames: [Frame], isRefused: Bool) {
    var cutter = FrameCutter()
    var frames: [Frame] = []
    do throws(FrameProblem) {
      for piece in pieces(input, step: step) {
        cutter.append(piece)
        while let frame = try cutter.next() { frames.append(frame) }
      }
    } catch { return (frames, true) }
    return (frames, false)
  }

  /// Payloads have one form; a declaration is read within its limits. The first byte chooses.
  package static func payloads(_ input: [UInt8]) -> String? {
    guard let first = input.first else { return nil }
    let payload = Array(input.dropFirst())
    switch first % 4 {
    case 0: if let end = PieceEnd(payload), end.encoded != payload { return "a second form of the end of a piece" }
    case 1: if let setup = Setup(payload), setup.encoded != payload { return "a second form of a set-up" }
    case 2: if let binding = Binding(payload), binding.encoded != payload { return "a second form of a binding" }
    default:
      guard let tree = try? DeclarationTree(payload[...]), let declaration = try? Declaration(tree) else { return nil }
      let names = declaration.inputs.map(\.name)
      if Set(names).count != names.count { return "a name twice" }
      _ = try? declaration.resolve([])
      _ = try? TablePlan(declaration, header: Array("a,b,c".utf8), newline: [0x0A])
    }
    return nil
  }

  /// A table is cut at the same places however it arrives; the pieces are the table; and what a piece's records and cells
  /// are does not depend on where it was cut.
  package static func table(_ input: [UInt8]) -> String? {
    let whole = pieces(of: input, step: max(1, input.count))
    for step in [1, 5] where pieces(of: input, step: step) != whole { return "steps of \(step)" }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = input.starts(with: mark) ? Array(input.dropFirst(3)) : input
    let joined = whole.pieces.flatMap { $0 }
    if text.suffix(joined.count) != joined[...] { return "pieces that are not the table" }
    guard let all = records(joined) else { return nil }
    var parts: [[UInt8]] = []
    for piece in whole.pieces {
      guard let some = records(piece) else { return "a sound table with a piece that is not" }
      parts += some
    }
    return parts == all ? nil : "cut inside a record"
  }

  private struct Cut: Equatable {
    var header: PieceCutter.Header?
    var pieces: [[UInt8]] = []
  }

  private static func pieces(of input: [UInt8], step: Int) -> Cut {
    var cutter = PieceCutter(size: 16)
    var cut = Cut()
    for piece in pieces(input, step: step) {
      cutter.append(piece)
      while let piece = cutter.next() { cut.pieces.append(Array(piece.joined())) }
    }
    while let piece = cutter.finish() { cut.pieces.append(Array(piece.joined())) }
    cut.header = cutter.header
    return cut
  }

  /// The cells, those of a record one after another, each record closed by a line feed; nil for a table with a problem.
  private static func records(_ bytes: [UInt8]) -> [[UInt8]]? {
    let room = 4
    let spans = UnsafeMutablePointer<CellSpan>.allocate(capacity: room)
    defer { spans.deallocate() }
    return bytes.withUnsafeBufferPointer { buffer -> [[UInt8]]? in
      var scanner = RecordScanner(buffer, spans: spans, room: room)
      var cells: [[UInt8]] = []
      do throws(TableProblem) {
        while true {
          let before = scanner.position
          let count = try scanner.next()
          if count == 0 { return cells }
          // A scanner that stands still would never end.
          precondition(scanner.position > before, "no progress")
          for span in UnsafeBufferPointer(start: spans, count: min(count, room)) {
            precondition(span.start >= before && span.start <= span.end && span.end <= scanner.position, "outside")
            guard let base = buffer.baseAddress else { return nil }
            let cell = span.inner(base)
            _ = (CellText.int(cell), CellText.float(cell), CellText.bool(cell), CellText.masked(cell))
            cells.append(Array(cell))
          }
          cells.append([0x0A])
        }
      } catch { return nil }
    }
  }
}
