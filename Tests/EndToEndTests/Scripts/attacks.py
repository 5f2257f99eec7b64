# What a package's code tries against the machine that runs it. Appended to an application; each answers with what was reached.
import ctypes
import errno
import fcntl
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def unjudged(number):
    """A call that came after those that were judged: there is none of that number, whatever the kernel has."""
    libc.syscall(number, 0, 0, 0, 0, 0, 0)
    if ctypes.get_errno() == errno.ENOSYS:
        raise OSError("there is none")


def read(path):
    with open(path, "rb") as file:
        return len(file.read())


def write(path):
    with open(path, "ab") as file:
        file.write(b"x")


def ask_processor():
    """A quote over a key of its own, of whoever is at the other end of any descriptor."""
    request = (65).to_bytes(4, "little") + b"\x01" + bytes(64)
    for number in range(3, 256):
        try:
            one = socket.socket(fileno=os.dup(number))
            one.getpeername()
        except OSError:
            continue
        one.settimeout(1)
        if one.family == socket.AF_UNIX:
            one.sendall(request)
            return one.recv(4)
    raise OSError("nobody answers")


def child():
    if os.fork() == 0:
        os._exit(0)


def unix_socket():
    socket.socket(socket.AF_UNIX).close()


TEXT = b"a-user's-name"


def control(option, *arguments):
    """prctl"""
    call(157, option, *arguments)


def name_memory():
    """PR_SET_VMA, PR_SET_VMA_ANON_NAME: what the machine reads in /proc/PID/maps."""
    import mmap

    memory = mmap.mmap(-1, 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    control(0x53564D41, 0, ctypes.c_void_p(address), ctypes.c_size_t(4096), ctypes.c_char_p(TEXT))


def name_another():
    """As pthread_setname_np does it for other threads."""
    ready = threading.Event()
    thread = threading.Thread(target=ready.wait, name=TEXT.decode())
    thread.start()
    try:
        with open(f"/proc/self/task/{thread.native_id}/comm", "wb", buffering=0) as file:
            file.write(TEXT[:15])
    finally:
        ready.set()


def name_by_library():
    error = libc.pthread_setname_np(ctypes.c_ulong(threading.get_ident()), ctypes.c_char_p(TEXT[:15]))
    if error:
        raise OSError(error, "refused")


def write_own(name):
    with open(f"/proc/self/{name}", "wb", buffering=0) as file:
        file.write(b"1")


def stranger():
    """A socket by its name among those of the machine, without asking for one of the family."""
    one, _ = socket.socketpair(type=socket.SOCK_DGRAM)
    one.sendto(b"x", b"\0" + TEXT)


def descriptors():
    """Files of the machine that are open: none but the log's piece, which is only written, and lies among what it sealed."""
    for number in range(3, 256):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        is_written = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
        if is_written and target.startswith("/instance/sealed/application.log/"):
            continue
        if target.startswith("/") and not target.startswith(("/memory", "/usr", "/dev/urandom")):
            return target
    raise OSError("none")


@app.post("/attack")
def attack():
    places = json.loads(request.get_data())
    tries = {f"read {path}": lambda path=path: read(path) for path in places["read"]}
    tries |= {f"list {path}": lambda path=path: os.listdir(path) for path in places["list"]}
    tries |= {f"write {path}": lambda path=path: write(path) for path in places["write"]}
    tries |= {f"kill {process}": lambda process=process: os.kill(process, 0) for process in places["processes"]}
    tries |= {f"see {process}": lambda process=process: read(f"/proc/{process}/cmdline") for process in places["processes"]}
    numbers = {"ptrace": 101, "mount": 165, "unshare": 272, "setns": 308, "bpf": 321, "perf_event_open": 298, "keyctl": 250, "userfaultfd": 323}
    numbers |= {"process_vm_readv": 310, "io_uring_setup": 425, "pivot_root": 155, "kexec_load": 246, "clone3": 435, "shmget": 29}
    tries |= {name: lambda number=number: call(number, 0, 0, 0, 0, 0, 0) for name, number in numbers.items()}
    tries |= {f"call {number}": lambda number=number: unjudged(number) for number in (457, 458, 462, 467)}
    tries |= {
        "clone into a user namespace": lambda: call(56, 0x10000000 | 17, 0, 0, 0, 0),
        "fork": child,
        "program": lambda: subprocess.run([sys.executable, "--version"], check=True),
        "execute": lambda: os.execv("/usr/bin/python3", ["python3"]),
        "execute the loader": lambda: os.execv(places["loader"], ["loader"]),
        "all processes": lambda: os.kill(-1, 0),
        "unix socket": unix_socket,
        "unix datagrams": stranger,
        "unix packets": lambda: socket.socketpair(type=socket.SOCK_SEQPACKET),
        "dumpable": lambda: control(4, 1),
        "debugged by others": lambda: control(0x59616D61, -1),
        "command line": lambda: control(35, 8, 0, 0, 0),
        "name of the thread": lambda: control(15, TEXT[:15]),
        "name of the thread by libc": name_by_library,
        "name of another thread": name_another,
        "name of memory": name_memory,
        "name of a file in memory": lambda: os.memfd_create(TEXT.decode()),
        "quote": ask_processor,
        "descriptors": descriptors,
        "privileges": lambda: os.setuid(0) if os.getuid() else os.chroot("/memory"),
    }
    tries |= {f"write own {name}": lambda name=name: write_own(name) for name in ("comm", "oom_score_adj", "coredump_filter", "mem")}
    reached = {}
    for name, one in tries.items():
        try:
            reached[name] = repr(one())
        except (OSError, ValueError):
            pass
    return reached


@app.get("/works")
def works():
    """What a service needs all the same."""
    results = []
    threads = [threading.Thread(target=lambda: results.append(1)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"x")
    write("/tmp/usual")
    write(os.environ["HOME"] + "/kept")
    import sqlite3, ssl, zoneinfo

    sqlite3.connect(os.environ["TMP_PATH"] + "/x.db").execute("create table t (a)")
    context = ssl.create_default_context()
    one, other = socket.socketpair()
    one.sendall(b"x")
    host = socket.getaddrinfo("localhost", 80)[0][4][0]
    return {
        "threads": len(results), "authorities": len(context.get_ca_certs()), "pair": other.recv(1).decode(), "localhost": host,
        "process": os.getpid(), "environment": sorted(os.environ), "path": sys.path,
    }


@app.get("/maps")
def maps():
    import ctypes, sqlite3, ssl, markupsafe._speedups

    return open("/proc/self/maps").read()


@app.get("/modules/<name>")
def modules(name):
    __import__(name)
    return sys.modules[name].__file__ or "built in"
