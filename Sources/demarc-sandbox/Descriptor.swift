import CSandbox
import Glibc

/// Blocking reads and writes on the three descriptors that the worker keeps.
enum Descriptor {
  /// Writes all bytes; a host that went away ends the worker.
  static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { _exit(SANDBOX_FAIL_INTERNAL.status) }
      done += count
    }
  }

  static func write(_ descriptor: Int32, _ bytes: [UInt8]) {
    bytes.withUnsafeBytes { write(descriptor, $0) }
  }

  /// Reads exactly `count` bytes to `target`; false if the stream ends before the first one.
  static func read(_ target: UnsafeMutableRawPointer, _ count: Int) -> Bool {
    var done = 0
    while done < count {
      let got = Glibc.read(0, target + done, count - done)
      if got < 0, errno == EINTR { continue }
      if got == 0, done == 0 { return false }
      guard got > 0 else { _exit(SANDBOX_FAIL_INTERNAL.status) }
      done += got
    }
    return true
  }
}

extension sandbox_failure {
  /// The process's exit status.
  var status: Int32 { Int32(rawValue) }
}
