internal import CSodium

/// libsodium's secretstream (XChaCha20-Poly1305): messages in an order that can't be changed, each with its own tag.
package enum SecretStream {
    package static let headerByteCount = Int(crypto_secretstream_xchacha20poly1305_headerbytes())
    package static let overhead = Int(crypto_secretstream_xchacha20poly1305_abytes())
    /// The authenticator at the end of each message, by which the next piece names it.
    package static let authenticatorByteCount = 16

    /// What a message says of its place.
    package enum Tag: UInt8 {
        case message = 0
        /// Nothing follows.
        case final = 3
    }

    /// The stream's own key and place: guarded like any key, and wiped when the stream ends.
    private struct State: ~Copyable {
        private let memory = GuardedMemory(byteCount: MemoryLayout<crypto_secretstream_xchacha20poly1305_state>.size)

        var pointer: UnsafeMutablePointer<crypto_secretstream_xchacha20poly1305_state> {
            memory.bytes.baseAddress!.assumingMemoryBound(to: crypto_secretstream_xchacha20poly1305_state.self)
        }
    }

    package struct Writer: ~Copyable {
        private let state = State()
        package let header: [UInt8]

        package init(key: borrowing SecretKey) {
            var header = [UInt8](repeating: 0, count: SecretStream.headerByteCount)
            let pointer = state.pointer
            key.withPointer { _ = crypto_secretstream_xchacha20poly1305_init_push(pointer, &header, $0) }
            self.header = header
        }

        package mutating func seal(_ message: [UInt8], with associated: [UInt8], as tag: Tag) -> [UInt8] {
            var sealed = [UInt8](repeating: 0, count: message.count + SecretStream.overhead)
            crypto_secretstream_xchacha20poly1305_push(
                state.pointer,
                &sealed,
                nil,
                message,
                UInt64(message.count),
                associated,
                UInt64(associated.count),
                tag.rawValue
            )
            return sealed
        }
    }

    package struct Reader: ~Copyable {
        private let state = State()

        /// - Parameter header: 24 bytes, as a writer gave them. Whether they are those of this key shows at the first
        ///   message.
        package init(key: borrowing SecretKey, header: [UInt8]) {
            let pointer = state.pointer
            key.withPointer { _ = crypto_secretstream_xchacha20poly1305_init_pull(pointer, header, $0) }
        }

        /// Nil when the message isn't the next one of this stream.
        package mutating func open(_ sealed: [UInt8], with associated: [UInt8]) -> (message: [UInt8], tag: Tag)? {
            guard sealed.count >= SecretStream.overhead else { return nil }
            var message = [UInt8](repeating: 0, count: sealed.count - SecretStream.overhead)
            var tag: UInt8 = 0
            let status = crypto_secretstream_xchacha20poly1305_pull(
                state.pointer,
                &message,
                nil,
                &tag,
                sealed,
                UInt64(sealed.count),
                associated,
                UInt64(associated.count)
            )
            guard status == 0, let tag = Tag(rawValue: tag) else { return nil }
            return (message, tag)
        }
    }
}
