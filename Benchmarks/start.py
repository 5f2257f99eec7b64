"""From exec to an answered GET: our agent and the original's, both in a pretended enclave.   start.py BIN PEER-BIN"""

import os
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

ours, theirs = (Path(one).resolve() / "mse-bootstrap" for one in sys.argv[1:])
work = Path(tempfile.mkdtemp())
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
quote = bytearray(48 + 384) + struct.pack("<I", 584)
quote += bytes(576) + struct.pack("<HHI", 0, 5, 0)
quote[0:4] = b"\x03\0\x02\0"
device = work / "dev"
(device / "keys").mkdir(parents=True)
for name, data in {"attestation_type": b"dcap", "user_report_data": b"", "quote": bytes(quote), "keys/_sgx_mrenclave": bytes(16)}.items():
    (device / name).write_bytes(data)
# The original's paths are fixed in its code: a sitecustomize of ours turns them to the folder.
patch = work / "patch"
patch.mkdir()
(patch / "sitecustomize.py").write_text(
    f"""
import pathlib, builtins
def turn(path): return str(path).replace("/dev/attestation", {str(device)!r})
old = pathlib.Path.__new__
pathlib.Path.__new__ = lambda cls, *args, **kw: old(cls, *[turn(a) if isinstance(a, str) else a for a in args], **kw)
opened = builtins.open
builtins.open = lambda file, *args, **kw: opened(turn(file) if isinstance(file, str) else file, *args, **kw)
"""
)
code = work / "code"
code.mkdir()
(code / "app.py.enc").write_bytes(bytes(50))


def run(command, environment):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    words = [str(command), "app:app", "--app-dir", str(code), "--id", str(uuid.uuid4()), "--ratls", str(int(time.time()) + 86400), "--host", "127.0.0.1", "--port", str(port)]
    if command == ours:
        words += ["--attestation-folder", str(device)]
    start = time.perf_counter()
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=open(work / "log", "wb"))
    try:
        while True:
            if process.poll() is not None:
                raise SystemExit(f"{command} ended: {(work / 'log').read_text()}")
            try:
                with context.wrap_socket(socket.create_connection(("127.0.0.1", port), 5)) as stream:
                    stream.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    if b"Mse-Status" in stream.recv(4096):
                        return time.perf_counter() - start
            except OSError:
                time.sleep(0.001)
    finally:
        process.kill()
        process.wait()


environment = dict(os.environ, PYTHONPATH=str(patch), HOME=str(work / "home"), KEY_PATH=str(work / "key"), MODULE_PATH=str(work / "module"), TMP_PATH="/tmp")
environment |= {"SECRETS_PATH": str(work / "secrets.json"), "SEALED_SECRETS_PATH": str(work / "sealed.json")}
(work / "home").mkdir()
(work / "key").mkdir()
pairs = [(run(ours, dict(os.environ)), run(theirs, environment)) for _ in range(9)]
mine, peer = (statistics.median(pair[i] for pair in pairs) * 1000 for i in (0, 1))
print(f"exec to waiting: ours {mine:.0f} ms, mse-lib-sgx {peer:.0f} ms")
print(f"ratio start {statistics.median(a / b for a, b in pairs):.3f}")
