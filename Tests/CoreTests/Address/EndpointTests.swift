import Core
import Testing

struct EndpointTests {
  @Test(arguments: [
    "127.0.0.1", "127.255.0.9", "[::1]", "localhost", "a.localhost", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
  ])
  func theOwnMachine(host: String) throws {
    let endpoint = try #require(Endpoint("\(host):1"))
    #expect(endpoint.isLoopback && !endpoint.isUnroutable && !endpoint.isWildcard)
  }

  @Test(arguments: [
    "169.254.169.254", "0.1.2.3", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[febf::1]", "[ff02::1]",
    "[::ffff:169.254.0.1]", "[::]", "0.0.0.0", "[::ffff:0.0.0.0]",
  ])
  func whereNoPartnerCanBe(host: String) throws {
    let endpoint = try #require(Endpoint("\(host):1"))
    #expect(endpoint.isUnroutable && !endpoint.isLoopback)
  }

  @Test(arguments: ["192.0.2.1", "10.0.0.1", "100.64.0.1", "[2001:db8::1]", "[fd00::1]", "[fec0::1]", "acme.example"])
  func whereOneMayBe(host: String) throws {
    let endpoint = try #require(Endpoint("\(host):1"))
    #expect(!endpoint.isUnroutable && !endpoint.isLoopback && !endpoint.isWildcard)
  }

  @Test(arguments: [
    "https://a/b", "https://a@b", "https://", "http://a", "https://a:0", "https://a:65536", "https://127.1",
    "https://0x7f000001", "https://a b", "https://a\n", "https://[::1", "https://[::1]x", "https://a:1:2", "https://-a",
  ])
  func whatIsNoURLOfADaemon(url: String) {
    let endpoint = Endpoint(url: url)
    // A name that looks like a number in disguise is a name here, and asked of the resolver; it is no address.
    #expect(
      endpoint == nil || endpoint?.address == nil && url == "https://0x7f000001",
      "\(url): \(String(describing: endpoint))")
  }
}
