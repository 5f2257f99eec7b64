import DCAPCollateral
import Files
import Notation
import TestSupport
import Testing

/// `sgx_default_qcnl.conf` as Intel ships it and as people change it.
@Suite("Intel's configuration")
struct ProviderConfigurationTests {
    private static let shipped = """
        {
          // *** ATTENTION : This file is in JSON format so the keys are case sensitive. Don't change them.

          //PCCS server address
          "pccs_url": "https://localhost:8081/sgx/certification/v4/"

          // To accept insecure HTTPS certificate, set this option to false
          ,"use_secure_cert": true

          // You can use the Intel PCS or another PCCS to get quote verification collateral.
          //,"collateral_service": "https://api.trustedservices.intel.com/sgx/certification/v4/"

          // ,"tcb_update_type" : "standard"
          ,"retry_times": 6
          ,"retry_delay": 10 // seconds, as in "http://here"
          /* ,"local_pck_url": "http://localhost:8081/sgx/certification/v4/" */
          ,"pck_cache_expire_hours": 168
          ,"verify_collateral_cache_expire_hours": 168,
          "custom_request_options" : {
            "get_cert" : { "headers": { "head1": "value1", }, "params": { "param1": "value1" } },
          },
        }
        """

    @Test("how often is asked is followed, within bounds; what isn't a number is an error")
    func retries() throws {
        func policy(_ more: String) throws -> RetryPolicy {
            try ProviderConfiguration(Array("{\"pccs_url\": \"https://a\"\(more)}".utf8)).retry
        }
        #expect(try policy("") == RetryPolicy())
        #expect(try policy(",\"retry_times\": 0").attempts == 1)
        let shipped = try ProviderConfiguration(Array(Self.shipped.utf8)).retry
        #expect(shipped.attempts == 7 && shipped.delay == .seconds(10) && shipped.longest == .seconds(10))
        let huge = try policy(",\"retry_times\": 99999, \"retry_delay\": 99999")
        #expect(huge.attempts == 11 && huge.delay == .seconds(60))
        #expect(try ProviderConfiguration(Array("PCCS_URL=https://a\nRETRY_TIMES=2\n".utf8)).retry.attempts == 3)
        for wrong in ["-1", "1.5", "true", "\"many\"", "99999999999"] {
            #expect(throws: NotationError.self) { try policy(",\"retry_times\": \(wrong)") }
        }
    }

    @Test(
        "the service is read from both forms",
        arguments: [
            (shipped, "https://localhost:8081/sgx/certification/v4/"),
            (
                shipped.replacing("//,\"collateral_service\"", with: ",\"collateral_service\""),
                "https://api.trustedservices.intel.com/sgx/certification/v4/"
            ),
            ("\u{FEFF}// first\r\n{\"pccs_url\":\"http://a:1/\",}\r\n", "http://a:1/"),
            ("{\"collateral_service\":\"https://c//d,}\",\"pccs_url\":\"https://p\"}", "https://c//d,}"),
            // The asterisk that begins a comment doesn't end it.
            ("{/*/\"pccs_url\":\"https://no\",/*/\"pccs_url\":\"https://yes\"}", "https://yes"),
            ("{/**/\"pccs_url\":\"https://yes\"/***/,/*\n*//*/*/}", "https://yes"),
            ("{//*\n\"pccs_url\":\"https://yes\"//*/\n}", "https://yes"),
            (
                """
                # /* \
                PCCS\nPCCS_URL=https://localhost:8081/sgx/certification/v3/\n\nUSE_SECURE_CERT=FALSE\n#RETRY_TIMES=6\n
                """,
                "https://localhost:8081/sgx/certification/v3/"
            ),
            (" PCCS_URL = https://a/ # here\r\nCOLLATERAL_SERVICE=https://b/\r\nRETRY_DELAY=10\r\n", "https://b/"),
            (
                "PCS_URL=https://localhost:8081/sgx/certification/v1/\nUSE_SECURE_CERT=TRUE\n",
                "https://localhost:8081/sgx/certification/v1/"
            ),
        ]
    )
    func service(text: String, expected: String) throws {
        let read = try ProviderConfiguration(Array(text.utf8))
        #expect(read.service == expected && read.usesSecureCertificate == !text.contains("CERT=FALSE"))
    }

    @Test(
        "what isn't understood is an error with its line",
        arguments: [
            ("{\n\"pccs_url\": \"https://a\",\n\"colateral_service\": \"https://b\"}", 3, "colateral_service"),
            ("{\n\"PCCS_URL\": \"https://a\"}", 2, "PCCS_URL"), ("{\n\n\"pccs_url\": 5}", 3, "pccs_url"),
            ("{\"pccs_url\": \"localhost:8081\"}", 1, "pccs_url"), ("{\"pccs_url\": \"https:///x\"}", 1, "pccs_url"),
            ("{\n\"pccs_url\": \"https://a\"\n\"use_secure_cert\": true}", 3, ""),
            ("{\"pccs_url\": \"https://a\"", 1, ""),
            ("{\"pccs_url\":\"https://a\",\"pccs_url\":\"https://b\"}", 1, ""),
            ("{\"pccs_url\":\"https://a\",\n\"use_secure_cert\":\"maybe\"}", 2, "use_secure_cert"),
            ("{\"pccs_url\":\"https://a\",\n\"tcb_update_type\":\"early\"}", 2, "tcb_update_type"),
            ("# a\nPCCS_URL https://a\n", 2, ""), ("PCCS_URL=https://a\nPCCS_URL=https://b", 2, "PCCS_URL"),
            ("pccs_url=https://a", 1, "pccs_url"),
            ("PCCS_URL=", 1, "pccs_url"), ("PCCS_URL=https://a b", 1, "PCCS_URL"),
            ("COLLATERAL=https://a", 1, "collateral"),
            ("{\n/* never ends\n\"pccs_url\":\"https://a\"}", 2, ""), ("\n/* {", 2, ""), ("{}/*/", 1, ""),
            ("{ // nothing\n}", 0, ""), ("", 0, ""), ("USE_SECURE_CERT=TRUE", 0, ""), ("<html>\n", 1, ""),
            ("{\"\u{212A}\":1,\"pccs_url\":\"https://a\"}", 1, "\u{212A}"),
        ]
    )
    func errors(text: String, line: Int, member: String) throws {
        let error = #expect(throws: NotationError.self) { try ProviderConfiguration(Array(text.utf8)) }
        #expect(error?.place.line == line && error?.member == member, "\(error?.description ?? "")")
    }

    @Test("the environment names another file, and an error names it")
    func path() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/qcnl.conf"
        try Files.write(Self.shipped, to: path)
        #expect(
            try ProviderConfiguration(environment: ["QCNL_CONF_PATH": path])?.service
                == "https://localhost:8081/sgx/certification/v4/"
        )
        try Files.write("{\n\"pccs\": 1}", to: path)
        for named in [path, folder.path + "/none", folder.path] {
            let error = #expect(throws: CollateralError.self) {
                try ProviderConfiguration(environment: ["QCNL_CONF_PATH": named])
            }
            #expect(error?.source == "QCNL_CONF_PATH \(named)")
        }
    }

    private static func growth(_ what: String, _ text: @escaping @Sendable (Int) -> String) -> Growth {
        Growth(what, make: { Array(text($0).utf8) }, read: { _ = try? ProviderConfiguration($0) })
    }

    private static let readers: [Growth] = [
        growth("unknown members") { "{" + Growth.text($0) { "\"a\($0)\":1," } + "}" },
        growth("line comments") { Growth.text($0) { _ in "//\n" } + "{}" },
        growth("other comments") { Growth.text($0) { _ in "/**/" } + "{}" },
        growth("an open comment") { "{/*" + Growth.text($0) { _ in "/*" } },
        growth("loose commas") { "{\"a\":[" + Growth.text($0) { _ in "[1,]," } + "]}" },
        growth("blanks behind commas") { "{\"a\":1" + Growth.text($0) { _ in ", " } + "}" },
        growth("quotes") { "{" + Growth.text($0) { _ in "\"//\"" } },
        growth("lines") { Growth.text($0) { _ in "PCCS_URL=https://localhost/\r\n" } },
        growth("names in lines") {
            Growth.text($0) {
                "A\(String(repeating: "B", count: $0 % 50))_\(String(repeating: "C", count: $0 / 50 % 50))=1\n"
            }
        },
        growth("blanks in lines") { "A =" + Growth.text($0) { _ in " " } },
    ]

    @Test("eight times the text takes no more than some eight times as long", arguments: readers)
    func growth(_ reader: Growth) throws {
        let result = try reader.measure()
        #expect(result.isNearlyLinear, "\(result)")
    }
}
