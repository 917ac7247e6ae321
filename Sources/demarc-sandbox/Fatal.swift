import CSandbox
import Glibc
import Transformation

/// The end of a run that cannot go on: one JSON line on descriptor 2, then `_exit`.
enum Fatal {
  enum Kind {
    case script, output, invalid, `internal`

    var code: Int32 {
      switch self {
      case .script: SANDBOX_FAIL_SCRIPT.status
      case .output: SANDBOX_FAIL_OUTPUT.status
      case .invalid: SANDBOX_FAIL_INVALID.status
      case .internal: SANDBOX_FAIL_INTERNAL.status
      }
    }
  }

  static func end(
    _ kind: Kind, _ message: String, row: Int = 0, line: Int = 0, column: String? = nil, masked: String? = nil
  ) -> Never {
    var report = sandbox_report()
    report.kind = kind.code
    report.row = Int64(row)
    report.input_line = Int64(line)
    var message = message
    var column = column ?? ""
    var masked = masked ?? ""
    message.withUTF8 { message in
      column.withUTF8 { column in
        masked.withUTF8 { masked in
          report.message = message.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
          report.message_count = message.count
          if !column.isEmpty {
            report.column = column.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
            report.column_count = column.count
          }
          if !masked.isEmpty {
            report.masked = masked.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
            report.masked_count = masked.count
          }
          sandbox_fail(&report)
        }
      }
    }
    _exit(kind.code)  // never reached; the compiler cannot see that the closures do not return
  }
}
