import Glibc
import TestSupport
import Testing

@testable import Operations

@Suite("Addresses to listen on")
struct ListeningAddressTests {
    /// A socket that listens on a port that the kernel chose.
    private struct Taken: ~Copyable {
        let descriptor: Int32
        let port: Int

        init() {
            let opened = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = bind(opened, $0, length)
                    listen(opened, 1)
                    getsockname(opened, $0, &length)
                }
            }
            descriptor = opened
            port = Int(UInt16(bigEndian: address.sin_port))
        }

        deinit { close(descriptor) }
    }

    @Test("a port that is free is taken for free, twice", arguments: ["127.0.0.1", "localhost"])
    func free(_ host: String) throws {
        let address = ListeningAddress(host: host, port: FreePort.reserve())
        try address.check()
        try address.check()
        try address.check(for: "hello-1")
        #expect(!address.answers)
    }

    @Test("a port that another has is told, for a new instance and for one that is there")
    func taken() {
        let taken = Taken()
        let port = taken.port
        let address = ListeningAddress(host: "127.0.0.1", port: port)
        #expect(address.answers)
        let error = #expect(throws: OperationError.self) { try address.check() }
        #expect(error?.code == "network.port" && error?.description.contains("\(port)") == true)
        let again = #expect(throws: OperationError.self) { try address.check(for: "hello-1") }
        #expect(again?.subject == "hello-1")
        #expect(again?.description.contains("taken by another program") == true)
        _ = consume taken
    }

    @Test(
        "what is no address of this machine is told, whatever stands in it",
        arguments: [
            "192.0.2.1", "224.0.0.1", "255.255.255.255", "ff02::1", "no.such.host.invalid", "a b", "\u{1B}[2J",
            "300.1.1.1", "-",
        ]
    )
    func wrong(_ host: String) {
        let error = #expect(throws: OperationError.self) { try ListeningAddress(host: host, port: 0).check() }
        #expect(error?.subject == "--host" && error?.description.contains("no address of this machine") == true)
        #expect(error?.description.contains("\u{1B}") == false)
    }

    @Test("the address that means all is reached at this machine's own")
    func reachable() {
        for (host, expected) in [
            ("0.0.0.0", "127.0.0.1"), ("", "127.0.0.1"), ("::", "::1"), ("[::]", "::1"), ("10.0.0.1", "10.0.0.1"),
            ("a", "a"),
        ] {
            #expect(ListeningAddress.reachable(host) == expected)
        }
    }
}
