internal import Notation

/// Values as Python prints them.
extension TemplateValue {
    /// What is put into the output; nil for what has no text of use there.
    var text: String? {
        switch self {
        case .string(let text): text
        case .path(let path): path.text
        case .undefined, .function, .names: nil
        default: representation
        }
    }

    /// As within a list; nil for what has none.
    private var representation: String? {
        switch self {
        case .undefined, .function, .names: return nil
        case .none: return "None"
        case .boolean(let isTrue): return isTrue ? "True" : "False"
        case .integer(let number): return String(number)
        case .float(let number): return PythonNumber.float(number)
        case .string(let text): return Self.quoted(text)
        case .path(let path): return "PosixPath(\(Self.quoted(path.text)))"
        case .list(let elements):
            let texts = elements.compactMap(\.representation)
            return texts.count == elements.count ? "[" + texts.joined(separator: ", ") + "]" : nil
        case .tuple(let elements):
            let texts = elements.compactMap(\.representation)
            guard texts.count == elements.count else { return nil }
            return "(" + texts.joined(separator: ", ") + (texts.count == 1 ? ",)" : ")")
        case .dictionary(let entries):
            let texts = entries.compactMap { entry in
                entry.key.representation.flatMap { key in entry.value.representation.map { "\(key): \($0)" } }
            }
            return texts.count == entries.count ? "{" + texts.joined(separator: ", ") + "}" : nil
        }
    }

    private static func quoted(_ text: String) -> String {
        let quote: Unicode.Scalar = text.utf8.contains(0x27) && !text.utf8.contains(0x22) ? "\"" : "'"
        var result = String(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case quote, "\\": result += "\\" + String(scalar)
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\0"..."\u{1F}", "\u{7F}"..."\u{A0}", "\u{AD}":
                result += "\\x" + Hex.text([UInt8(scalar.value)])
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + String(quote)
    }

    /// JSON as Jinja's filter writes it: sorted, ASCII alone, and nothing that HTML would take for its own.
    var json: String? {
        switch self {
        case .none: return "null"
        case .boolean(let isTrue): return isTrue ? "true" : "false"
        case .integer(let number): return String(number)
        case .float(let number): return number.isFinite ? PythonNumber.float(number) : nil
        case .string(let text): return Self.jsonString(text)
        case .list(let elements), .tuple(let elements):
            let texts = elements.compactMap(\.json)
            return texts.count == elements.count ? "[" + texts.joined(separator: ", ") + "]" : nil
        case .dictionary(let entries):
            var texts: [(key: ExactText, text: String)] = []
            for entry in entries {
                guard case .string(let key) = entry.key, let value = entry.value.json else { return nil }
                texts.append((ExactText(key), "\(Self.jsonString(key)): \(value)"))
            }
            return "{" + texts.sorted { $0.key < $1.key }.map(\.text).joined(separator: ", ") + "}"
        case .undefined, .path, .function, .names: return nil
        }
    }

    private static func jsonString(_ text: String) -> String {
        var result = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x08: result += "\\b"
            case 0x0A: result += "\\n"
            case 0x0C: result += "\\f"
            case 0x0D: result += "\\r"
            case 0x09: result += "\\t"
            // < > & '
            case 0x3C, 0x3E, 0x26, 0x27, ..<0x20, 0x7F...:
                if unit == 0x7F {
                    result += "\u{7F}"
                } else {
                    result += "\\u" + Hex.text([UInt8(unit >> 8), UInt8(unit & 0xFF)])
                }
            default: result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            }
        }
        return result + "\""
    }
}
