"""Drives the agent by the original's command line, in a pretended enclave, through the original's exchanges.

    original_command_line.py PRODUCTS EXCHANGES SEAL-FOLDER      (in a folder with dev/ and code/)
"""

import base64
import json
import os
import socket
import ssl
import subprocess
import sys
import time

products, path, _ = sys.argv[1:]
script = os.path.join(os.path.dirname(__file__), "configuration_server.py")
vectors = json.load(open(path))
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start(number):
    os.makedirs(f"state{number}")
    port = free_port()
    command = [products + "/mse-bootstrap", "app:app", "--app-dir", "code", "--id", vectors["id"], "--ratls", str(int(time.time()) + 86400), "--san", "localhost", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--attestation-folder", "dev", "--state", f"state{number}", "--memory", f"memory{number}"]
    agent = subprocess.Popen(command, stdout=open(f"log{number}", "w"), stderr=subprocess.STDOUT)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return agent, port
        except OSError:
            assert agent.poll() is None, open(f"log{number}").read()
            time.sleep(0.05)
    raise SystemExit("does not listen")


def send(port, request):
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port), 20)) as stream:
        stream.sendall(request)
        data = b""
        while part := stream.recv(65536):
            data += part
    return int(data.split(b" ")[1]), data.partition(b"\r\n\r\n")[2]


agent, port = start(0)
subprocess.run([sys.executable, script, "exchanges", str(port), path], check=True)
wrong = next(one for one in vectors["exchanges"] if one["name"] == "wrong key")
status, body = send(port, wrong["request"].encode("latin-1"))
assert status == 401 and json.loads(body)["code"] == "configuration.key", (status, body)
assert not os.path.exists("state0/configuration.sealed")
agent.terminate()
assert agent.wait(20) == 0

accepted = 0
for number, one in enumerate((one for one in vectors["exchanges"] if one["name"].startswith("accepted")), 1):
    agent, port = start(number)
    request = one["request"].partition("\r\n\r\n")[2]
    body = json.loads(request)
    # Boxes are for one instance: sealed anew to this one, whose key lies in the second half of REPORTDATA.
    report_data = open("dev/user_report_data", "rb").read()
    open("receiver.key", "wb").write(report_data[32:64])
    open("sealed.json", "w").write(one["sealed_text"])
    subprocess.run([products + "/mse", "seal", "--input", "sealed.json", "--receiver", "receiver.key", "--output", "box"], check=True, stdout=subprocess.DEVNULL)
    body["app_sealed_secrets"] = base64.urlsafe_b64encode(open("box", "rb").read()).decode().rstrip("=")
    data = json.dumps(body).encode()
    status, answer = send(port, b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
    assert (status, answer) == (200, b""), (status, answer)
    for _ in range(200):
        status, answer = send(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        if status == 200:
            break
        time.sleep(0.05)
    assert json.loads(answer) == one["files_after"], (one["name"], answer)
    agent.terminate()
    assert agent.wait(20) == 0
    accepted += 1
print("accepted", accepted)
