import CommandLine
import EventLoop
import Glibc

@main struct Main {
  static func main() {
    var arguments: [String] = []
    for position in 1..<max(1, Int(Swift.CommandLine.argc)) {
      guard let bytes = Swift.CommandLine.unsafeArgv[position] else { break }
      guard let text = String(validatingCString: bytes) else {
        // What follows may say how to say it.
        let wantsJSON = (1..<Int(Swift.CommandLine.argc)).contains { index in
          Swift.CommandLine.unsafeArgv[index].map { strcmp($0, "--json") == 0 } ?? false
        }
        EventLoop.run { Entrance.refuse(notText: position, wantsJSON: wantsJSON) }
      }
      arguments.append(text)
    }
    EventLoop.run { [arguments] in await Entrance.run(arguments) }
  }
}
