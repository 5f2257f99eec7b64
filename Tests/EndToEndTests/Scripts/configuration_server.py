"""What clients do to a configuration server.   configuration_server.py WHAT PORT [arguments]

exchanges FILE   the original's exchanges, but for those that start the service
malformed        more than forty malformed inputs
slow             200 clients that send nothing, or a little, while one asks
large            a body of 100 MiB
"""

import json
import socket
import ssl
import sys
import time

what, port, *rest = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


def connect(timeout=20):
    return context.wrap_socket(socket.create_connection(("127.0.0.1", int(port)), timeout))


def ask(request, timeout=20):
    """The answer's status, headers and body."""
    with connect(timeout) as stream:
        try:
            stream.sendall(request)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass
        data = b""
        try:
            while part := stream.recv(65536):
                data += part
        except (ConnectionResetError, ssl.SSLError, TimeoutError):
            pass
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ")[1]) if lines[0].startswith("HTTP/") else 0
    return status, {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}, body


def waiting():
    status, headers, body = ask(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return status == 200 and headers.get("mse-status") == "Waiting" and body == b"Waiting for code secret key and/or ssl private key..."


def post(body, headers=b""):
    return b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n%s\r\n" % (len(body), headers) + body


def exchanges(path):
    for one in json.load(open(path))["exchanges"]:
        if one["name"].startswith("accepted") or one["name"] == "wrong key":
            continue
        status, headers, body = ask(one["request"].encode("latin-1"))
        expected = one["response"]
        if expected:
            assert status == int(expected.split(" ")[1]), (one["name"], status, expected)
        else:
            assert status in (400, 411), (one["name"], status)
        if one["name"].startswith("get"):
            assert headers["mse-status"] == "Waiting" and body.decode() == expected.partition("\r\n\r\n")[2]
        if status == 401:
            assert set(json.loads(body)) == {"code", "message"}
        assert waiting(), one["name"]
    print("exchanges as expected")


def malformed():
    key = "00" * 32
    bodies = [
        b"", b"{", b"}", b"[]", b"null", b"1", b'"x"', b"{}", b'{"uuid":null}', b'{"uuid":5}', b'{"uuid":""}', b'{"uuid":"x"}', b'{"uuid":"\xff"}', b"\xef\xbb\xbf{}", b"\0",
        b'{"uuid":"x","uuid":"y"}', b'{"uuid":"x"}{}', b'{"uuid":"x"} x', b"{'uuid':'x'}", b'{"uuid":"\\ud800"}', b"[" * 100000, b'{"a":' * 5000, b'{"uuid":NaN}', b'{"uuid":"x","code_secret_key":5}',
        b'{"uuid":"x","code_secret_key":"00"}', b'{"uuid":"x","code_secret_key":"%s0"}' % key.encode(), b'{"uuid":"x","app_sealed_secrets":5}', b'{"uuid":"x","app_sealed_secrets":"%%%"}',
        b'{"uuid":"x","app_sealed_secrets":"AAAA"}', b'{"uuid":"x","ssl_private_key":5}', b'{"uuid":"00000000-0000-0000-0000-000000000000","code_secret_key":"%s"}' % key.encode(),
        b"x" * 1000000, b'{"uuid":"' + b"a" * 1000000 + b'"}',
    ]
    requests = [post(body) for body in bodies]
    requests += [
        b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1, 1\r\n\r\na", b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"PUT / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n", b"\r\n\r\n\r\n", b"\0" * 100, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 100000 + b"\r\n", b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ]
    for request in requests:
        status, _, _ = ask(request, 5)
        assert status != 200, request[:80]
        assert waiting(), request[:80]
    print(len(requests), "malformed inputs, and it waits")


def slow():
    clients = []
    for index in range(200):
        raw = socket.create_connection(("127.0.0.1", int(port)), 10)
        if index % 3 == 0:
            clients.append(raw)  # never says hello
        else:
            stream = context.wrap_socket(raw)
            stream.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{" if index % 3 == 1 else b"GET / HT")
            clients.append(stream)
    start = time.monotonic()
    assert waiting()
    took = time.monotonic() - start
    assert took < 5, took
    print(f"200 slow clients, and one is answered in {took:.2f} s")


def large():
    status, _, _ = ask(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n" + b"x" * 104857600, 60)
    assert status in (0, 413), status
    chunk = b"100000\r\n" + b"y" * 0x100000 + b"\r\n"
    status, _, _ = ask(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 100 + b"0\r\n\r\n", 60)
    assert status in (0, 413), status
    assert waiting()
    print("100 MiB, and it waits")


{"exchanges": exchanges, "malformed": malformed, "slow": slow, "large": large}[what](*rest)
