import Testing

@testable import Operations

@Suite("Addresses of the network")
struct NetworkAddressTests {
    @Test(
        "host and port are read as they stand; an IPv6 address without its brackets",
        arguments: [
            ("https://localhost:7443", "localhost", 7443), ("https://localhost", "localhost", nil),
            ("https://127.0.0.1:1/", "127.0.0.1", 1), ("https://[::1]:65535", "::1", 65535),
            ("https://[2001:db8::1]", "2001:db8::1", nil), ("https://a-b.example:443/x?y", "a-b.example", 443),
            ("http://pccs.example:8081/sgx/", "pccs.example", 8081),
            ("https://xn--mnchen-3ya.de", "xn--mnchen-3ya.de", nil),
        ] as [(String, String, Int?)]
    )
    func read(_ text: String, _ host: String, _ port: Int?) throws {
        let address = try NetworkAddress(text)
        #expect(address.host == host && address.port == port)
    }

    @Test(
        "what has no host, a user, or another sign in its host is refused",
        arguments: [
            "", "localhost", "localhost:7443", "https://", "https://:7443", "https:///path", "https://user@host",
            "https://user:word@host:1", "https://a b", "https://a%00b",
            "https://a\u{0}b", "https://[::1", "https://a\\b", "https://a/#b", "ftp://a", "https://münchen.de%2F",
        ]
    )
    func refused(_ text: String) {
        let error = #expect(throws: OperationError.self) { try NetworkAddress(text) }
        #expect(error?.description.contains("expected") == true)
        #expect(error?.description.contains("\u{0}") == false)
    }

    @Test(
        "a port is 1 to 65535, whatever its length",
        arguments: ["0", "65536", "99999999999999999999", "-1", "+1", "1x", "0x10", "٣", ""]
    )
    func ports(_ port: String) {
        #expect(throws: OperationError.self) { try NetworkAddress("https://localhost:\(port)") }
        #expect(throws: OperationError.self) { try NetworkAddress("https://[::1]:\(port)/") }
    }

    @Test("an address is written as it is read", arguments: [("localhost", 1), ("::1", 7443), ("127.0.0.1", 65535)])
    func written(_ host: String, _ port: Int) throws {
        let address = try NetworkAddress(NetworkAddress.text(host, port))
        #expect(address.host == host && address.port == port)
    }
}
