import API
import Core
import Glibc
import SwiftProtobuf

/// What both daemons are told: where they live and where they are reached.
struct DaemonPlace {
  let directory: String
  let socket: String
  let listen: Endpoint
  /// Nil for the listen address.
  let advertise: Endpoint?

  /// Puts options and configuration together; an option wins.
  init(
    _ options: DaemonOptions, data: String, listen: String, advertise: String, socket: String
  ) throws(Refusal) {
    directory = try Self.required(options.data, data, "--data DIR")
    let where_ = try Self.required(options.listen, listen, "--listen HOST:PORT")
    guard let endpoint = Endpoint(where_) else {
      throw Refusal(
        .usage, "“\(where_)” is not of the form HOST:PORT", concern: where_, hint: "like 127.0.0.1:7440 or [::1]:7440"
      )
    }
    self.listen = endpoint
    let url = options.advertise ?? advertise
    if url.isEmpty {
      guard !endpoint.isWildcard else {
        throw Refusal(
          .usage, "nobody can connect to \(endpoint.host)", concern: where_,
          hint: "say under which address others reach this daemon: --advertise https://HOST:PORT")
      }
      self.advertise = nil
    } else {
      guard let given = Endpoint(url: url), !given.isWildcard else {
        throw Refusal(.usage, "“\(url)” is not of the form https://HOST:PORT", concern: url)
      }
      self.advertise = given
    }
    let path = options.socket ?? socket
    self.socket = path.isEmpty ? directory + "/demarc.sock" : path
  }

  /// Refuses a directory in which a daemon of the other role lives, before anything is written there: `mark` is the
  /// file that only that role makes, `role` its name.
  func refuse(_ mark: String, of role: String) throws(Refusal) {
    guard access(directory + "/" + mark, F_OK) == 0 else { return }
    throw Refusal(
      .exists, "\(directory) is the data directory of a \(role)", concern: directory,
      hint: "name another directory with --data")
  }

  private static func required(_ option: String?, _ configured: String, _ name: String) throws(Refusal) -> String {
    let value = option ?? configured
    guard !value.isEmpty else {
      throw Refusal(.usage, "\(name) is missing", hint: "give it as an option or in the file of --config")
    }
    return value
  }
}

/// A configuration file: proto text format, read whole, unknown fields refused with their line.
enum ConfigurationFile {
  private static let limit = 1 << 20

  static func read<M: Message>(_ type: M.Type, _ path: String?) throws(Refusal) -> M {
    guard let path else { return M() }
    let bytes = try contents(path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Refusal(.invalid, "\(path) is not UTF-8", concern: path)
    }
    do {
      return try M(textFormatString: text)
    } catch {
      throw Refusal(
        .invalid, "\(path) is not a configuration" + fault(type, text), concern: path,
        hint: "it is a \(M.protoMessageName) in protobuf text format, such as listen: \"127.0.0.1:7440\"")
    }
  }

  /// The first line that cannot be read by itself. Lines of a nested message are not tried.
  private static func fault<M: Message>(_ type: M.Type, _ text: String) -> String {
    var depth = 0
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let isNested = depth > 0 || line.contains("{") || line.contains("}")
      depth += line.count { $0 == "{" } - line.count { $0 == "}" }
      if !isNested, (try? M(textFormatString: String(line))) == nil {
        return ": line \(number + 1) is no setting of it"
      }
    }
    return ""
  }

  private static func contents(_ path: String) throws(Refusal) -> [UInt8] {
    guard let file = fopen(path, "re") else {
      throw Refusal(
        errno == ENOENT ? .notFound : .storage, "\(path): \(String(cString: strerror(errno)))", concern: path)
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else { throw Refusal(.storage, "\(path) cannot be read", concern: path) }
    guard count <= limit else { throw Refusal(.limit, "\(path) is larger than \(limit) bytes", concern: path) }
    return Array(bytes.prefix(count))
  }
}
