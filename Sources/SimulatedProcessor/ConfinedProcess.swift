internal import CLinux
internal import Enclave
internal import Files
internal import Glibc
internal import PackageFormat

/// A process that runs a record's files, in the narrowest view of the machine that the kernel grants.
struct ConfinedProcess {
    let id: Int32
    /// What the kernel withheld.
    let missing: [Protection]

    /// What is started, and what it may see.
    struct Plan {
        var record: EnclaveRecord
        /// An empty folder of this user.
        var root: String
        /// Of the private memory.
        var byteCount: Int
        /// Whom it becomes where that can be had.
        var user: uid_t
        var bindings: [Binding]
        /// In its own view, and in the machine's.
        var arguments: (confined: [String], open: [String])
        /// Measured: nothing that this process finds in its own environment goes on.
        var environment: (confined: [String], open: [String])
        var socket: Int32
        var output: Int32
    }

    /// Tries one view after the other.
    /// - Throws: `FileError` when a file isn't the measured one, or no view can be had.
    init(_ plan: Plan) throws(FileError) {
        try Files.remove(plan.root)
        try Files.makeFolder(plan.root, mode: 0o700)
        let views = getuid() == 0 ? [CLINUX_VIEW, CLINUX_VIEW_IN_USER_NAMESPACE] : [CLINUX_VIEW_IN_USER_NAMESPACE]
        for view in views {
            if let process = try Self.start(plan, view: Int32(view)) {
                self = process
                return
            }
        }
        // Nothing hides the machine's files then, but what runs are still copies of what was hashed.
        try EnclaveFileSystem(root: plan.root).load(plan.record, as: .folder)
        for binding in plan.bindings where binding.isWritable { try Files.give(binding.source, to: getuid()) }
        guard let process = try Self.start(plan, view: Int32(CLINUX_MACHINE_VIEW)) else {
            throw FileError(plan.arguments.open[0], "can't be started")
        }
        self = process
    }

    private init(id: Int32, missing: [Protection]) {
        self.id = id
        self.missing = missing
    }

    /// - Returns: nil when the kernel doesn't grant this view.
    private static func start(_ plan: Plan, view: Int32) throws(FileError) -> ConfinedProcess? {
        let isOpen = view == Int32(CLINUX_MACHINE_VIEW)
        let values = CArguments()
        let bindings = plan.bindings.map { binding in
            clinux_binding(
                source: values.text(binding.source),
                target: values.text(binding.target),
                descriptor: binding.descriptor,
                is_writable: binding.isWritable ? 1 : 0,
                is_device: binding.isDevice ? 1 : 0,
                is_optional: binding.isOptional ? 1 : 0
            )
        }
        let temporaryNames = EnclaveFileSystem.temporaryNames(of: plan.record)
        let kernelFiles = KernelFiles.shown
        var control: Int32 = -1
        let id = withExtendedLifetime(values) {
            var confinement = clinux_confinement(
                view: view,
                root: values.text(plan.root),
                byte_count: plan.byteCount,
                user: plan.user,
                bindings: values.list(bindings),
                binding_count: bindings.count,
                kernel_files: values.list(kernelFiles.map { Optional(UnsafePointer(values.text($0))) }),
                kernel_file_count: kernelFiles.count,
                temporary_names: values.list(temporaryNames.map { Optional(UnsafePointer(values.text($0))) }),
                temporary_name_count: temporaryNames.count,
                arguments: values.texts(isOpen ? plan.arguments.open : plan.arguments.confined),
                environment: values.texts(isOpen ? plan.environment.open : plan.environment.confined),
                socket: plan.socket,
                output: plan.output
            )
            return clinux_confine(&confinement, &control)
        }
        guard id > 0 else { return nil }
        defer { close(control) }
        do throws(FileError) {
            if let missing = try follow(control, plan, isOpen: isOpen) {
                return ConfinedProcess(id: id, missing: missing)
            }
        } catch {
            kill(id, SIGKILL)
            Self.reap(id)
            throw error
        }
        reap(id)
        return nil
    }

    /// Loads its files when it is ready for them.
    /// - Returns: what is missing, once it runs; nil when the kernel refused a step.
    private static func follow(_ control: Int32, _ plan: Plan, isOpen: Bool) throws(FileError) -> [Protection]? {
        var event = clinux_confinement_event()
        var descriptor: Int32 = -1
        var missing: [Protection]?
        while clinux_next_event(control, &event, &descriptor) == 1 {
            switch Int(event.kind) {
            case CLINUX_ROOT_IS_READY:
                defer { close(descriptor) }
                let user = uid_t(bitPattern: event.value)
                let files = EnclaveFileSystem(root: "/proc/self/fd/\(descriptor)")
                try files.load(plan.record, as: .root)
                try files.prepare(plan.record, bindings: plan.bindings, user: user)
                for binding in plan.bindings where binding.isWritable { try Files.give(binding.source, to: user) }
                guard send(control, "g", 1, Int32(MSG_NOSIGNAL)) == 1 else { return nil }
            case CLINUX_MISSING: missing = Protection.all(in: event.value)
            case CLINUX_STEP_EXECUTE: throw FileError(plan.arguments.confined[0], doing: "start", event.value)
            case CLINUX_STEP_BINDING: throw FileError(plan.root, doing: "show the instance's files there", event.value)
            default: return nil
            }
        }
        return missing
    }

    private static func reap(_ process: Int32) {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }
}
