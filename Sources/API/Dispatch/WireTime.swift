package import Core
package import SwiftProtobuf

extension Timestamp {
  /// The time as messages carry it.
  package var wire: Google_Protobuf_Timestamp {
    var wire = Google_Protobuf_Timestamp()
    wire.seconds = seconds
    wire.nanos = Int32(microseconds % 1_000_000) * 1_000
    return wire
  }

  /// The time that a message carries; what lies beyond our range becomes its nearest end.
  package init(wire: Google_Protobuf_Timestamp) {
    self = Timestamp(seconds: wire.seconds).advanced(by: Int64(wire.nanos) / 1_000)
  }
}
