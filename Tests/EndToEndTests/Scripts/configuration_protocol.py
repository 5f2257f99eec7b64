"""Speaks the configuration protocol by hand.   configuration_protocol.py WHAT PORT [arguments]

standing PORT KEY LAUNCH   one client configures the service, another one's connection stands there from before
"""

import hashlib
import json
import socket
import ssl
import sys

what, port, *rest = sys.argv[1:]


def connect(*protocols):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context.wrap_socket(socket.create_connection(("127.0.0.1", int(port)), 60))


def request(body):
    return b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def read_all(stream):
    data = b""
    try:
        while part := stream.recv(65536):
            data += part
    except (ConnectionResetError, ssl.SSLError):
        pass
    return data


def lines(answer):
    """The objects of a chunked answer, one a line."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), answer
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return [json.loads(line) for line in body.splitlines()]


def standing(key, launch):
    body = json.dumps({"uuid": json.load(open(launch))["id"], "code_secret_key": open(key, "rb").read().hex()}).encode()
    begun = [connect(), connect("http/1.1"), connect("mse-configuration/1"), connect("h2", "http/1.1")]
    half = connect("http/1.1")
    half.sendall(request(body)[:100])
    with connect("h2", "mse-configuration/1", "http/1.1") as stream:
        assert stream.selected_alpn_protocol() == "mse-configuration/1"
        stream.sendall(b"GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 404 " in read_all(stream).split(b"\r\n")[0]
    with connect("mse-configuration/1") as stream:
        stream.sendall(request(body))
        accepted, started = lines(read_all(stream))
    assert accepted["type"] == "accepted" and accepted["requestSHA256"] == hashlib.sha256(body).hexdigest(), accepted
    assert len(accepted["epoch"]) == len(accepted["homeEpoch"]) == 64 and accepted["epoch"] != accepted["homeEpoch"]
    assert started == {"type": "started"}, started
    print("accepted and started")
    for stream in begun:
        try:
            stream.sendall(request(b"{\"from\": \"before\"}"))
        except OSError:
            pass
        assert read_all(stream) == b""
    try:
        half.sendall(request(body)[100:])
    except OSError:
        pass
    assert b" 200 " not in read_all(half)[:20]
    print("the standing connection was closed")
    with connect("mse-configuration/1") as stream:
        assert stream.selected_alpn_protocol() is None


{"standing": standing}[what](*rest)
