import Glibc
import Transformation

/// Output bytes on their way to the host, in frames of about 256 KiB.
struct OutputBuffer {
  private var bytes: UnsafeMutablePointer<UInt8>
  private var room: Int
  private var count = 0
  private var sent = 0

  init() {
    room = 2 * TransformationLimits.outputFrameBytes
    bytes = .allocate(capacity: room)
  }

  /// Everything appended so far.
  var total: Int { sent + count }
  var isFull: Bool { count >= TransformationLimits.outputFrameBytes }

  private mutating func reserve(_ more: Int) {
    guard count + more > room else { return }
    let larger = max(2 * room, count + more)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    memcpy(moved, bytes, count)
    bytes.deallocate()
    bytes = moved
    room = larger
  }

  mutating func append(_ byte: UInt8) {
    reserve(1)
    bytes[count] = byte
    count += 1
  }

  mutating func append(_ first: UInt8, _ second: UInt8) {
    append(first)
    append(second)
  }

  mutating func append(_ source: UnsafePointer<UInt8>, _ length: Int) {
    reserve(length)
    memcpy(bytes + count, source, length)
    count += length
  }

  mutating func append(_ text: StaticString) { append(text.utf8Start, text.utf8CodeUnitCount) }

  mutating func appendNumber(_ write: (UnsafeMutablePointer<UInt8>) -> Int) {
    reserve(CellText.numberBytes)
    count += write(bytes + count)
  }

  /// Sends everything. A single row may be larger than a frame.
  mutating func send() {
    var done = 0
    while done < count {
      let part = min(count - done, 1 << 20)
      Descriptor.write(1, Frame.header(.output, count: part))
      Descriptor.write(1, UnsafeRawBufferPointer(start: bytes + done, count: part))
      done += part
    }
    sent += count
    count = 0
  }
}
