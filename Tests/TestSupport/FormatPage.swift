internal import Files

/// A page of docs/formats, whose limits tests hold against those of the code.
public struct FormatPage: Sendable {
    public let text: String

    /// - Parameter name: without its ending.
    public init(_ name: String) throws {
        let project = Files.split(Files.split(Files.split(#filePath).folder).folder).folder
        text = String(decoding: try Files.read(project + "/docs/formats/\(name).md"), as: UTF8.self)
    }

    /// Rows of two cells whose second is a number, such as `| names | 1,024 |`.
    public var limits: [String: Int] {
        var limits: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let cells = line.split(separator: "|").map { $0.trimming(while: { $0 == " " }) }
            guard cells.count == 2, let number = Int(cells[1].filter { $0 != "," }) else { continue }
            limits[String(cells[0])] = number
        }
        return limits
    }
}

extension Substring {
    fileprivate func trimming(while isBlank: (Character) -> Bool) -> Substring {
        var text = drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}
