"""Encryption and decryption of whole files: ours as a command against libsodium's secretbox, on the same files, in turns.   code.py BIN

Large: one file of 64 MiB; the peer (secretbox.c) reads it, calls crypto_secretbox_easy once, and writes it. Both are whole processes, timed from start to exit. Small: 20,000 files of 1 KiB from a warm cache.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

mse = str(Path(sys.argv[1]).resolve() / "mse")
work = Path(tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
key = work / "code.key"
key.write_bytes(os.urandom(32))
key.chmod(0o600)
peer_program = work / "secretbox"
flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libsodium"], check=True, capture_output=True, text=True).stdout.split()
subprocess.run(["clang", "-O2", "-o", peer_program, Path(__file__).parent / "secretbox.c", *flags], check=True)
os.environ["MSE_HOME"] = str(work / "home")


def ours(verb, source, target):
    shutil.rmtree(target, ignore_errors=True)
    start = time.perf_counter()
    subprocess.run([mse, "code", verb, source, target, "--key", key], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def theirs(verb, source, target):
    start = time.perf_counter()
    subprocess.run([peer_program, verb, source, target, key], check=True)
    return time.perf_counter() - start


plain = work / "plain"
plain.mkdir()
(plain / "large").write_bytes(os.urandom(64 << 20))
rows = {}
for _ in range(7):
    rows.setdefault("encrypt-64m", []).append((ours("encrypt", plain, work / "ours"), theirs("encrypt", plain / "large", work / "theirs")))
    rows.setdefault("decrypt-64m", []).append((ours("decrypt", work / "ours", work / "back"), theirs("decrypt", work / "theirs", work / "back2")))
(plain / "large").unlink()
count = 20_000
for index in range(count):
    folder = plain / f"d{index // 500}"
    folder.mkdir(exist_ok=True)
    (folder / f"f{index}").write_bytes(b"x" * 1024)
for verb, source, target in (("encrypt", plain, work / "small"), ("decrypt", work / "small", work / "small-back")):
    rate = max(count / ours(verb, source, target) for _ in range(3))
    print(f"small files, {verb}: {rate:,.0f} a second")
for case, pairs in rows.items():
    mine, peer = (statistics.median(pair[i] for pair in pairs) for i in (0, 1))
    print(f"{case}: ours {64 / mine:,.0f} MiB/s, libsodium {64 / peer:,.0f} MiB/s")
for case, pairs in rows.items():
    print(f"ratio {case} {statistics.median(peer / mine for mine, peer in pairs):.2f}")
shutil.rmtree(work)
