import EventLoop
import Glibc
import HTTP
import TestLoop
import Testing

/// Programs that know nothing of us: curl against the server, the client against nginx.
@Suite struct StrangerTests {
  private let content = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 13 >> 2) }

  /// What curl prints; nil where there is no curl.
  private func curl(_ arguments: [String], input: [UInt8] = []) async throws -> [UInt8]? {
    guard access("/usr/bin/curl", X_OK) == 0 else {
      print("skipped: curl not installed")
      return nil
    }
    let child = try ChildProcess.spawn(
      executable: "/usr/bin/curl", arguments: ["--silent", "--max-time", "20"] + arguments, stderr: .none)
    let feeding = Task {
      try await child.stdin?.write(input)
      try await child.stdin?.finish()
    }
    var output: [UInt8] = []
    while let bytes = try await child.stdout?.read(atMost: 1 << 16), !bytes.isEmpty { output += bytes }
    _ = await feeding.result
    _ = await child.exit()
    return output
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// A small site: a file with ranges, an echo, a refusal of whatever is sent.
  private func site(_ file: SharedFile) -> (HTTPRequest) async -> HTTPResponse {
    let size = Int64(content.count)
    return { request in
      switch request.segments.first {
      case "file":
        let verdict = ByteRange.parse(
          request.headers["range"], size: size, ifRange: request.headers["if-range"], entityTag: "\"v1\"")
        var headers: HTTPHeaders = ["etag": "\"v1\"", "accept-ranges": "bytes"]
        headers["content-range"] = verdict.contentRange(size: size)
        switch verdict {
        case .whole:
          return HTTPResponse(
            status: 200, headers: headers, content: .extents([FileExtent(file: file, offset: 0, length: size)]))
        case .part(let range):
          return HTTPResponse(
            status: 206, headers: headers,
            content: .extents([FileExtent(file: file, offset: range.lowerBound, length: Int64(range.count))]))
        case .unsatisfiable:
          return HTTPResponse(status: 416, headers: headers)
        }
      case "echo":
        return HTTPResponse(
          status: 200,
          content: .stream { (writer) async throws(StreamFailure) in
            while let bytes = try? await request.body.read(), !bytes.isEmpty { try await writer.write(bytes) }
          })
      default:
        return .text(status: 403, "no")
      }
    }
  }

  @Test func curlGetsWhatItAsksFor() async throws {
    let file = try scratchFile(content)
    try await withServer(respond: site(file)) { server in
      let base = "http://127.0.0.1:\(server.port)"
      guard let whole = try await curl([base + "/file"]) else { return }
      #expect(isSame(whole, content))
      let part = try await curl(["-r", "100-1999999", base + "/file"])
      #expect(isSame(part, Array(content[100..<2_000_000])))
      let tail = try await curl(["-r", "-7", base + "/file"])
      #expect(isSame(tail, Array(content.suffix(7))))
      let beyond = try await curl(["-r", "9999999-", "-o", "/dev/null", "-w", "%{http_code}", base + "/file"])
      #expect(text(beyond ?? []) == "416")
      let head = try await curl(["-I", base + "/file"])
      #expect(text(head ?? []).contains("content-length: 2500000\r\n"))
      let old = try await curl(["-0", base + "/file"])
      #expect(isSame(old, content))
      let twice = try await curl([
        "-o", "/dev/null", "-o", "/dev/null", "-w", "%{http_code} %{num_connects}\n", base + "/file", base + "/file",
      ])
      #expect(text(twice ?? []) == "200 1\n200 0\n")
    }
  }

  @Test func curlSendsWhatItLikes() async throws {
    let file = try scratchFile([])
    try await withServer(respond: site(file)) { server in
      let base = "http://127.0.0.1:\(server.port)"
      guard let chunked = try await curl(["-T", "-", base + "/echo"], input: content) else { return }
      #expect(isSame(chunked, content))
      // More than a megabyte makes curl ask first.
      let asked = try await curl(["--data-binary", "@-", "-H", "Expect: 100-continue", base + "/echo"], input: content)
      #expect(isSame(asked, content))
      let refused = try await curl(
        ["--data-binary", "@-", "-H", "Expect: 100-continue", "-w", "%{http_code} %{size_upload}", base + "/no"],
        input: content)
      #expect(text(refused ?? []) == "no\n403 0")
      let unasked = try await curl(
        ["--data-binary", "@-", "-H", "Expect:", "-w", "%{http_code}", base + "/no"], input: content)
      #expect(text(unasked ?? []) == "no\n403")
    }
  }

  @Test func nginxServesTheClient() async throws {
    guard access("/usr/sbin/nginx", X_OK) == 0 else {
      print("skipped: nginx not installed")
      return
    }
    var template = Array("/tmp/demarc-nginx-XXXXXX".utf8CString)
    mkdtemp(&template)
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let socket = directory + "/socket"
    write(content, to: directory + "/file")
    write(
      Array(
        """
        daemon off; master_process off; pid \(directory)/pid; error_log /dev/null;
        events {}
        http {
          access_log off; client_body_temp_path \(directory)/body; proxy_temp_path \(directory)/proxy;
          fastcgi_temp_path \(directory)/fast; uwsgi_temp_path \(directory)/uwsgi; scgi_temp_path \(directory)/scgi;
          server {
            listen unix:\(socket); root \(directory);
            location /gone { return 410 "gone"; }
            location /back { proxy_pass http://unix:\(socket):/file; proxy_buffering off; chunked_transfer_encoding on; }
          }
        }
        """.utf8), to: directory + "/conf")
    try await withNoLeakedHandles {
      let child = try ChildProcess.spawn(
        executable: "/usr/sbin/nginx", arguments: ["-p", directory, "-c", directory + "/conf"], stdin: .none,
        stdout: .none, stderr: .none)
      #expect(await eventually { access(socket, R_OK) == 0 })
      let client = HTTPClient(origin: .unix(path: socket))
      for target in ["/file", "/back", "/file?x=%20y"] {
        let response = try await client.send(HTTPClient.Request(method: "GET", target: target))
        #expect(response.status == 200)
        #expect(isSame(try await response.body.collect(atMost: 3_000_000), content))
      }
      let part = try await client.send(
        HTTPClient.Request(method: "GET", target: "/file", headers: ["range": "bytes=5-9"]))
      #expect(part.status == 206)
      #expect(try await part.body.collect(atMost: 100) == Array(content[5..<10]))
      let head = try await client.send(HTTPClient.Request(method: "HEAD", target: "/file"))
      #expect(head.headers["Content-Length"] == "2500000")
      #expect(try await head.body.collect(atMost: 100) == [])
      let gone = try await client.send(HTTPClient.Request(method: "GET", target: "/gone"))
      #expect(gone.status == 410)
      #expect(try await gone.body.collect(atMost: 100) == Array("gone".utf8))
      // A body that nginx refuses by its size, before it has all of it.
      let large = try await client.send(
        HTTPClient.Request(method: "POST", target: "/file", content: .bytes(content + content)))
      #expect(large.status == 413 || large.status == 405)
      client.close()
      child.kill(SIGTERM)
      _ = await child.exit()
    }
    for name in ["file", "conf", "pid", "socket", "body", "proxy", "fast", "uwsgi", "scgi", ""] {
      remove(directory + "/" + name)
    }
  }

  private func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }
}
