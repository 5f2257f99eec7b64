"""CPU time a request, ours against hypercorn on asyncio (as the original serves), over TLS 1.3, in turns: servers on core 0, wrk on core 1.   serve.py BIN

Ours twice: `mse serve`, and the agent in a simulated enclave, where code is encrypted and memory is overwritten when it is freed.
"""

import json
import os
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

bin = Path(sys.argv[1]).resolve()
work = Path(tempfile.mkdtemp())
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", work / "key.pem", "-out", work / "cert.pem"],
    check=True, capture_output=True,
)
(work / "wsgi_hello.py").write_text('def app(environ, start_response):\n    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])\n    return [b"Hello, world!"]\n')
(work / "flask_json.py").write_text('from flask import Flask, jsonify\napp = Flask(__name__)\nROWS = [{"id": i, "name": f"row {i}", "value": i * 1.5, "ok": i % 2 == 0} for i in range(16)]\n@app.get("/")\ndef rows():\n    return jsonify(rows=ROWS)\n')
site = sysconfig.get_path("purelib")
SERVERS = {
    "ours": [str(bin / "mse"), "serve", "{app}:app", "--app-dir", str(work), "--site-packages", site, "--port", "{port}", "--certificate", str(work / "cert.pem"), "--private-key", str(work / "key.pem")],
    "hypercorn-asyncio": [sys.executable, "-m", "hypercorn", "--workers", "1", "--certfile", str(work / "cert.pem"), "--keyfile", str(work / "key.pem"), "-b", "127.0.0.1:{port}", "{app}:app"],
}
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
ticks = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    total = 0
    todo = [pid]
    while todo:
        one = todo.pop()
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            todo += map(int, task.read_text().split())
        total += sum(map(int, Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()[11:15]))
    return total / ticks


def load(port, seconds):
    out = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", "-c16", f"-d{seconds}s", f"https://localhost:{port}/"], capture_output=True, text=True).stdout
    assert "Non-2xx" not in out, out
    return int(re.search(r"(\d+) requests in", out)[1])


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def mse(*words):
    """What a command of ours prints; a service that it starts stays on core 0."""
    command = ["taskset", "-c", "0", bin / "mse", *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ, MSE_HOME=str(home))).stdout


def package(app):
    project = work / f"project-{app}"
    code = project / "mse_src"
    code.mkdir(parents=True)
    (project / "tests").mkdir()
    shutil.copy(work / f"{app}.py", code)
    (code / "requirements.txt").write_text("flask\n" if app == "flask_json" else "")
    (project / "mse.toml").write_text(
        f'name = "{app}"\npython_application = "{app}:app"\nhealthcheck_endpoint = "/"\ntests_cmd = "true"\ntests_requirements = []\n'
    )
    mse("package", "--project", project, "--output", work / "out", "--encrypt")
    [made] = (work / "out").glob(f"package_{app}_*.tar")
    return made, made.with_suffix(".key")


def measure_enclave(app):
    made, key = packages[app]
    port = free_port()
    mse("spawn", "bench", "--package", made, "--san", "localhost", "--port", port, "--platform", "simulator")
    try:
        mse("run", "bench", "--package", made, "--trusted-root", mse("simulator", "root").strip(), "--key", key)
        pid = json.loads(mse("status", "bench", "--json"))["pid"]
        load(port, 1)
        before = cpu(pid)
        done = load(port, 4)
        return (cpu(pid) - before) / done * 1e6
    finally:
        mse("stop", "bench", "--remove")


def measure(name, app):
    if name == "ours in an enclave":
        return measure_enclave(app)
    port = free_port()
    command = [word.format(app=app, port=port) for word in SERVERS[name]]
    process = subprocess.Popen(["taskset", "-c", "0", *command], cwd=work, env=dict(os.environ, PYTHONPATH=str(work)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(400):
            try:
                context.wrap_socket(socket.create_connection(("127.0.0.1", port), 5)).close()
                break
            except OSError:
                time.sleep(0.05)
        load(port, 1)
        before = cpu(process.pid)
        done = load(port, 4)
        return (cpu(process.pid) - before) / done * 1e6
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


APPS = ("wsgi_hello", "flask_json")
home = work / "home"
work.chmod(0o755)  # a service runs as a user of its own
mse("simulator", "init")
packages = {app: package(app) for app in APPS}
results = {}
for _ in range(3):
    for app in APPS:
        for name in [*SERVERS, "ours in an enclave"]:
            results.setdefault((app, name), []).append(measure(name, app))
for (app, name), values in results.items():
    print(f"{app} {name}: {statistics.median(values):.1f} µs CPU a request")
for case, mine, peer in (("", "ours", "hypercorn-asyncio"), ("-enclave", "ours in an enclave", "hypercorn-asyncio"), ("-enclave-to-serve", "ours in an enclave", "ours")):
    for app in APPS:
        pairs = zip(results[app, mine], results[app, peer])
        print(f"ratio {app.replace('_', '-')}{case} {statistics.median(a / b for a, b in pairs):.3f}")
