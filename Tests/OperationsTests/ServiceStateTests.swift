import Files
import Glibc
import Processes
import TestSupport
import Testing

@testable import Operations

@Suite("State of an instance")
struct ServiceStateTests {
    @Test("nothing is ended for a removal that can't be", .enabled(if: geteuid() == 0))
    func unwritable() throws {
        let folder = try TemporaryFolder()
        let state = StateFolder(environment: ["MSE_HOME": folder.path + "/state", "HOME": folder.path])
        try state.prepare()
        let service = try ServiceState("hello-1", in: state)
        try Files.makeFolder(service.folder, mode: 0o700)
        try service.checkRemoval()
        let mounts = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\""
        guard try ProgramRun("/bin/sh", ["-c", mounts, "sh", state.services]).run().status == 0 else { return }
        defer { _ = try? ProgramRun("/bin/umount", [state.services]).run() }
        let error = #expect(throws: FileError.self) { try service.checkRemoval() }
        #expect(error?.path == state.services && error?.code == "file.denied")
        #expect(error?.problem.contains("nothing of it was ended") == true)
    }
}
