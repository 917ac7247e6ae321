import CShims
import CUV

/// What libuv's requests on streams (connect, write, shutdown) have in common: memory of their own and a waiter that
/// they keep alive until their callback.
enum StreamRequest {
  /// In the callback, or when libuv refused the request: resumes the waiter in `data` and frees both.
  static func settle<R>(_ request: UnsafeMutablePointer<R>?, _ data: UnsafeMutableRawPointer?, _ status: Int32) {
    request?.deallocate()
    guard let data else { return }
    let waiter = Unmanaged<Waiter<Void, StreamFailure>>.fromOpaque(data).takeRetainedValue()
    waiter.resume(status == 0 ? .success(()) : .failure(StreamFailure(uv: status)))
  }
}

extension uv_buf_t {
  /// libuv takes pointers to mutable memory even for writing, which it does not change.
  init(_ bytes: UnsafeRawBufferPointer) {
    self = uv_buf_init(
      UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
      UInt32(clamping: bytes.count))
  }
}

/// See `demarc_reset_on_close`.
func demarcResetOnClose(_ descriptor: Int32) { demarc_reset_on_close(descriptor) }
