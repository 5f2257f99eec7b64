internal import Files
internal import Notation

/// One message of pip's, as pip's code gave it to its log: the template, which is pip's own, apart from what was put
/// into it, which may be a stranger's (a page's attributes, names of files, reasons of servers).
///
/// pip's log as text can't be told from what strangers have put into it: a line end in an attribute of a page begins a
/// line of its own there, with a time before it.
struct PipRecord: Hashable, Sendable {
    /// As in Python's logging: 20 for information, 30 for warnings, 40 and 50 for errors.
    var level: Int
    /// With `%s` for each argument; where there is none, the whole message.
    var template: String
    /// Each on one line.
    var arguments: [String]
    /// The arguments in their places.
    var text: String
    /// The class of the exception that pip was handling; empty for none.
    var error: String

    /// Of the file, in bytes; what comes behind is lost.
    static let byteLimit = 16 << 20

    /// What the interpreter runs before pip, with `records` being the file's path: each line of it becomes one record.
    /// Of information, only what is waited for and the reasons of a conflict.
    static let script = """
        import json, logging
        plain, left, last = logging.getLogRecordFactory(), [\(byteLimit)], [""]
        output = open(records, "w", encoding="ascii", buffering=1)
        waited = {
            "Fetching project page and analyzing links: %s", "Getting page %s", "Downloading %s", "Could not fetch URL %s: %s - skipping",
            "Found link %s, version: %s", "Skipping link: %s: %s", "Fetched page %s as %s", '%s://%s:%s "%s %s %s" %s %s',
        }
        frequent = {"Found link %s, version: %s", "Skipping link: %s: %s"}
        def clean(value):
            if isinstance(value, (int, float)): return value
            return "".join(one if one.isprintable() else " " for one in str(value)[:4000])
        def factory(*given, **named):
            record = plain(*given, **named)
            try:
                template = record.msg
                if not isinstance(template, str) or record.name.startswith("pip.subprocess"): return record
                conflict = template.startswith("\\nThe conflict is caused by:")
                if record.levelno < 30 and template not in waited and not conflict: return record
                if template in frequent and template == last[0]: return record
                last[0] = template
                arguments = tuple(map(clean, record.args)) if isinstance(record.args, tuple) else ()
                error = sys.exc_info()
                text = (template % arguments if arguments else template)[:32000]
                if record.exc_info and error[1] is not None: text += " " + clean(error[1])
                line = json.dumps([record.levelno, template[:32000], list(map(str, arguments)), text, error[0].__name__ if error[0] else ""])
                left[0] -= len(line) + 1
                if left[0] >= 0: output.write(line + "\\n")
            except Exception:
                pass
            return record
        logging.setLogRecordFactory(factory)
        """

    /// Reads what the script wrote.
    /// - Returns: nil for a line that it didn't write.
    init?(_ line: some Collection<UInt8>) {
        guard case .array(let parts)? = (try? JSON.read(Array(line), depthLimit: 4))?.value, parts.count == 5,
            case .number(let level) = parts[0].value, let level = Int(level), case .array(let list) = parts[2].value
        else { return nil }
        let texts = ([parts[1], parts[3], parts[4]] + list).map {
            if case .string(let text) = $0.value { text } else { "" }
        }
        self.level = level
        (template, text, error) = (texts[0], texts[1], texts[2])
        arguments = Array(texts[3...])
    }

    init(level: Int, template: String, arguments: [String] = [], text: String? = nil, error: String = "") {
        (self.level, self.template, self.arguments, self.error) = (level, template, arguments, error)
        self.text = text ?? template
    }

    static func all(_ path: String) -> [PipRecord] {
        // Where pip never came to its log there is none.
        guard let bytes = try? Files.read(path, limit: 2 * byteLimit) else { return [] }
        return bytes.split(separator: 0x0A).compactMap { PipRecord($0) }
    }
}
