"""mse verify of an evidence file, process start to exit.   verify.py BIN"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

bin = Path(sys.argv[1]).resolve()
work = tempfile.mkdtemp()
os.environ["MSE_HOME"] = work + "/home"
os.chdir(work)


def mse(*words):
    return subprocess.run([bin / "mse", *words], check=True, capture_output=True, text=True).stdout


mse("simulator", "init")
mse("scaffold", "hello")
mse("package", "--project", "hello", "--output", "out", "--encrypt")
package = next(str(one) for one in Path("out").glob("*.tar"))
with socket.socket() as one:
    one.bind(("127.0.0.1", 0))
    port = one.getsockname()[1]
mse("spawn", "hello-1", "--package", package, "--san", "localhost", "--port", str(port), "--platform", "simulator")
mse("evidence", "hello-1", "--output", "out")
mse("stop", "hello-1", "--remove")
expected = mse("measure", package, "--json").split('"mrenclave": "')[1][:64]
root = mse("simulator", "root").strip()
rows = {"package": ["--package", package], "expected": ["--expected", expected]}
times = {name: [] for name in rows}
for _ in range(15):
    for name, words in rows.items():
        start = time.perf_counter()
        mse("verify", "out/evidence.json", *words, "--trusted-root", root)
        times[name].append((time.perf_counter() - start) * 1000)
for name, list in times.items():
    print(f"mse verify evidence.json --{name}: {statistics.median(list):.1f} ms (lowest {min(list):.1f})")
