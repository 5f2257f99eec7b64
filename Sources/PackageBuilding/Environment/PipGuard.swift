internal import Files
internal import Notation
internal import Processes

/// What pip may do on this machine, whatever an index, a wheel or its metadata says.
struct PipGuard {
    /// Folders in which pip and what it starts may write; they must be there.
    var places: [String]
    /// Whether packages may be built, which runs their code.
    var allowsSources: Bool
    /// Of each archive, before anything of it is read into memory or unpacked, and of what is downloaded.
    var limits = WheelLimits.ofThisMachine

    /// Of a wheel's metadata, which pip reads whole, in bytes each.
    private static let metadataByteLimit = 64 << 20

    /// The kernel's part, which holds what pip starts, too. Nil where the kernel has none.
    var writeLimit: WriteLimit? {
        WriteLimit.isEnforced ? WriteLimit(places, makesLinks: allowsSources) : nil
    }

    /// What its owner should know where packages are built, and nothing keeps what they run from other files.
    static func note(allowsSources: Bool, isEnforced: Bool = WriteLimit.isEnforced) -> String? {
        guard allowsSources, !isEnforced else { return nil }
        return """
            WARNING: this kernel has no Landlock (Linux 5.13 and later have it, unless it is turned off): \
            what is built with allow_sources may write wherever this user may
            """
    }

    /// For Python, to run pip with `arguments`.
    /// - Parameter records: where pip's messages go.
    func arguments(records: String, _ arguments: [String]) -> [String] {
        let plan = Node.object([
            "sources": Node(.boolean(allowsSources)), "places": Node(.array(places.map { Node($0) })),
            "bytes": Node(limits.byteCount), "files": Node(limits.fileCount),
            "metadata": Node(Self.metadataByteLimit),
        ])
        return ["-I", "-c", Self.script, JSON.line(plan), records] + arguments
    }

    /// What the script's refusals begin with in pip's output.
    enum Refusal: String {
        /// Then the requirement, as JSON who wants it, by name and by archive.
        case directReference = "mse: a direct reference: "
        /// Then the archive's name, as JSON.
        case sourceArchive = "mse: a source archive: "
        /// Then the path, as JSON.
        case outsideWrite = "mse: a write outside: "
        /// Then the archive's name, as JSON.
        case tooLarge = "mse: too large an archive: "
        case program = "mse: no program may be started"
        /// Then its version.
        case unknownPip = "mse: an unknown pip: "
    }

    /// Without sources, pip starts no program, unpacks nothing but wheels, makes no link, follows no address that
    /// metadata names, and writes in its places alone. The kernel says the last, too, where it can: this says it of
    /// what comes before the kernel, and says what it was.
    private static let script = """
        import json, os, runpy, sys
        plan, records = json.loads(sys.argv.pop(1)), sys.argv.pop(1)
        sys.argv[0] = "pip"
        """ + "\n" + PipRecord.script + """


            def watch():
                places = [os.path.realpath(place) for place in plan["places"]] + ["/dev/null"]
                programs = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.system"}
                links = {"os.link", "os.symlink"}
                # The paths among the arguments, each with the place of the folder that it is relative to.
                changes = {
                    "os.mkdir": [(0, 2)], "os.remove": [(0, 1)], "os.rmdir": [(0, 1)], "os.rename": [(0, 2), (1, 3)],
                    "os.chmod": [(0, 2)], "os.chown": [(0, 3)], "os.utime": [(0, 3)], "os.truncate": [(0, None)],
                    "os.setxattr": [(0, None)], "os.removexattr": [(0, None)],
                }
                writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
                def check(path, folder=-1):
                    # A descriptor was opened before.
                    if isinstance(path, int):
                        return
                    path = os.fsdecode(path)
                    if isinstance(folder, int) and folder >= 0:
                        path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), path)
                    whole = os.path.realpath(path)
                    if not any(whole == place or whole.startswith(place.rstrip("/") + "/") for place in places):
                        raise PermissionError("mse: a write outside: " + json.dumps(whole))
                def hook(event, arguments):
                    if event in programs:
                        raise PermissionError("mse: no program may be started")
                    if event in links:
                        raise PermissionError("mse: a write outside: " + json.dumps(os.fsdecode(arguments[1])))
                    if event == "open":
                        path, _, flags = arguments
                        if isinstance(flags, int) and flags & writing:
                            check(path)
                    # What is there already can't be made.
                    if event == "os.mkdir" and os.path.lexists(arguments[0]):
                        return
                    for path, folder in changes.get(event, ()):
                        check(arguments[path], -1 if folder is None else arguments[folder])
                sys.addaudithook(hook)

            def bound():
                import resource, zipfile
                # What is downloaded is no larger than what it unpacks to may be.
                hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
                limit = plan["bytes"] if hard == resource.RLIM_INFINITY else min(plan["bytes"], hard)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
                begin = zipfile.ZipFile.__init__
                def __init__(self, *given, **options):
                    begin(self, *given, **options)
                    if self.mode != "r": return
                    sizes = [one.file_size for one in self.filelist]
                    metadata = [one.file_size for one in self.filelist if ".dist-info/" in one.filename]
                    if len(sizes) > plan["files"] or sum(sizes) > plan["bytes"] or max(metadata, default=0) > plan["metadata"]:
                        from pip._internal.exceptions import InstallationError
                        raise InstallationError("mse: too large an archive: " + json.dumps(os.path.basename(self.filename or "")))
                # What is unpacked of a member is no more than it says.
                zipfile.ZipFile.__init__ = __init__

            def patch():
                import pip
                try:
                    from pip._internal.utils import unpacking
                    unpacking.unpack_file
                    def unpack_file(filename, *_, **__):
                        raise InstallationError("mse: a source archive: " + json.dumps(os.path.basename(filename)))
                    # Whoever imports it from here on gets this one.
                    unpacking.unpack_file = unpack_file
                    from pip._internal.exceptions import InstallationError
                    from pip._internal.req import constructors
                    make = constructors.install_req_from_req_string
                    named = set()
                    def install_req_from_req_string(text, comes_from=None, *rest, **options):
                        requirement = make_unless_elsewhere(text, comes_from, rest, options)
                        if requirement.link and requirement.link.url_without_fragment not in named:
                            refuse(text, comes_from)
                        return requirement
                    def make_unless_elsewhere(text, comes_from, rest, options):
                        try:
                            return make(text, comes_from, *rest, **options)
                        except InstallationError:
                            # pip refuses those of packages of the usual index itself.
                            if "@" in text and "://" in text:
                                refuse(text, comes_from)
                            raise
                    def refuse(text, comes_from):
                        archive = comes_from.link.filename if comes_from is not None and comes_from.link else ""
                        wants = (comes_from.name or "") if comes_from is not None else ""
                        raise InstallationError("mse: a direct reference: " + json.dumps([text, wants, archive]))
                    constructors.install_req_from_req_string = install_req_from_req_string
                    from pip._internal.cli.req_command import RequirementCommand
                    read = RequirementCommand.get_requirements
                    def get_requirements(*given, **options):
                        requirements = read(*given, **options)
                        named.update(one.link.url_without_fragment for one in requirements if one.link)
                        return requirements
                    RequirementCommand.get_requirements = get_requirements
                except (AttributeError, ImportError):
                    sys.exit("mse: an unknown pip: " + pip.__version__)

            bound()
            if not plan["sources"]:
                watch()
                patch()
            runpy.run_module("pip", run_name="__main__", alter_sys=True)
            """
}
