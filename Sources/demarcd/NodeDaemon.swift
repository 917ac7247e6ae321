import API
import Core
import EventLoop
import Logging
import Node

extension NodeCommand {
  /// What the node is told, by options and file.
  @MainActor func settings() throws(Refusal) -> NodeDaemon.Settings {
    let file = try ConfigurationFile.read(V1NodeConfiguration.self, options.config)
    let place = try DaemonPlace(
      options, data: file.data, listen: file.listen, advertise: file.advertise, socket: file.socket)
    return NodeDaemon.Settings(place: place, file: file)
  }
}

/// `demarcd node`, running.
enum NodeDaemon {
  struct Settings {
    let place: DaemonPlace
    let file: V1NodeConfiguration
  }

  static func run(_ settings: Settings) async throws(Refusal) {
    throw Refusal(.usage, "this build has no node yet")
  }
}
