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


def start(number, mode=None):
    os.makedirs(f"state{number}")
    port = free_port()
    command = [products + "/mse-bootstrap", "app:app", "--app-dir", "code", "--id", vectors["id"], *(mode or ["--ratls", str(int(time.time()) + 86400)]), "--san", "localhost", "--host", "127.0.0.1", "--port", str(port)]
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


def send(port, request, clear=False):
    connection = socket.create_connection(("127.0.0.1", port), 20)
    with connection if clear else context.wrap_socket(connection) as stream:
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

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def configure(port, body):
    data = json.dumps(body).encode()
    return send(port, b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(data) + data)


def wait_for_files(port, expected, **how):
    for _ in range(200):
        try:
            status, answer = send(port, GET, **how)
            if status == 200 and answer.startswith(b"{"):
                assert json.loads(answer) == expected, answer
                return
        except (OSError, IndexError, ValueError):
            pass  # not yet the application's protocol
        time.sleep(0.05)
    raise SystemExit("the application doesn't answer")


def owner_certificate(name):
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*words, "-keyout", name + ".key", "-out", name + ".pem"], check=True, stderr=subprocess.DEVNULL)
    return open(name + ".key").read()


accepted = 0
for number, one in enumerate((one for one in vectors["exchanges"] if one["name"].startswith("accepted")), 1):
    agent, port = start(number)
    request = one["request"].partition("\r\n\r\n")[2]
    body = json.loads(request)
    # Boxes are for one instance: sealed anew to this one, whose key lies in the second half of REPORTDATA.
    report_data = open("dev/user_report_data", "rb").read()
    open("receiver.key", "wb").write(report_data[32:64])
    open("sealed.json", "w").write(one["sealed_text"])
    # A result takes nobody's place, an earlier box's neither.
    box = f"box-{number}"
    subprocess.run([products + "/mse", "seal", "--input", "sealed.json", "--unverified-key", "receiver.key", "--output", box], check=True, stdout=subprocess.DEVNULL)
    body["app_sealed_secrets"] = base64.urlsafe_b64encode(open(box, "rb").read()).decode().rstrip("=")
    if "code_secret_key" not in body:
        # The operator delivers the box, and adds what he would like the service to believe.
        for name, value in [("app_secrets", {"from": "the operator"}), ("ssl_private_key", "x"), ("code_secret_key", None), ("continue_epoch", "00" * 32)]:
            status, answer = configure(port, body | {name: value})
            assert status == 401 and json.loads(answer)["code"] == "configuration.mixed", (name, status, answer)
            assert not os.path.exists(f"state{number}/configuration.sealed")
    status, answer = configure(port, body)
    assert (status, answer) == (200, b""), (status, answer)
    # What the original leaves, but for the code key, which never reaches the application.
    expected = dict(one["files_after"])
    sealed = json.loads(expected["sealed_secrets.json"]) if "sealed_secrets.json" in expected else {}
    if sealed.pop("code_secret_key", None):
        expected["sealed_secrets.json"] = json.dumps(sealed)
    wait_for_files(port, expected)
    agent.terminate()
    assert agent.wait(20) == 0
    accepted += 1

# The other two modes: configured over RA-TLS, then in clear, or under the owner's own certificate.
one = next(one for one in vectors["exchanges"] if one["name"].startswith("accepted"))
body = json.loads(one["request"].partition("\r\n\r\n")[2])
body.pop("app_sealed_secrets", None)
expected = {"secrets.json": one["files_after"]["secrets.json"]}
key, other = owner_certificate("owner"), owner_certificate("other")
agent, port = start(90, ["--no-ssl"])
attested = ssl.get_server_certificate(("127.0.0.1", port))
assert configure(port, body)[0] == 200
wait_for_files(port, expected, clear=True)
agent.terminate()
assert agent.wait(20) == 0

agent, port = start(91, ["--certificate", "owner.pem"])
assert ssl.get_server_certificate(("127.0.0.1", port)) != open("owner.pem").read()
for wrong_key in [None, other, "no key"]:
    status, answer = configure(port, body | ({"ssl_private_key": wrong_key} if wrong_key else {}))
    assert status == 401, (wrong_key, status, answer)
    assert not os.path.exists("state91/configuration.sealed")
assert configure(port, body | {"ssl_private_key": key})[0] == 200
wait_for_files(port, expected)
assert ssl.get_server_certificate(("127.0.0.1", port)) == open("owner.pem").read()
agent.terminate()
assert agent.wait(20) == 0
print("accepted", accepted)
