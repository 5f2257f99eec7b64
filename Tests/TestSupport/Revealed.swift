public import Secrets

/// What a secret says, for tests to compare; nil when there is none.
public func revealed(_ secret: borrowing SecretBytes?) -> [UInt8]? {
    switch secret {
    case .some(let secret): secret.withBytes { Array($0) }
    case .none: nil
    }
}

/// Likewise, as text.
public func revealedText(_ secret: borrowing SecretBytes?) -> String? {
    revealed(secret).map { String(decoding: $0, as: UTF8.self) }
}
