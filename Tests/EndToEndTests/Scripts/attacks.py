# What a package's code tries against the machine that runs it. Appended to an application; each answers with what was reached.
import ctypes
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


def descriptors():
    """Files of the machine that are open for reading: none."""
    for number in range(3, 256):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
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
    tries |= {
        "clone into a user namespace": lambda: call(56, 0x10000000 | 17, 0, 0, 0, 0),
        "fork": child,
        "program": lambda: subprocess.run([sys.executable, "--version"], check=True),
        "execute": lambda: os.execv("/usr/bin/python3", ["python3"]),
        "execute the loader": lambda: os.execv(places["loader"], ["loader"]),
        "all processes": lambda: os.kill(-1, 0),
        "unix socket": unix_socket,
        "quote": ask_processor,
        "descriptors": descriptors,
        "privileges": lambda: os.setuid(0) if os.getuid() else os.chroot("/memory"),
    }
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
