"""Enclaves measured, and trusted files hashed.   measure.py BIN

Peers: one pass of SHA-256 (Python's hashlib, which is OpenSSL's) over as many bytes as a measurement hashes, and
sha256sum over the same files. Where GRAMINE names a checkout of Gramine, its own signer measures the same manifest."""

import base64
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

bin = Path(sys.argv[1]).resolve()
project = Path(__file__).resolve().parent.parent
fixtures = project / "Tests/Vectors/gramine/fixtures"
# In memory, so that no disk is measured.
work = Path(tempfile.mkdtemp(dir="/dev/shm"))
os.environ["MSE_HOME"] = str(work / "home")
os.chdir(work)
os.mkdir("pkglib")
shutil.copy(fixtures / "pkglib/libsysdb.so", "pkglib")
Path("libpal.so").write_bytes(base64.b64decode((fixtures / "elf/pal-basic.so.base64").read_bytes()))
rounds = 5
cores = os.cpu_count()


def run(*words):
    """Seconds, CPU seconds and peak KiB of a program, and what it printed."""
    out = tempfile.TemporaryFile()
    start = time.perf_counter()
    process = os.posix_spawn(
        words[0], words, os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(process, 0)
    elapsed = time.perf_counter() - start
    assert status == 0, words
    out.seek(0)
    return elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, out.read()


def mse(*words):
    return run(str(bin / "mse"), *words)


def manifest(name, **settings):
    lines = ['libos.entrypoint = "/main"', "fs.mounts = []"] + [f"sgx.{key} = {value}" for key, value in settings.items()]
    Path(name).write_text("\n".join(lines) + "\n")


def hashed(document):
    """Bytes that a measurement hashes: 64 a page, and 16 times 320 more where it is measured."""
    return 64 + sum(int(area["size"], 16) // 4096 * (64 + 16 * 320 * area["measured"]) for area in document["areas"])


def sha256(count):
    """CPU seconds of one pass."""
    piece = bytes(1 << 20)
    start = time.process_time()
    hash = hashlib.sha256()
    for _ in range(count >> 20):
        hash.update(piece)
    hash.update(piece[: count & (1 << 20) - 1])
    hash.digest()
    return time.process_time() - start


measure = ["measure", "--libpal", "libpal.so", "--pkglibdir", "pkglib", "--json"]
for name, settings in {
    "64 GiB": {"enclave_size": '"64G"'},
    "64 GiB, EDMM, 32 threads": {"enclave_size": '"64G"', "edmm_enable": "true", "max_threads": 32},
    "256 MiB": {"enclave_size": '"256M"'},
}.items():
    manifest("size.manifest", **settings)
    ours, peer, peak = [], [], 0
    for _ in range(rounds):
        _, cpu, memory, out = mse(*measure, "size.manifest")
        ours.append(cpu)
        peak = max(peak, memory)
        count = hashed(json.loads(out))
        peer.append(sha256(count))
    a, b = statistics.median(ours), statistics.median(peer)
    print(f"{name}: {a * 1000:.0f} ms of CPU, one pass over {count >> 20} MiB {b * 1000:.0f} ms, peak {peak / 1024:.0f} MiB")
    if name == "64 GiB":
        print(f"ratio measure-64G {a / b:.2f}")

os.mkdir("files")
for number in range(64):
    Path(f"files/{number}").write_bytes(os.urandom(1 << 20) * 8)
manifest("files.manifest", trusted_files='["file:files/"]')
paths = [f"files/{number}" for number in range(64)]
one, whole, peer = [], [], []
for _ in range(rounds):
    elapsed, cpu, _, _ = mse("manifest", "render", "files.manifest", "--pkglibdir", "pkglib")
    whole.append(elapsed)
    one.append(cpu)
    peer.append(run(shutil.which("sha256sum"), *paths)[1])
mebibytes = 64 * 8
a, b = mebibytes / statistics.median(one), mebibytes / statistics.median(peer)
print(f"trusted files: {a:.0f} MiB a second and core, sha256sum {b:.0f}; on {cores} cores {mebibytes / statistics.median(whole):.0f}")
print(f"ratio trusted-files {a / b:.2f}")

if "GRAMINE" in os.environ:
    signer = Path(os.environ["GRAMINE"]) / "python"
    os.environ["PYTHONPATH"] = str(signer)
    manifest("size.manifest", enclave_size='"64G"')
    mse("manifest", "render", "size.manifest", "size.full.manifest", "--pkglibdir", "pkglib")
    key = str(fixtures / "key/test-only-enclave-key.pem")
    words = ["--manifest", "size.full.manifest", "--output", "peer.sgx", "--libpal", "libpal.so", "--key", key, "--date", "2026-01-31"]
    peer = run(sys.executable, str(signer / "gramine-sgx-sign"), *words)[1]
    ours = mse("sign", *words, "--pkglibdir", "pkglib")[1]
    print(f"sign, 64 GiB: {ours * 1000:.0f} ms of CPU, Gramine's signer {peer * 1000:.0f} ms")
    print(f"ratio sign-64G {ours / peer:.3f}")

mse("simulator", "init")
mse("scaffold", "hello")
mse("package", "--project", "hello", "--output", "out", "--encrypt")
package = next(str(one) for one in Path("out").glob("*.tar"))
print(f"mse measure of the tour's package: {statistics.median(mse('measure', package)[0] for _ in range(rounds)) * 1000:.0f} ms")
shutil.rmtree(work)
