import API
import Glibc

/// What the file system says of a file, to tell whether it is the same, unchanged one later.
struct FileFacts: Equatable, Sendable {
  enum Kind: Equatable, Sendable {
    case file
    case directory
    case symlink
    /// Named for a message.
    case other(String)
  }

  let kind: Kind
  let size: Int64
  private let device: UInt64
  private let inode: UInt64
  private let modified: [Int]
  private let changed: [Int]

  private init(_ facts: stat) {
    kind =
      switch facts.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .symlink
      case S_IFIFO: .other("a named pipe")
      case S_IFSOCK: .other("a socket")
      case S_IFBLK, S_IFCHR: .other("a device")
      default: .other("no plain file")
      }
    size = Int64(facts.st_size)
    device = UInt64(facts.st_dev)
    inode = UInt64(facts.st_ino)
    modified = [facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec]
    changed = [facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec]
  }

  /// Of a path, without following a symlink at its end.
  static func at(_ location: String, as name: String) throws(Refusal) -> FileFacts {
    var facts = stat()
    guard lstat(location, &facts) == 0 else { throw refusal(errno, name) }
    return FileFacts(facts)
  }

  /// Of an open file.
  static func of(_ descriptor: Int32, as name: String) throws(Refusal) -> FileFacts {
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else { throw refusal(errno, name) }
    return FileFacts(facts)
  }

  /// What an error of the system means for a file that the user named.
  static func refusal(_ code: Int32, _ name: String) -> Refusal {
    let reason = String(cString: strerror(code))
    return switch code {
    case ENOENT, ENOTDIR: Refusal(.notFound, "\(name) does not exist", concern: name)
    case EACCES, EPERM: Refusal(.invalid, "\(name) cannot be read: \(reason)", concern: name)
    case ENAMETOOLONG: Refusal(.invalid, "\(name.prefix(64))… is too long for a path", concern: String(name.prefix(64)))
    case ELOOP: Refusal(.invalid, "\(name) is a symbolic link", concern: name)
    case ENOSPC, EDQUOT, EROFS, EIO, EFBIG: Refusal(.storage, "\(name): \(reason)", concern: name)
    default: Refusal(.invalid, "\(name): \(reason)", concern: name)
    }
  }
}
