// Verifies one quote again and again on one thread and prints how often, and in how many CPU seconds.
//
//     dcap-bench cold|warm|same-qe|parse|batch QUOTE COLLATERAL-FOLDER SECONDS-SINCE-1970 SECONDS
//     dcap-bench once-cold|once-warm|once-same-qe …  for counting instructions: once to prepare, then SECONDS times
import DCAP
import Foundation
import Notation
import SGXQuote

func read(_ path: String) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else { fail("no such file: \(path)") }
    return [UInt8](data)
}

func fail(_ problem: String) -> Never {
    FileHandle.standardError.write(Data("dcap-bench: \(problem)\n".utf8))
    exit(1)
}

func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

let arguments = CommandLine.arguments
guard arguments.count == 6, let seconds = Int64(arguments[4]), let amount = Double(arguments[5]) else {
    fail("usage: see the source")
}
let bytes = read(arguments[2])
let folder = arguments[3] + "/"
let collateral = Collateral(
    rootCRL: read(folder + "root_ca.crl.der"),
    pckCRL: read(folder + "pck.crl.der"),
    tcbInfo: read(folder + "tcb_info.json"),
    qeIdentity: read(folder + "qe_identity.json"),
    tcbInfoChain: read(folder + "tcb_info_chain.pem"),
    qeIdentityChain: read(folder + "qe_identity_chain.pem")
)

let mode = arguments[1].hasPrefix("once-") ? String(arguments[1].dropFirst(5)) : arguments[1]
let examiner: QuoteExaminer
switch mode {
case "warm": examiner = QuoteExaminer(remembering: VerifiedObjects(limits: .init(quotingEnclaves: 0)))
case "same-qe": examiner = QuoteExaminer(remembering: VerifiedObjects())
default: examiner = QuoteExaminer()
}

/// One verification, the quote's parsing included.
@inline(never)
func verify() {
    guard let quote = try? Quote(bytes) else { fail("no quote") }
    let result = examiner.examine(quote, with: collateral, at: Timestamp(seconds: seconds))
    guard result.isGenuine, result.status != nil else { fail("not verified: \(result.reasons)") }
}

@inline(never)
func parse() -> Int {
    guard let view = try? QuoteView(bytes.span.bytes) else { fail("no quote") }
    return view.layout.end
}

if mode == "batch" {
    guard let quote = try? Quote(bytes) else { fail("no quote") }
    let quotes = [Quote](repeating: quote, count: 4096)
    let start = ContinuousClock.now
    let results = await examiner.examine(quotes, with: collateral, at: Timestamp(seconds: seconds))
    let wall = (ContinuousClock.now - start) / .seconds(1)
    guard results.allSatisfy(\.isGenuine) else { fail("not verified") }
    let one = ContinuousClock.now
    for quote in quotes.prefix(1024) { _ = examiner.examine(quote, with: collateral, at: Timestamp(seconds: seconds)) }
    let single = (ContinuousClock.now - one) / .seconds(1) * 4
    print("\(quotes.count) \(wall) \(single / wall)")
} else if arguments[1] != mode {
    if mode == "parse" {
        for _ in 0..<Int(amount) where parse() == 0 { fail("no quote") }
    } else {
        for _ in 0...Int(amount) { verify() }
    }
} else {
    var count = 0, sum = 0
    verify()
    let start = processorSeconds()
    var now = start
    while now < start + amount {
        if mode == "parse" {
            for _ in 0..<1000 { sum &+= parse() }
            count += 1000
        } else {
            for _ in 0..<16 { verify() }
            count += 16
        }
        now = processorSeconds()
    }
    if sum == 1 { print() }
    print("\(count) \(now - start)")
}
