import CUV
import Glibc

/// Which libuv handles are between their initialisation and their close callback, for the scopes that count them.
enum HandleCount {
  /// The scopes that open handles belong to. Empty outside of tests.
  private static var scopes: [UnsafeMutableRawPointer: HandleScope] = [:]

  static func opened(_ handle: UnsafeMutableRawPointer) {
    guard let scope = HandleScope.current else { return }
    scope.open += 1
    scopes[handle] = scope
  }

  static func closed(_ handle: UnsafeMutableRawPointer) {
    if !scopes.isEmpty { scopes.removeValue(forKey: handle)?.open -= 1 }
  }
}

/// Counts the handles opened by one task and its children: how a test proves that it leaks none while others run.
package final class HandleScope {
  @TaskLocal package static var current: HandleScope?
  /// Handles opened in this scope and not yet closed.
  package fileprivate(set) var open = 0

  package init() {}
}

/// The life of a libuv handle: zeroed memory on the heap, `data` = a retained object, both given back in the callback
/// of `uv_close` and nowhere else, because libuv may use the memory until then.
enum Handle {
  /// Makes a handle of type `H` that keeps `owner` alive until it is closed.
  ///
  /// - Throws: the system's error when libuv refuses; nothing is left behind then.
  static func open<H>(
    _ type: H.Type, owner: AnyObject, initialise: (UnsafeMutablePointer<H>) -> Int32
  ) throws(StreamFailure) -> UnsafeMutablePointer<H> {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: MemoryLayout<H>.size, alignment: MemoryLayout<H>.alignment)
    memset(memory, 0, MemoryLayout<H>.size)
    let handle = memory.bindMemory(to: H.self, capacity: 1)
    let status = initialise(handle)
    guard status == 0 else {
      memory.deallocate()
      throw StreamFailure(uv: status)
    }
    generic(handle).pointee.data = Unmanaged.passRetained(owner).toOpaque()
    HandleCount.opened(memory)
    return handle
  }

  /// Closes a handle made by `open`. Its pointer must not be used afterwards.
  static func close<H>(_ handle: UnsafeMutablePointer<H>) {
    uv_close(generic(handle)) { handle in
      guard let handle else { return }
      HandleCount.closed(handle)
      if let data = handle.pointee.data { Unmanaged<AnyObject>.fromOpaque(data).release() }
      UnsafeMutableRawPointer(handle).deallocate()
    }
  }

  /// The object given to `open`, in a callback.
  static func owner<H, Owner: AnyObject>(of handle: UnsafeMutablePointer<H>?, as type: Owner.Type) -> Owner? {
    guard let handle, let data = generic(handle).pointee.data else { return nil }
    return Unmanaged<Owner>.fromOpaque(data).takeUnretainedValue()
  }

  static func generic<H>(_ handle: UnsafeMutablePointer<H>) -> UnsafeMutablePointer<uv_handle_t> {
    UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
  }
}

/// What a handle keeps alive in place of the object that uses it, so that dropping that object can close the handle.
final class HandleLink<User: AnyObject> {
  weak var user: User?
}
