import Glibc

/// Why a file or directory of a daemon could not be used.
nonisolated package enum FileFailure: Error, Equatable {
  /// Another process has the directory.
  case locked(path: String)
  /// Others than the owner may read what must be secret.
  case exposed(path: String)
  /// The file is longer than anything of its kind.
  case tooLarge(path: String)
  /// The system refused.
  case system(path: String, errno: Int32)

  /// The failure that `errno` tells now.
  static func last(_ path: String) -> FileFailure { .system(path: path, errno: errno) }

  /// What happened, for a person.
  package var message: String {
    switch self {
    case .locked(let path): "another daemon is using \(path)"
    case .exposed(let path): "\(path) can be read by others than its owner"
    case .tooLarge(let path): "\(path) is larger than it can rightly be"
    case .system(let path, let number): "\(path): \(String(cString: strerror(number)))"
    }
  }
}
