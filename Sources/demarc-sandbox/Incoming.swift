import CSandbox
import Glibc
import Transformation

/// Frames from the host. Anything unexpected ends the worker.
enum Incoming {
  private static func header() -> (kind: Frame.Kind, count: Int)? {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Frame.headerBytes) { bytes in
      guard let start = bytes.baseAddress, Descriptor.read(start, Frame.headerBytes) else { return nil }
      guard let header = Frame.readHeader(Array(bytes)[...], fromWorker: false) else {
        Fatal.end(.internal, "a malformed frame from the host")
      }
      return header
    }
  }

  /// A small frame, nil at the end of the stream.
  static func frame() -> (kind: Frame.Kind, bytes: [UInt8])? {
    guard let (kind, count) = header() else { return nil }
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, written in
      guard count == 0 || target.baseAddress.map({ Descriptor.read($0, count) }) == true else {
        Fatal.end(.internal, "the host ended within a frame")
      }
      written = count
    }
    return (kind, bytes)
  }

  /// The payload's size of the next piece, nil at the end of the stream.
  static func pieceHeader() -> Int? {
    guard let (kind, count) = header() else { return nil }
    guard kind == .piece, count >= 8 else { Fatal.end(.internal, "a frame that is no piece") }
    return count
  }

  // One buffer for all pieces: as large as the largest, never given back.
  nonisolated(unsafe) private static var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)  // one thread

  /// The piece itself; its bytes are good until the next call.
  static func piece(_ count: Int) -> (index: UInt64, bytes: UnsafeBufferPointer<UInt8>) {
    if buffer.count < count {
      buffer.deallocate()
      buffer = .allocate(byteCount: max(count, TransformationLimits.pieceBytes + 65_536), alignment: 16)
    }
    guard let start = buffer.baseAddress, Descriptor.read(start, count) else {
      Fatal.end(.internal, "the host ended within a piece")
    }
    let index = UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
    let bytes = UnsafeRawBufferPointer(start: start + 8, count: count - 8).bindMemory(to: UInt8.self)
    return (index, bytes)
  }
}

/// Frames to the host.
enum Outgoing {
  static func send(_ kind: Frame.Kind, _ payload: [UInt8]) {
    Descriptor.write(1, Frame(kind, payload).encoded)
  }
}
