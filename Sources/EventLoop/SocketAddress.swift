import CUV
import Glibc

/// Addresses of sockets as text.
enum SocketAddress {
  /// `127.0.0.1:443`, `[::1]:443`; nil if the socket is not connected.
  static func peer(of descriptor: Int32) -> String? { text { getpeername(descriptor, $0, $1) } }

  /// The local port; nil if the socket is not bound.
  static func localPort(of descriptor: Int32) -> Int? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { storage in
      let address = UnsafeMutableRawPointer(storage).assumingMemoryBound(to: sockaddr.self)
      return getsockname(descriptor, address, &length) == 0 ? port(address) : nil
    }
  }

  private static func text(_ ask: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) -> String?
  {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { storage in
      let address = UnsafeMutableRawPointer(storage).assumingMemoryBound(to: sockaddr.self)
      guard ask(address, &length) == 0 else { return nil }
      var name = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN) + 1)
      // The name is zero-terminated and shorter than its room less one byte.
      guard uv_ip_name(address, &name, name.count - 1) == 0 else { return nil }
      let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      return address.pointee.sa_family == AF_INET6 ? "[\(host)]:\(port(address))" : "\(host):\(port(address))"
    }
  }

  private static func port(_ address: UnsafeMutablePointer<sockaddr>) -> Int {
    let raw = UnsafeRawPointer(address)
    return address.pointee.sa_family == AF_INET6
      ? Int(UInt16(bigEndian: raw.load(as: sockaddr_in6.self).sin6_port))
      : Int(UInt16(bigEndian: raw.load(as: sockaddr_in.self).sin_port))
  }
}
