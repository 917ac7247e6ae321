import EventLoop

@main struct Main {
  static func main() {
    var arguments: [String] = []
    for position in 1..<max(1, Int(CommandLine.argc)) {
      guard let bytes = CommandLine.unsafeArgv[position] else { break }
      // What is not UTF-8 is no option, and as a path it shows in the message where it fails.
      arguments.append(String(cString: bytes))
    }
    EventLoop.run { [arguments] in await Start.run(arguments) }
  }
}
