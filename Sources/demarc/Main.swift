import CommandLine
import EventLoop

@main struct Main {
  static func main() {
    var arguments: [String] = []
    for position in 1..<max(1, Int(Swift.CommandLine.argc)) {
      guard let bytes = Swift.CommandLine.unsafeArgv[position] else { break }
      guard let text = String(validatingCString: bytes) else {
        EventLoop.run { Entrance.refuse(notText: position) }
      }
      arguments.append(text)
    }
    EventLoop.run { [arguments] in await Entrance.run(arguments) }
  }
}
