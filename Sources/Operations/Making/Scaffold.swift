internal import Files
internal import Notation
internal import PackageFormat

/// Makes a project that works, with tests.
public enum Scaffold {
    public static let templates = ["flask"]

    /// The name of a project, with the folder that it is made in, as an argument.
    public static func project(_ text: String) throws(OperationError) -> String {
        guard isName(Files.split(text).name) else {
            throw Arguments.mismatch("a name of a–z, 0–9, '-' and '_' that begins with a letter or digit")
        }
        return text
    }

    /// A template, as an option.
    public static func template(_ text: String) throws(OperationError) -> String {
        guard templates.contains(text) else { throw Arguments.mismatch(templates.joined(separator: " or ")) }
        return text
    }

    /// - Throws: when the folder exists or the template doesn't.
    public static func make(_ name: String, template: String) throws {
        guard templates.contains(template) else {
            throw OperationError(
                "--template",
                "'\(template.printable())' is unknown; there is: \(templates.joined(separator: ", "))",
                code: .usage
            )
        }
        let base = Files.split(name).name
        guard isName(base) else {
            throw OperationError(
                name.printable(),
                "a name of a–z, 0–9, '-' and '_' expected",
                code: .usage
            )
        }
        guard !Files.isTaken(name) else { throw OperationError(name, "exists already", code: .exists) }
        let work = Files.temporaryName(beside: name)
        Unfinished.begin(work)
        do {
            try Files.makeFolder(work)
            Unfinished.made(work)
            for (path, text) in files(base) {
                try Files.makeFolder(Files.split(work + "/" + path).folder)
                try Files.write(text, to: work + "/" + path, mode: path == "secrets.json" ? 0o600 : 0o644)
            }
            try Unfinished.complete([work]) { try FileMove.move(work, to: name) }
        } catch {
            try? Files.remove(work)
            throw (error as? FileError)?.named(name, insteadOf: work) ?? error
        }
    }

    /// What tries it, to be typed into a shell.
    public static func testCommand(_ name: String) -> String { "mse localtest --project \(ShellWord(path: name))" }

    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "_") else { return false }
        return text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: "_")
        }
    }

    private static func files(_ name: String) -> [(String, String)] {
        let password = Hex.text((0..<16).map { _ in UInt8.random(in: .min ... .max) })
        return [
            ("mse.toml", configuration(name)), ("mse_src/app.py", application),
            ("mse_src/requirements.txt", "flask==3.1.0\n"),
            ("mse_src/.mseignore", "__pycache__\n*.pyc\n.pytest_cache\n.venv\n"), ("tests/conftest.py", fixtures),
            ("tests/test_app.py", tests),
            ("secrets.json", "{\"password\": \"\(password)\"}\n"),
        ]
    }

    private static func configuration(_ name: String) -> String {
        """
        name = "\(name)"
        # module:variable, or module:factory
        python_application = "app:app"
        healthcheck_endpoint = "/health"
        tests_cmd = "pytest"
        tests_requirements = ["pytest==8.3.5", "requests==2.32.3"]

        """
    }

    private static let application = """
        \"\"\"A service as any other: nothing in it knows of enclaves.\"\"\"

        import hmac
        import json
        import os
        from pathlib import Path

        from flask import Flask, jsonify, request

        app = Flask(__name__)


        def secrets():
            path = Path(os.environ["SECRETS_PATH"])
            return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


        @app.get("/health")
        def health():
            return "OK"


        @app.get("/")
        def hello():
            return "Hello world"


        @app.post("/proof")
        def proof():
            \"\"\"Proves that the service knows the password, without telling it.\"\"\"
            password = secrets().get("password", "")
            tag = hmac.new(password.encode(), request.get_data(), "sha256").hexdigest()
            return jsonify(tag=tag)

        """

    private static let fixtures = """
        \"\"\"The service's address, pinned certificate and secrets come from the environment.\"\"\"

        import json
        import os
        from pathlib import Path

        import pytest
        import requests


        @pytest.fixture(scope="session")
        def url():
            return os.environ.get("TEST_REMOTE_URL", "http://localhost:5000").rstrip("/")


        @pytest.fixture(scope="session")
        def client():
            with requests.Session() as session:
                session.trust_env = False  # REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE would beat the pin
                session.verify = os.environ.get("TEST_CA_FILE") or True
                yield session


        @pytest.fixture(scope="session")
        def secrets():
            path = os.environ.get("TEST_SECRET_JSON")
            return json.loads(Path(path).read_text(encoding="utf-8")) if path else None

        """

    private static let tests = """
        import hmac

        import pytest


        def test_health(client, url):
            assert client.get(f"{url}/health", timeout=10).text == "OK"


        def test_hello(client, url):
            assert client.get(f"{url}/", timeout=10).text == "Hello world"


        def test_proof(client, url, secrets):
            if secrets is None:
                pytest.skip("no secrets were given to the tests")
            tag = client.post(f"{url}/proof", data=b"message", timeout=10).json()["tag"]
            assert tag == hmac.new(secrets["password"].encode(), b"message", "sha256").hexdigest()

        """
}
