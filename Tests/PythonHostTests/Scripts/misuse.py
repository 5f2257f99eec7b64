"""Serves objects_app.py and drives one of its scenarios:   misuse.py SERVER SCENARIO [ROUNDS]

SERVER is mse-serve, or one built with a sanitizer. What goes wrong is an AssertionError; a server that crashes, hangs, leaks or whose
sanitizer objects is wrong.
"""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))


class Server:
    def __init__(self, program):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [program, "objects_app:app", "--app-dir", here, "--port", "0", "--threads", "4", "--grace", "5"],
            stdout=self.log, stderr=subprocess.STDOUT)
        for _ in range(1200):
            found = re.search(r"port=(\d+)", self.text())
            if found:
                break
            assert self.process.poll() is None, self.text()
            time.sleep(0.05)
        self.port = int(found[1])

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def request(self, path, parts=(), pause=0.0):
        """One request whose body comes in chunks; gives the answer's body."""
        with self.connect() as connection:
            connection.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            for part in parts:
                connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
                time.sleep(pause)
            connection.sendall(b"0\r\n\r\n")
            return read_answer(connection)

    def head(self, path):
        """Names and values of an answer's head."""
        with self.connect() as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            data = b""
            while part := connection.recv(1 << 16):
                data += part
        lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        assert lines[0] == "HTTP/1.1 200 OK", lines
        return [tuple(line.split(": ", 1)) for line in lines[1:]]

    def ok(self, path, *arguments, **named):
        answer = self.request(path, *arguments, **named)
        assert answer.endswith(b"ok"), f"{path}: {answer.decode(errors='replace')}\n{self.text()}"

    def end(self):
        assert self.process.poll() is None, f"exit code {self.process.returncode}\n{self.text()}"
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("the server did not end")
        text = self.text()
        assert code == 0, f"exit code {code}\n{text}"
        assert "Sanitizer" not in text, text


def read_answer(connection):
    data = b""
    while part := connection.recv(1 << 16):
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    if b"transfer-encoding: chunked" in head.lower():
        joined = b""
        while body:
            size, _, body = body.partition(b"\r\n")
            joined += body[: int(size, 16)]
            body = body[int(size, 16) + 2 :]
        return joined
    return body


def lines(count):
    return [b"%d" % number + b"x" * (number % 700) + b"\n" for number in range(count)]


def pieces(count, size=None):
    """The lines, cut where no line ends."""
    body = b"".join(lines(count))
    while body:
        length = size or random.randint(1, 40000)
        yield body[:length]
        body = body[length:]


def lined(path):
    def drive(server, rounds):
        for number in range(rounds):
            count = [10, 400, 4000][number % 3]
            server.ok(f"{path}?{count}", pieces(count), pause=0.0005 if number % 2 else 0)

    return drive


def simple(path, count=20):
    def drive(server, rounds):
        for _ in range(rounds):
            server.ok(path, pieces(count))

    return drive


def reserved(server, rounds):
    """Under names that the host keeps for itself no application speaks, whether its answer is one piece or a stream."""
    for path in "/reserved", "/reserved-stream":
        head = server.head(path)
        assert [pair for pair in head if "mse" in pair[0].lower()] == [("X-Mse-Status", "own"), ("Mses", "own"), ("mse", "own")], head


def kept(server, rounds):
    for _ in range(rounds):
        server.ok("/keep", [b"abc\n"])
        server.ok("/use")


def outlive(server, rounds):
    for _ in range(rounds):
        with server.connect() as connection:
            connection.sendall(b"POST /outlive HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5000000\r\n\r\n")
            connection.sendall(b"a\n" * 600000)
            connection.settimeout(20)
            try:
                assert read_answer(connection) == b"ok"
            except ConnectionResetError:
                pass
        server.ok("/outlived")


def write_outlives(server, rounds):
    for _ in range(rounds):
        with server.connect() as connection:
            connection.sendall(b"GET /write-outlives HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            time.sleep(0.3)
            while connection.recv(1 << 16):
                pass
        server.ok("/write-outlived")


def gone(server, rounds):
    """The client leaves while threads wait for it."""
    for number in range(rounds):
        connection = server.connect()
        connection.sendall(b"POST /mixed?5 HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n" + b"ab\n" * 400000)
        time.sleep(0.05 * (number % 3))
        connection.close()


def at_the_end(server, rounds):
    assert b"ok" in server.request("/at-the-end", [b"abc\n" * 1000])
    time.sleep(0.3)
    server.end()
    assert "atexit was here" in server.text(), server.text()


def slow_exit(server, rounds):
    """What atexit holds, and threads that aren't daemons, end with the grace."""
    server.ok("/slow-exit")


def native_exit(server, rounds):
    """What a library holds for the end of the process keeps nobody from ending."""
    server.ok("/native-exit")
    start = time.monotonic()
    server.end()
    assert time.monotonic() - start < 20 and "native" in server.text(), server.text()


def small_chunks(server, rounds):
    """A million parts of a byte cost what a million bytes cost."""
    start = time.monotonic()
    with server.connect() as connection:
        connection.sendall(b"POST /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(90):
            connection.sendall(b"1\r\na\r\n" * 10000)
        connection.sendall(b"0\r\n\r\n")
        assert read_answer(connection) == b"900000"
    seconds = time.monotonic() - start
    assert seconds < 60, f"{seconds} s"


def names(server, rounds):
    """Nothing is kept of the names, values and methods that strangers choose."""

    def send(count):
        with server.connect() as connection:
            for _ in range(count // 50):
                for _ in range(50):
                    headers = "".join(
                        f"{random.choice(['x-', 'X', 'y_', 'long' * 30])}{random.getrandbits(80):x}: {random.getrandbits(80):x}\r\n"
                        for _ in range(6))
                    method = random.choice(["GET", "PUT", "PURGE", "REPORT", "MKCOL", "HEAD"])
                    connection.sendall(f"{method} /echo?{random.getrandbits(80):x} HTTP/1.1\r\nHost: a\r\n{headers}\r\n".encode())
                    answer = b""
                    while not answer.endswith(b"\r\n\r\n"):
                        part = connection.recv(1 << 16)
                        assert part, answer
                        answer += part

    send(2000)
    before = int(server.request("/blocks"))
    memory = resident(server)
    send(2000 * rounds)
    after = int(server.request("/blocks"))
    grown = resident(server) - memory
    assert after - before < 3000, f"{after - before} blocks are kept of {2000 * rounds} requests with 6 names each"
    # Sanitizers keep what was freed for a while.
    if "ASAN_OPTIONS" not in os.environ:
        assert grown < 24 << 20, f"{grown} bytes are kept"


def resident(server):
    with open(f"/proc/{server.process.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


def at_once(server, rounds):
    """Everything side by side."""
    failures = []

    def drive(scenario):
        try:
            scenario(server, rounds)
        except BaseException as error:
            failures.append(error)

    parts = [scenarios[name] for name in ("iterate", "mixed", "sizes", "late-heads", "gone", "heads", "objects")]
    threads = [threading.Thread(target=drive, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


scenarios = {
    "iterate": lined("/iterate"), "chained": lined("/chained"), "mixed": lined("/mixed"), "sizes": simple("/sizes"),
    "objects": simple("/objects"), "heads": simple("/heads"), "late-heads": simple("/late-heads"), "reserved": reserved, "kept": kept, "outlive": outlive,
    "write-outlives": write_outlives, "reentrant": simple("/reentrant", 2000), "gone": gone, "at-the-end": at_the_end,
    "slow-exit": slow_exit, "native-exit": native_exit,
    "small-chunks": small_chunks, "names": names, "at-once": at_once,
}

if __name__ == "__main__":
    program, names_of = sys.argv[1], sys.argv[2]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    for name in scenarios if names_of == "all" else names_of.split(","):
        server = Server(program)
        try:
            scenarios[name](server, rounds)
            if server.process.poll() is None or name not in ("at-the-end", "native-exit"):
                server.end()
        except BaseException:
            sys.stderr.write(f"{name}: {server.text()[-20000:]}\n")
            raise
        finally:
            server.process.kill()
        print(f"{name}: ok", flush=True)
