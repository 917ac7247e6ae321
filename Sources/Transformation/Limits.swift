/// Bounds of everything that a script, a file or a worker can make large.
///
/// They live here and not in Core because the worker links this target and nothing else.
package enum TransformationLimits {
  /// The longest cell, quotes included.
  package static let cellBytes = 10 << 20
  /// How far a record may reach beyond the end of its piece.
  package static let recordBytes = 32 << 20
  /// Input bytes per piece. Part of a run's identity: cutting elsewhere is another run.
  package static let pieceBytes = 1 << 20
  /// The longest header record.
  package static let headerBytes = 1 << 20
  /// Columns of a table, declared and not.
  package static let columns = 16_384
  /// Columns that a script may declare, input and output together.
  package static let declaredColumns = 1000
  /// Bytes of a column's or parameter's name.
  package static let nameBytes = 256
  /// Parameters of a transformation.
  package static let parameters = 256
  /// Bytes of a parameter's value.
  package static let parameterBytes = 1 << 16
  /// Markers in `missing = { … }`.
  package static let missingMarkers = 32
  /// Levels of a declaration.
  package static let declarationDepth = 9
  /// Values of a declaration.
  package static let declarationValues = 20_000
  /// CPU time that the main chunk may take to declare, whatever a piece is allowed.
  package static let declarationMilliseconds: UInt64 = 5000
  /// Bytes of a script.
  package static let scriptBytes = 1 << 20
  /// The largest frame that a worker may send.
  package static let frameBytesFromWorker = 1 << 21
  /// Bytes of an output frame as the worker cuts them.
  package static let outputFrameBytes = 256 << 10
  /// The largest frame that a host sends: a piece with its last record.
  package static let frameBytesFromHost = pieceBytes + recordBytes + 64
  /// Counters of a run, and bytes of a counter's name.
  package static let counters = 100
  /// Bytes of a counter's name.
  package static let counterNameBytes = 64
  /// Log lines per piece; more are counted and not kept.
  package static let logLinesPerPiece = 200
  /// Bytes of one log line.
  package static let logLineBytes = 4096
  /// Bytes of the line by which a worker says why it ended.
  package static let breachBytes = 16_384
}
