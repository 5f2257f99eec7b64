import Files
import Gramine
import GramineVectors
import Notation
import Testing

/// What Jinja2 itself makes of small templates.
@Suite("Templates")
struct TemplateTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let template: String
        /// Nil where Jinja2 refuses it.
        let output: String?
        var testDescription: String { String(template.prefix(60)) }
    }

    private static let file = try? JSON.read(Files.read(GramineCase.root + "/templates.json"))
    static let cases = (file?["cases"]?.list ?? []).map {
        Case(template: $0["template"]?.string ?? "", output: $0["output"]?.string)
    }

    private static var variables: [String: Template.Definition] {
        guard case .object(let members)? = file?["variables"]?.value else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: members.map { member in
                (member.name, member.node.string.map { .text($0) } ?? .set)
            }
        )
    }

    private func render(_ template: String) throws -> String {
        let bytes = try Template(reading: Array(template.utf8)).render(
            Self.variables,
            libraryFolder: "pkglib",
            surroundings: VectorSurroundings(folder: GramineCase.root + "/fixtures", variables: ["HOME": "/root"])
        )
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a template becomes what Jinja2 makes of it, or is refused as there", arguments: cases)
    func jinja(vector: Case) throws {
        guard let output = vector.output else {
            let error = #expect(throws: GramineError.self) { try render(vector.template) }
            #expect(error?.kind == .template)
            return
        }
        let rendered = try render(vector.template)
        #expect(rendered == output)
        #expect(rendered.utf8.elementsEqual(output.utf8))
    }

    @Test("all cases are there")
    func count() { #expect(Self.cases.count > 95) }

    @Test(
        "Gramine's names stand for what they do there",
        arguments: [
            ("{{ gramine.libos }}", "pkglib/libsysdb.so"), ("{{ gramine.pkglibdir }}", "pkglib"),
            ("{{ gramine.pkglibdir / 'sgx' / 'libpal.so' }} {{ gramine.libos.parent }}", "pkglib/sgx/libpal.so pkglib"),
            (
                "{{ gramine.libos.stem }} {{ gramine.libos.suffix }} {{ gramine.libos.name }}",
                "libsysdb .so libsysdb.so"
            ),
            ("{{ gramine.PAGESIZE }} {{ gramine.SGX_FLAGS_DEBUG }}", "4096 2"),
            ("{{ env.HOME }}{{ env['HOME'] }}", "/root/root"),
            ("{{ env.get('X', 'd') }}{{ env.get('X') }}", "dNone"),
            ("{{ 'X' in env }} {{ 'HOME' in env }}", "False True"),
            ("{{ gramine.libdir is defined }}", "False"), ("{{ ldd('a', 'b') | length }}", "2"),
            (
                "{% for p in python.get_sys_path('bin/fakepython', include_nonexisting=True) %}{{ p }};{% endfor %}",
                "pkglib;missing;app/data;"
            ),
        ]
    )
    func names(template: String, expected: String) throws { #expect(try render(template) == expected) }

    @Test("the runtime's folder is absolute, with and without a call")
    func runtimeFolder() throws {
        let folder = try Files.resolved(GramineCase.root + "/fixtures/pkglib/runtime")
        #expect(try render("{{ gramine.runtimedir }}") == folder + "/glibc")
        #expect(try render("{{ gramine.runtimedir('musl') / 'libc.so' }}") == folder + "/musl/libc.so")
        #expect(try render("{{ gramine.runtimedir / '/x' }}") == "/x")
    }

    @Test(
        "what costs too much is refused",
        arguments: [
            String(repeating: "(", count: 1000) + "1" + String(repeating: ")", count: 1000),
            String(repeating: "-", count: 1000) + "1",
            "range(100000000)", "range(0, 9223372036854775807, 1)", "9223372036854775807 + 1",
        ]
    )
    func bounds(expression: String) {
        let error = #expect(throws: GramineError.self) { try render("{{ \(expression) }}") }
        #expect(error?.kind == .template)
    }

    @Test(
        "values that double themselves are refused",
        arguments: ["a ~ a", "[a, a]", "a.replace('x', a)", "a.replace('', a)", "[a, a] | join(a)", "{'a': a, 'b': a}"]
    )
    func doubling(expression: String) {
        let text = "{% set a = 'xxxx' %}" + String(repeating: "{% set a = \(expression) %}", count: 60) + "{{ a }}"
        let error = #expect(throws: GramineError.self) { try render(text) }
        #expect(error?.kind == .template)
    }

    @Test("loops within loops end")
    func loops() {
        let loop = "{% for x in range(1000) %}"
        let text = String(repeating: loop, count: 6) + String(repeating: "{% endfor %}", count: 6)
        let error = #expect(throws: GramineError.self) { try render(text) }
        #expect(error?.kind == .template)
    }

    @Test("an error names its line")
    func place() {
        let error = #expect(throws: GramineError.self) { try render("a\n{% if flag %}\n\n{{ missing }}\n{% endif %}") }
        #expect(error?.place.line == 4)
        #expect(error?.problem == "'missing' is undefined")
    }

    @Test("statements nested too deeply are refused")
    func nesting() {
        let text = String(repeating: "{% if flag %}", count: 500) + String(repeating: "{% endif %}", count: 500)
        let error = #expect(throws: GramineError.self) { try render(text) }
        #expect(error?.kind == .template)
    }
}
