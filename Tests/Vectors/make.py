#!/usr/bin/env python3
"""Makes the vectors of docs/formats/, from those pages alone, with PyNaCl and cryptography.

Nothing of this project's code runs here: what comes out is what an independent implementation makes. Keys, nonces and
headers are fixed, so the same bytes come out each time.

    .build/peers/crypto/bin/python Tests/Vectors/make.py
"""
import base64
import fnmatch
import hashlib
import hmac
import ipaddress
import json
import pathlib
import struct
from datetime import datetime, timezone

import nacl
import nacl.bindings as sodium
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

HERE = pathlib.Path(__file__).parent
UUID = "533a2b83-4bc5-4a9c-955e-208c530bfd15"
OTHER_UUID = "00000000-0000-4000-8000-000000000000"
MADE = f"Tests/Vectors/make.py, PyNaCl {nacl.__version__}"


def fixed(name, count):
    """Bytes that look random and are the same each time."""
    return hashlib.shake_256(name.encode()).digest(count)


def write(name, **content):
    text = json.dumps({"made": MADE, **content}, indent=1, ensure_ascii=False)
    (HERE / name).write_text(text + "\n", encoding="utf-8")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def b64(data):
    return base64.b64encode(data).decode()


# MARK: code-encryption.md


def seal_file(key, nonce, plain):
    return nonce + sodium.crypto_secretbox(plain, nonce, key)  # tag, then ciphertext


def hkdf(key, salt, info):
    """HKDF-SHA256 (RFC 5869), one block of 32 bytes."""
    extracted = hmac.new(salt or bytes(32), key, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\1", hashlib.sha256).digest()


def prefixed(*parts):
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


# In order not to depend on the box's random ephemeral key, it is made by its definition.
def box(message, public, name):
    secret = fixed(name, 32)
    ephemeral = sodium.crypto_scalarmult_base(secret)
    nonce = hashlib.blake2b(ephemeral + public, digest_size=24).digest()
    made = ephemeral + sodium.crypto_box(message, nonce, public, secret)
    return made


def flip(data, index, bit=1):
    changed = bytearray(data)
    changed[index] ^= bit
    return bytes(changed)


CODE_KEY = fixed("code key", 32)


def code_encryption():
    files = []
    for count in [0, 1, 31, 32, 33, 63, 64, 65, 95, 96, 97, 1000]:
        nonce, plain = fixed(f"nonce {count}", 24), fixed(f"plain {count}", count)
        files.append({"nonce": nonce.hex(), "plain": plain.hex(), "sealed": seal_file(CODE_KEY, nonce, plain).hex()})
    long = []
    for count in [262_144 - 40, 262_144 - 39, 262_144, 262_145, 262_144 + 32, 600_000]:
        nonce, plain = fixed(f"nonce {count}", 24), b"0123456789abcdef" * (count // 16 + 1)
        sealed = seal_file(CODE_KEY, nonce, plain[:count])
        long.append(
            {
                "nonce": nonce.hex(),
                "plainRepeats": "0123456789abcdef",
                "byteCount": count,
                "sealedSHA256": hashlib.sha256(sealed).hexdigest(),
            }
        )
    good = seal_file(CODE_KEY, fixed("nonce", 24), b"print('hello')\n")
    refused = [
        {"what": "nothing", "sealed": "", "code": "code.tooShort"},
        {"what": "one byte less than nonce and tag", "sealed": good[:39].hex(), "code": "code.tooShort"},
        {"what": "nonce and tag alone", "sealed": good[:40].hex(), "code": "code.notAuthentic"},
        {"what": "the last byte cut", "sealed": good[:-1].hex(), "code": "code.notAuthentic"},
        {"what": "a byte more", "sealed": (good + b"\0").hex(), "code": "code.notAuthentic"},
        {"what": "another key", "sealed": seal_file(bytes(32), fixed("n", 24), b"x").hex(), "code": "code.notAuthentic"},
        {"what": "tag before nonce", "sealed": (good[24:40] + good[:24] + good[40:]).hex(), "code": "code.notAuthentic"},
        {"what": "tag behind the ciphertext", "sealed": (good[:24] + good[40:] + good[24:40]).hex(), "code": "code.notAuthentic"},
    ]
    for what, index in [("nonce", 0), ("nonce's end", 23), ("tag", 24), ("tag's end", 39), ("first byte", 40), ("last byte", -1)]:
        refused.append({"what": f"a bit of the {what}", "sealed": flip(good, index).hex(), "code": "code.notAuthentic"})
    names = [
        ["app.py", "app.py.enc"],
        ["README", "README.enc"],
        [".env", ".env.enc"],
        ["a.", "a..enc"],
        ["x.enc", "x.enc.enc"],
        ["pkg/naïve file.txt", "pkg/naïve file.txt.enc"],
        ["requirements.txt", "requirements.txt"],
        ["sub/requirements.txt", "sub/requirements.txt"],
        ["requirements.txt.old", "requirements.txt.old.enc"],
        ["Requirements.txt", "Requirements.txt.enc"],
    ]
    paths = ["a", "a/b", "...", "a b", "é", "a" * 255, "/".join(["a" * 15] * 64)]
    refused_paths = ["", "/a", "a/", "a//b", ".", "..", "a/./b", "a/../b", "a\0b", "a" * 256, "/".join(["a"] * 65), "/".join(["a" * 200] * 6)]
    order = ["a/z", "a.b", "ab", "b", "B", "a", "a/a/b", "é", "e", "a-b/c"]
    order.sort(key=lambda path: [part.encode() for part in path.split("/")])
    secret = fixed("receiver", 32)
    public = sodium.crypto_scalarmult_base(secret)
    boxes = []
    for index, message in enumerate([b"", b"{}", b'{"code_secret_key":"' + b"00" * 32 + b'"}']):
        made = box(message, public, f"ephemeral {index}")
        assert sodium.crypto_box_seal_open(made, public, secret) == message
        boxes.append({"message": message.hex(), "box": made.hex()})
    made = box(b"{}", public, "ephemeral 1")
    ignore = []
    for text, names in [
        ["# a comment\n  # another\n\n \n*.log\nsecret_key.pem\n", ["a.log", ".log", "A.LOG", "secret_key.pem", "# a comment"]],
        ["[ab]?\n[!ab]zz\n[]x]\n[z", ["a1", "c1", "czz", "azz", "]", "x", "[z", "z"]],
        ["tmp/\n!keep\n a", ["tmp", "keep", "a", " a"]],
        ["[a-c-]*[!0-9]", ["b7x", "-x", "d7x", "b77"]],
        ["*", ["", ".env", "é"]],
        ["caf\u00e9", ["caf\u00e9", "cafe\u0301"]],
    ]:
        patterns = [line for line in text.split("\n") if line.strip() and not line.strip().startswith("#")]
        matches = [any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns) for name in names]
        ignore.append({"list": text, "names": [{"name": name, "matches": one} for name, one in zip(names, matches)]})
    write(
        "code-encryption.json",
        key=CODE_KEY.hex(),
        files=files,
        longFiles=long,
        refusedFiles=refused,
        names=names,
        refusedNames=[".enc", "a/.enc"],
        paths=paths,
        refusedPaths=refused_paths,
        order=order,
        receiver={"secret": secret.hex(), "public": public.hex()},
        boxes=boxes,
        refusedBoxes=[
            {"what": "nothing", "box": ""},
            {"what": "47 bytes", "box": made[:47].hex()},
            {"what": "a bit of the ephemeral key", "box": flip(made, 0).hex()},
            {"what": "a bit of the tag", "box": flip(made, 32).hex()},
            {"what": "a bit of the text", "box": flip(made, -1).hex()},
            {"what": "another receiver's", "box": box(b"{}", sodium.crypto_scalarmult_base(fixed("x", 32)), "e").hex()},
        ],
        ignore=ignore,
    )


# MARK: sealed-log.md

OUTPUT, ERRORS, FAILURE, GAP, BEGIN, END = 1, 2, 3, 4, 5, 6


def entry(time, source, text, incident=None):
    made = struct.pack(">QBB", time, source, 0 if incident is None else 1) + (incident or bytes(8))
    made += struct.pack(">I", len(text)) + text
    return made + bytes(-len(made) % 256)


class Piece:
    """One file of a sealed log."""

    def __init__(self, root, identifier, epoch, number, previous=None, name="header"):
        info = prefixed(b"mse log 1", identifier.encode(), epoch)
        self.key = hkdf(root, b"", info)
        self.head = b"MSELOG\1" + epoch + struct.pack(">Q", number) + (previous or bytes(16))
        self.head += bytes([len(identifier.encode())]) + identifier.encode()
        header = fixed(f"{name} {number}", 24)
        # What a writer draws at random, a reader gets from the file: both then hold the same state.
        self.state = sodium.crypto_secretstream_xchacha20poly1305_state()
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(self.state, header, self.key)
        self.bytes = self.head + header
        self.frames = []

    def put(self, *arguments, final=False):
        message = entry(*arguments)
        tag = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL if final else 0
        associated = b"" if self.frames else self.head
        sealed = sodium.crypto_secretstream_xchacha20poly1305_push(self.state, message, associated, tag)
        self.frames.append(struct.pack(">H", len(message) // 256) + sealed)
        return self

    @property
    def file(self):
        return self.bytes + b"".join(self.frames)

    @property
    def last(self):
        return self.frames[-1][-16:]


def sealed_log():
    root, epoch, other = CODE_KEY, fixed("epoch", 32), fixed("other epoch", 32)
    incident = fixed("incident", 8)
    first = Piece(root, UUID, epoch, 1)
    first.put(1000, BEGIN, b"1").put(1001, OUTPUT, b"hello").put(1002, ERRORS, "Grüße".encode())
    first.put(1003, FAILURE, b"ValueError: no", incident).put(1004, GAP, b"4096").put(1005, OUTPUT, b"b" * 300)
    first.put(1006, END, b"next", final=True)
    second = Piece(root, UUID, epoch, 2, first.last)
    second.put(2000, BEGIN, b"1").put(2001, OUTPUT, b"\xff\xfe").put(2002, END, b"stop", final=True)
    still_open = Piece(root, UUID, epoch, 2, first.last).put(2000, BEGIN, b"1").put(2001, OUTPUT, b"open")
    third = Piece(root, UUID, epoch, 3, second.last).put(3000, BEGIN, b"1").put(3001, OUTPUT, b"third")
    third.put(3002, END, b"stop", final=True)
    rotated = Piece(root, UUID, epoch, 3, second.last).put(3000, BEGIN, b"3").put(3001, OUTPUT, b"third")
    rotated.put(3002, END, b"stop", final=True)
    later = Piece(root, UUID, other, 1).put(5000, BEGIN, b"1").put(5001, OUTPUT, b"later").put(5002, END, b"stop", final=True)

    ones = [
        (1001, OUTPUT, b"hello", None),
        (1002, ERRORS, "Grüße".encode(), None),
        (1003, FAILURE, b"ValueError: no", incident),
        (1004, GAP, b"4096", None),
        (1005, OUTPUT, b"b" * 300, None),
    ]
    two, three = [(2001, OUTPUT, b"\xff\xfe", None)], [(3001, OUTPUT, b"third", None)]

    def log(what, pieces, entries, notes=0, open_piece=None, faults=0):
        return {
            "what": what,
            "pieces": [{"name": f"{index:016d}-{index:08d}.log", "file": b64(file)} for index, file in enumerate(pieces, 1)],
            "entries": [
                {"time": time, "source": source, "text": text.hex(), **({"incident": mark.hex()} if mark else {})}
                for time, source, text, mark in entries
            ],
            "notes": notes,
            **({"openPiece": open_piece} if open_piece else {}),
            "faults": faults,
        }

    stream = len(first.bytes)
    without = Piece(root, UUID, epoch, 1)
    without.frames = first.frames[:2] + first.frames[3:]
    swapped = Piece(root, UUID, epoch, 1)
    swapped.frames = first.frames[:1] + [first.frames[2], first.frames[1]] + first.frames[3:]
    write(
        "sealed-log.json",
        root=root.hex(),
        id=UUID,
        epoch=epoch.hex(),
        key=hkdf(root, b"", prefixed(b"mse log 1", UUID.encode(), epoch)).hex(),
        logs=[
            log("one piece, ended in order", [second.file], two, notes=1),
            log("two pieces in order", [first.file, second.file], ones + two),
            log("two pieces, the files' names in another order", [second.file, first.file], ones + two),
            log("the newest has no end", [first.file, still_open.file], ones + [(2001, OUTPUT, b"open", None)], open_piece=2),
            log("a piece is missing", [first.file, third.file], ones + three, notes=1),
            log("the first two were rotated away", [rotated.file], three),
            log("the tail was cut within a message", [first.file, still_open.file[:-1]], ones, open_piece=2),
            log("zeros behind the tail, as a file system leaves them", [first.file, still_open.file + bytes(64)], ones + [(2001, OUTPUT, b"open", None)], open_piece=2),
            log("two epochs", [first.file, second.file, later.file], ones + two + [(5001, OUTPUT, b"later", None)]),
            log("a message of the middle was taken out", [without.file], ones[:1], faults=1),
            log("two messages changed places", [swapped.file], [], faults=1),
            log("a bit of the last message", [flip(first.file, -1)], ones, faults=1),
            log("bytes behind the end", [first.file + b"more", second.file], ones + two, faults=1),
            log("another piece of the same number", [first.file, second.file, still_open.file], ones + two + [(2001, OUTPUT, b"open", None)], open_piece=2, faults=1),
        ],
        refused=[
            {"what": "nothing", "file": "", "code": "notALog"},
            {"what": "another magic", "file": b64(b"MSELOX" + first.file[6:]), "code": "notALog"},
            {"what": "version 2", "file": b64(first.file[:6] + b"\2" + first.file[7:]), "code": "notALog"},
            {"what": "number 0", "file": b64(first.file[:39] + bytes(8) + first.file[47:]), "code": "notALog"},
            {"what": "a head that ends early", "file": b64(first.file[: stream - 1]), "code": "notALog"},
            {"what": "a bit of the epoch", "file": b64(flip(first.file, 7)), "code": "otherKey"},
            {"what": "a bit of the number", "file": b64(flip(first.file, 46, 2)), "code": "otherKey"},
            {"what": "a bit of the piece before", "file": b64(flip(first.file, 47)), "code": "otherKey"},
            {"what": "a bit of the instance id", "file": b64(flip(first.file, 64)), "code": "otherKey"},
            {"what": "a bit of the stream's header", "file": b64(flip(first.file, stream - 1)), "code": "otherKey"},
            {"what": "the first message's tag", "file": b64(flip(first.file, stream + 2)), "code": "otherKey"},
            {"what": "another key", "file": b64(Piece(bytes(32), UUID, epoch, 1).put(1, BEGIN, b"1").file), "code": "otherKey"},
            {"what": "no begin", "file": b64(Piece(root, UUID, epoch, 1).put(1, OUTPUT, b"x").file), "code": "otherKey"},
        ],
    )


# MARK: package.md, record.md


def tar_header(name, size, kind=b"0", mode=0o644, time=0, target=b""):
    block = bytearray(512)
    block[0 : len(name)] = name
    block[100:107] = b"%07o" % mode
    for offset in (108, 116):
        block[offset : offset + 7] = b"%07o" % 0
    block[124:135] = b"%011o" % size
    block[136:147] = b"%011o" % time
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[157 : 157 + len(target)] = target
    block[257:265] = b"ustar\0" + b"00"
    for offset in (329, 337):
        block[offset : offset + 7] = b"%07o" % 0
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data):
    return data + bytes(-len(data) % 512)


def pax(key, value):
    rest = f" {key}={value}\n".encode()
    count = len(rest) + 1
    while len(str(count)) + len(rest) != count:
        count = len(str(count)) + len(rest)
    return str(count).encode() + rest


def tar_member(name, data):
    encoded = name.encode()
    if len(encoded) <= 100 and encoded.isascii():
        return tar_header(encoded, len(data)) + padded(data)
    records = pax("path", name)
    return tar_header(b"@PaxHeader", len(records), b"x") + padded(records) + tar_header(b"@LongName", len(data)) + padded(data)


def tar(members):
    return b"".join(tar_member(name, data) for name, data in members) + bytes(1024)


def tree_member(name, kind, mode=0o755, time="0", data=b"", target=""):
    """One of a HOME's archive; the time is decimal, in seconds."""
    encoded, link = (name + "/" if kind == b"5" else name).encode(), target.encode()
    records, whole = b"", int(time) if time.isdigit() else 0
    if len(encoded) > 100 or not encoded.isascii():
        records, encoded = pax("path", encoded.decode()), b"@LongName"
    if len(link) > 100 or not link.isascii():
        records, link = records + pax("linkpath", target), b""
    if time != str(whole) or whole >= 1 << 33:
        records, whole = records + pax("mtime", time), 0
    head = tar_header(b"@PaxHeader", len(records), b"x") + padded(records) if records else b""
    return head + tar_header(encoded, len(data), kind, mode, whole, link) + padded(data)


TREE = [
    (".", b"5", 0o700),
    ("bin", b"5", 0o750, "1700000000"),
    ("bin/tool", b"0", 0o755, "1700000001.500000000", b"#!/bin/sh\n"),
    ("early", b"0", 0o600, "-0.000000001", b""),
    ("empty", b"5", 0o700, "1700000002.123456789"),
    ("late", b"0", 0o400, str(1 << 33), b"late"),
    ("latest", b"2", 0o777, "1700000003", b"", "bin/tool"),
    ("more", b"1", 0o755, "1700000001.500000000", b"", "bin/tool"),
    ("nowhere", b"2", 0o777, "1700000004.250000000", b"", "é/" * 60 + "x"),
    ("é", b"0", 0o644, "1", b"accent"),
]


def elf(entry, segments):
    """A shared object for x86-64: of each segment its place, flags, size in memory and bytes, which follow the headers."""
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, entry, 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    table, data = b"", b""
    for address, flags, size, content in segments:
        # Places in the file and in memory are the same within a page.
        offset = 4096 + len(data) + (address - len(data)) % 4096
        table += struct.pack("<IIQQQQQQ", 1, flags, offset, address, address, len(content), size, 4096)
        data += bytes(offset - 4096 - len(data)) + content
    return (header + table).ljust(4096, b"\0") + data


LOADER = elf(0x1010, [(0, 4, 100, fixed("loader's headers", 100)), (0x1000, 5, 5000, fixed("loader's code", 5000)), (0x3D80, 6, 0x600, fixed("loader's data", 300))])
RUNTIME = {
    "version": 5,
    "python": "3.11.2",
    "platform": "simulator",
    "loader": "/opt/mse/simulated-loader",
    "agent": "/opt/mse/mse-bootstrap",
    "files": [
        {"path": "/opt/mse/mse-bootstrap", "sha256": hashlib.sha256(b"agent").hexdigest()},
        {"path": "/opt/mse/simulated-loader", "sha256": hashlib.sha256(LOADER).hexdigest()},
        {"path": "/usr/lib/x86_64-linux-gnu/libc.so.6", "sha256": hashlib.sha256(b"libc").hexdigest()},
    ],
}
MSE_TOML = """name = "hello"
python_application = "app:app"
healthcheck_endpoint = "/health"
tests_cmd = "pytest"
tests_requirements = []

[enclave]
size = "512M"
threads = 16
product_id = 7
svn = 3
"""


def record_of(app, environment, mode):
    """What is measured of a package, as record.md has it."""
    files = RUNTIME["files"] + [
        {"path": "app.tar", "sha256": hashlib.sha256(app).hexdigest()},
        {"path": "environment.tar", "sha256": hashlib.sha256(environment).hexdigest()},
    ]
    return {
        "version": 2,
        "settings": {
            "application": "app:app",
            "mode": mode,
            "python": RUNTIME["python"],
            "agent": {
                "path": RUNTIME["agent"],
                "loader": RUNTIME["loader"],
                "platform": RUNTIME["platform"],
                "tls": "attested",
                "attestationFolder": "/dev/attestation",
            },
            "enclave": {"byteCount": 512 << 20, "threads": 16, "debug": False, "productID": 7, "securityVersion": 3},
            "server": {"interface": "auto", "threads": 4, "grace": 30, "bodyLimit": 256 << 20, "headerLimit": 64 << 10},
            "log": "sealed",
        },
        "files": sorted(files, key=lambda file: file["path"].encode()),
    }


def manifest(record):
    """The Gramine manifest of a record, as manifest.md has it."""
    settings = record["settings"]
    agent, enclave = settings["agent"], settings["enclave"]
    machine = [file for file in record["files"] if file["path"].startswith("/")]
    own = {**record, "files": [file for file in record["files"] if not file["path"].startswith("/")]}
    digests = {file["path"]: file["sha256"] for file in machine}
    library_os = agent["loader"] if agent["platform"] == "simulator" else agent["loader"].rsplit("/", 2)[0] + "/libsysdb.so"
    folders = []
    for file in machine:
        folder, name = file["path"].rsplit("/", 1)
        if ".so" in name and not folder.endswith("/lib-dynload") and folder not in folders:
            folders.append(folder)
    unit = "GMK"[[enclave["byteCount"] % (1 << shift) == 0 for shift in (30, 20, 10)].index(True)]
    text = lambda value: '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    texts = lambda values: "[\n" + "".join(f"    {text(value)},\n" for value in values) + "]"
    arguments = [
        agent["path"], "--platform", agent["platform"], "--package", "/instance/package.tar", "--launch", "/instance/launch.json",
        "--state", "/instance/sealed", "--memory", "/memory", "--record", canonical(own),
    ]
    allowed = ["package.tar", "launch.json", "sealed/"] + ["root" + path for path in [
        "/etc/hosts", "/etc/host.conf", "/etc/services", "/etc/protocols", "/etc/ssl/certs/ca-certificates.crt", "/usr/share/zoneinfo/",
    ] if not any(file == path or path.endswith("/") and file.startswith(path) for file in digests)]
    result = f"""[loader]
log_level = "error"
argv = {texts(arguments)}

[loader.env]
LD_LIBRARY_PATH = {text(":".join(folders))}
LANG = "C.UTF-8"
SSL_CERT_FILE = "/etc/ssl/certs/ca-certificates.crt"
SWIFT_BACKTRACE = "enable=no"
MALLOC_ARENA_MAX = "1"

[loader.entrypoint]
uri = {text("file:root" + library_os)}
sha256 = "{digests[library_os]}"

[libos]
entrypoint = {text(agent["path"])}

[sys]
disallow_subprocesses = true
enable_sigterm_injection = true
enable_extra_runtime_domain_names_conf = {str("/etc/resolv.conf" not in digests).lower()}

[sys.stack]
size = "2M"

[sys.brk]
max_size = "64M"

[sys.fds]
limit = 4096

[fs]
mounts = [
    {{ type = "tmpfs", path = "/memory" }},
    {{ type = "tmpfs", path = "/tmp" }},
    {{ type = "chroot", path = "/instance", uri = "file:." }},
    {{ type = "encrypted", path = "/instance/home", uri = "file:home", key_name = "home" }},
]

[fs.root]
type = "chroot"
uri = "file:root"

[sgx]
remote_attestation = "dcap"
debug = {str(enclave["debug"]).lower()}
enclave_size = "{enclave["byteCount"] >> {"G": 30, "M": 20, "K": 10}[unit]}{unit}"
max_threads = {enclave["threads"]}
isvprodid = {enclave["productID"]}
isvsvn = {enclave["securityVersion"]}
file_check_policy = "strict"
allowed_files = {texts("file:" + path for path in allowed)}
enable_stats = false
edmm_enable = false
use_exinfo = false

"""
    for file in machine:
        result += f"""[[sgx.trusted_files]]
uri = {text("file:root" + file["path"])}
sha256 = "{file["sha256"]}"

"""
    return result + """[sgx.cpu_features]
avx = "unspecified"
avx512 = "unspecified"
amx = "unspecified"
mpx = "disabled"
pkru = "disabled"
"""


def measurement(manifest, record):
    """MRENCLAVE of the enclave that Gramine lays out for a manifest without EDMM: ../gramine.md."""
    enclave = record["settings"]["enclave"]
    threads, page = enclave["threads"], 4096
    segments = [struct.unpack_from("<IIQQQQQQ", LOADER, 64 + 56 * index) for index in range(struct.unpack_from("<H", LOADER, 56)[0])]
    down, up = lambda value: value // page * page, lambda value: -(-value // page) * page
    end = max(up(segment[3] + segment[6]) for segment in segments)
    text = manifest.encode() + b"\0"
    top = enclave["byteCount"]
    places = {}
    for name, size in [("manifest", up(len(text))), ("ssa", 0x8000 * threads), ("tcs", page * threads), ("tls", page * threads)] + [
        (("stack", thread), 0x40000) for thread in range(threads)
    ] + [(("signals", thread), 0x10000) for thread in range(threads)] + [("loader", end)]:
        top -= size
        places[name] = top
    digest = hashlib.sha256(b"ECREATE\0" + struct.pack("<IQ", 4, enclave["byteCount"]) + bytes(44))

    def add(address, content, flags):
        content = content.ljust(up(len(content)), b"\0")
        for start in range(0, len(content), page):
            digest.update(b"EADD\0\0\0\0" + struct.pack("<QQ", address + start, flags) + bytes(40))
            for part in range(start, start + page, 256):
                digest.update(b"EEXTEND\0" + struct.pack("<Q", address + part) + bytes(48) + content[part : part + 256])

    def filled(**numbers):
        content = bytearray(page)
        for place, value in numbers.items():
            struct.pack_into("<Q", content, int(place[1:], 16), value)
        return bytes(content)

    add(places["manifest"], text, 0x201)
    add(places["ssa"], bytes(0x8000 * threads), 0x203)
    entry = places["loader"] + struct.unpack_from("<Q", LOADER, 24)[0]
    ssa, tls, tcs = ([places[name] + size * thread for thread in range(threads)] for name, size in [("ssa", 0x8000), ("tls", page), ("tcs", page)])
    add(places["tcs"], b"".join(
        filled(_10=ssa[thread], _18=2 << 32, _20=entry, _38=tls[thread], _40=0xFFF | 0xFFF << 32) for thread in range(threads)
    ), 0x100)
    add(places["tls"], b"".join(
        filled(
            _0=tls[thread], _8=0xBADBADBADBAD, _110=enclave["byteCount"], _118=tcs[thread],
            _120=places["stack", thread] + 0x40000, _130=places["signals", thread], _138=places["signals", thread] + 0x10000,
            _148=ssa[thread], _150=ssa[thread] + 0x4000 - 0xB8, _1a0=len(text), _1a8=0x10000, _1b0=places["loader"],
        )
        for thread in range(threads)
    ), 0x203)
    for thread in range(threads):
        add(places["stack", thread], bytes(0x40000), 0x203)
    for thread in range(threads):
        add(places["signals", thread], bytes(0x10000), 0x203)
    for _, flags, offset, address, _, size, memory, _ in segments:
        content = bytes(address % page) + LOADER[offset : offset + size]
        content = content.ljust(up(address + memory) - down(address), b"\0")
        add(places["loader"] + down(address), content, 0x200 | (flags & 4) >> 2 | flags & 2 | (flags & 1) << 2)
    for address in range(0x10000, places["loader"], page):
        digest.update(b"EADD\0\0\0\0" + struct.pack("<QQ", address, 0x207) + bytes(40))
    return digest.hexdigest()


def package():
    code = [("app.py", b"print('hello')\n"), ("pkg/" + "long" * 25 + ".py", b""), ("pkg/é.txt", b"x" * 513)]
    encrypted = [(name + ".enc", seal_file(CODE_KEY, fixed("nonce " + name, 24), data)) for name, data in code]
    app = tar(encrypted + [("requirements.txt", b"flask==3.1.0\n")])
    plain = tar(code + [("requirements.txt", b"flask==3.1.0\n")])
    environment, tests = tar([("flask/__init__.py", b"")]), tar([("test_app.py", b"")])
    runtime = (json.dumps(RUNTIME, indent=2) + "\n").encode()

    def whole(app, start, leave=(), more=()):
        members = [
            ("app.tar", app),
            ("tests.tar", tests),
            ("mse.toml", MSE_TOML.encode()),
            ("start.json", start),
            ("environment.lock", b"flask==3.1.0\n"),
            ("environment.tar", environment),
            ("runtime.json", runtime),
            ("loader", LOADER),
        ]
        return tar([member for member in members if member[0] not in leave] + list(more))

    start = b'{\n  "mode": "encrypted"\n}\n'
    token = fixed("token", 32)
    digest = hashlib.sha256(token).hexdigest()
    plain_start = b'{"mode":"plain","tokenSHA256":"' + digest.encode() + b'"}'
    record, plain_record = record_of(app, environment, {"kind": "encrypted"}), record_of(plain, environment, {"kind": "plain", "tokenSHA256": digest})
    measured_data = {**record, "files": sorted(record["files"] + [
        {"path": path, "sha256": hashlib.sha256(path.encode()).hexdigest()}
        for path in ["/etc/hosts", "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt", "/usr/share/zoneinfo/UTC", "/usr/share/zoneinfo-2/UTC"]
    ], key=lambda file: file["path"].encode())}
    good = whole(app, start)
    member = tar_member("app.py", b"x")
    bad_tars = [
        ["nothing", b""],
        ["no last blocks", member],
        ["an end within a member", member[:600]],
        ["a header's checksum", flip(member, 0) + bytes(1024)],
        ["a member twice", member + member + bytes(1024)],
        ["a link", tar_header(b"a", 0, b"2") + bytes(1024)],
        ["a hard link", tar_header(b"a", 0, b"1") + bytes(1024)],
        ["a device", tar_header(b"a", 0, b"3") + bytes(1024)],
        ["an absolute name", tar_member("/a", b"") + bytes(1024)],
        ["a name that leaves", tar_member("a/../../b", b"") + bytes(1024)],
        ["a folder that leaves", tar_header(b"../a/", 0, b"5") + bytes(1024)],
        ["a name that isn't UTF-8", tar_header(b"\xff", 0) + bytes(1024)],
        ["a size beyond the archive", tar_header(b"a", 1024) + bytes(1024)],
        ["a size that isn't octal", tar_header(b"a", 0).replace(b"%011o" % 0, b"0000000000x", 1) + bytes(1024)],
        ["something behind the end", member + bytes(1024) + b"x" + bytes(511)],
        ["a PAX record without its end", tar_header(b"p", 12, b"x") + padded(b"12 path=abc ") + tar_header(b"a", 0) + bytes(1024)],
        ["a PAX record longer than its header", tar_header(b"p", 9, b"x") + padded(b"99 path=a") + tar_header(b"a", 0) + bytes(1024)],
    ]
    write(
        "package.json",
        key=CODE_KEY.hex(),
        token=token.hex(),
        tars=[
            {
                "members": [{"name": name, "content": data.hex()} for name, data in members],
                "file": b64(tar(members)),
            }
            for members in [[], [("a", b"")], code, encrypted]
        ],
        refusedTars=[{"what": what, "file": b64(data)} for what, data in bad_tars],
        packages=[
            {"what": "encrypted", "file": b64(good), "record": record, "measurement": measurement(manifest(record), record), "opens": CODE_KEY.hex()},
            {"what": "plain", "file": b64(whole(plain, plain_start)), "record": plain_record, "measurement": measurement(manifest(plain_record), plain_record), "opens": token.hex()},
        ],
        packagesWithoutEnclave=[
            {"what": "no loader", "file": b64(whole(app, start, leave=["loader"]))},
            {"what": "another loader", "file": b64(whole(app, start, leave=["loader"], more=[("loader", LOADER + b"x")]))},
            {"what": "no runtime.json", "file": b64(whole(app, start, leave=["runtime.json"]))},
        ],
        refusedPackages=[
            {"what": "no app.tar", "file": b64(whole(app, start, leave=["app.tar"]))},
            {"what": "no mse.toml", "file": b64(whole(app, start, leave=["mse.toml"]))},
            {"what": "an unknown member", "file": b64(whole(app, start, more=[("notes.txt", b"")]))},
            {"what": "an unknown mode", "file": b64(whole(app, b'{"mode":"open"}'))},
            {"what": "a token's digest for encrypted code", "file": b64(whole(app, b'{"mode":"encrypted","tokenSHA256":"' + digest.encode() + b'"}'))},
            {"what": "plain without a digest", "file": b64(whole(app, b'{"mode":"plain"}'))},
            {"what": "a digest of 31 bytes", "file": b64(whole(app, b'{"mode":"plain","tokenSHA256":"' + digest[:62].encode() + b'"}'))},
            {"what": "an unknown member of start.json", "file": b64(whole(app, b'{"mode":"encrypted","a":1}'))},
        ],
        refusedRuntimes=[
            {"what": what, "text": json.dumps({**RUNTIME, **change})}
            for what, change in [
                ("version 4", {"version": 4}),
                ("an interpreter, as version 3 named one", {"interpreter": "/usr/bin/python3"}),
                ("a platform that isn't", {"platform": "sev"}),
                ("no number of a version", {"python": "three"}),
                ("a relative agent", {"agent": "mse-bootstrap"}),
                ("a loader among the kernel's files", {"loader": "/proc/self/exe"}),
                ("a file twice", {"files": RUNTIME["files"][:1] * 2}),
                ("a short digest", {"files": [{"path": "/a", "sha256": "00"}]}),
                ("a file that leaves its folder", {"files": [{"path": "/a/../b", "sha256": "00" * 32}]}),
                ("an unknown member", {"colour": "red"}),
            ]
        ],
        refusedSettings=[
            {"what": what, "text": MSE_TOML.replace(old, new)}
            for what, old, new in [
                ("a name with a slash", '"hello"', '"a/b"'),
                ("a name with a leading dot", '"hello"', '".a"'),
                ("an empty name", '"hello"', '" "'),
                ("a number as name", '"hello"', "5"),
                ("no colon", '"app:app"', '"app"'),
                ("two colons", '"app:app"', '"a:b:c"'),
                ("a call as an argument", '"app:app"', '"app:make(f())"'),
                ("a health path without its slash", '"/health"', '"health"'),
                ("no tests_cmd", 'tests_cmd = "pytest"\n', ""),
                ("an unknown key", "tests_requirements", 'colour = "red"\ntests_requirements'),
                ("a size that is no power of two", '"512M"', '"300M"'),
                ("a size below 256M", '"512M"', '"128M"'),
                ("a size above 64G", '"512M"', '"128G"'),
                ("too few threads", "threads = 16", "threads = 7"),
                ("more threads than fit", "threads = 16", "threads = 1300"),
                ("a number for debug", "threads = 16", "debug = 1"),
                ("too large a product", "product_id = 7", "product_id = 65536"),
            ]
        ],
    )
    write(
        "record.json",
        records=[{"record": value, "loader": b64(LOADER), "canonical": canonical(value), "manifest": manifest(value), "measurement": measurement(manifest(value), value)} for value in [record, plain_record, measured_data]],
        canonicalForms=[
            {"value": value, "canonical": canonical(value)}
            for value in [{"b": 1, "a": [], "é": {}, "A": None}, {"a": "\u0000\u001f\"\\/\b\f\n\r\t\u007f é \u2028"}, [1, -2, True, False, "x"], {"ab": 1, "a": 2, "a b": 3}]
        ],
        refused=[
            {"what": what, "text": canonical(change(json.loads(canonical(record))))}
            for what, change in [
                ("version 1", lambda r: {**r, "version": 1}),
                ("no settings", lambda r: {name: r[name] for name in r if name != "settings"}),
                ("files that are no array", lambda r: {**r, "files": {}}),
                ("a file without digest", lambda r: {**r, "files": [{"path": "a"}]}),
                ("a short digest", lambda r: {**r, "files": [{"path": "a", "sha256": "00" * 31}]}),
                ("an unknown member", lambda r: {**r, "a": 1}),
                ("an unknown mode", lambda r: {**r, "settings": {**r["settings"], "mode": {"kind": "secret"}}}),
                ("a log that isn't", lambda r: {**r, "settings": {**r["settings"], "log": "loud"}}),
                ("a TLS mode that isn't", lambda r: {**r, "settings": {**r["settings"], "agent": {**r["settings"]["agent"], "tls": "none"}}}),
                ("a platform that isn't", lambda r: {**r, "settings": {**r["settings"], "agent": {**r["settings"]["agent"], "platform": "sev"}}}),
                ("an enclave of 300 MiB", lambda r: {**r, "settings": {**r["settings"], "enclave": {**r["settings"]["enclave"], "byteCount": 300 << 20}}}),
                ("no threads", lambda r: {**r, "settings": {**r["settings"], "server": {**r["settings"]["server"], "threads": 0}}}),
            ]
        ],
    )


# MARK: launch-record.md

LAUNCH = {
    "version": 1,
    "id": UUID,
    "name": "hello-1",
    "sans": ["localhost", "127.0.0.1", "::1", "*.example.org"],
    "host": "127.0.0.1",
    "port": 7443,
    "subject": "CN=hello,O=A\\, B,C=FR",
    "notAfter": "2026-12-31T23:59:59Z",
    "configurationTimeout": 600,
}


def launch_record():
    bare = {name: value for name, value in LAUNCH.items() if name != "subject"}
    bare = {**bare, "configurationTimeout": 0}

    def text(**change):
        return canonical({**LAUNCH, **change})

    refused = [
        ["nothing", ""],
        ["no version", canonical({name: value for name, value in LAUNCH.items() if name != "version"})],
        ["version 2", text(version=2)],
        ["an id in capitals", text(id=UUID.upper())],
        ["an id without hyphens", text(id=UUID.replace("-", ""))],
        ["a name in capitals", text(name="Hello")],
        ["an empty name", text(name="")],
        ["a name of 64 characters", text(name="a" * 64)],
        ["no names for the certificate", text(sans=[])],
        ["17 names", text(sans=[f"a{index}.org" for index in range(17)])],
        ["a name with a blank", text(sans=["a b"])],
        ["a number for a name", text(sans=["1.2.3"])],
        ["a star that isn't the first label", text(sans=["a.*.org"])],
        ["a star above everything", text(sans=["*.org"])],
        ["an empty host", text(host="")],
        ["port 0", text(port=0)],
        ["port 65536", text(port=65536)],
        ["a subject of unknown attributes", text(subject="UID=a")],
        ["a subject of two lines", text(subject="CN=a\nb")],
        ["a country of three letters", text(subject="C=FRA")],
        ["a time with an offset", text(notAfter="2026-12-31T23:59:59+00:00")],
        ["a day that isn't", text(notAfter="2026-02-30T00:00:00Z")],
        ["a negative time limit", text(configurationTimeout=-1)],
        ["more than a year", text(configurationTimeout=31_536_001)],
        ["an unknown member", text(colour="red")],
        ["a member twice", canonical(LAUNCH)[:-1] + ',"port":7443}'],
        ["more than 4096 bytes", canonical(LAUNCH) + " " * 4096],
    ]
    write(
        "launch-record.json",
        records=[{"record": value, "canonical": canonical(value)} for value in [LAUNCH, bare]],
        refused=[{"what": what, "text": value} for what, value in refused],
    )


# MARK: certificate.md

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296, 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def add(a, b):
    if a is None:
        return b
    if b is None:
        return a
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(scalar, point):
    result = None
    for bit in bin(scalar)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def der_integer(value):
    data = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(data)]) + data


def der(tag, content):
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sign(scalar, message):
    """ECDSA with SHA-256 and a nonce that is a function of both, so that the same certificate comes out each time."""
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    nonce = int.from_bytes(fixed(f"{scalar} {message.hex()}", 40), "big") % (N - 1) + 1
    r = multiply(nonce, G)[0] % N
    s = pow(nonce, -1, N) * (digest + r * scalar) % N
    return der(0x30, der_integer(r) + der_integer(s))


QUOTE_OID, LAUNCH_OID = "1.2.840.113741.1337.6", "1.2.840.113556.1.8000.2554.17133.23233.42759.20942.38101.5347717.1766784"
INTEL_QE = bytes.fromhex("939a7233f79c4ca9940a0db3957f0607")


def quote(report_data):
    """An SGX quote of version 3 in form alone: nobody signed it."""
    header = struct.pack("<HHIHH", 3, 2, 0, 0, 0) + INTEL_QE + bytes(20)
    data = fixed("signature", 64) + fixed("key", 64) + bytes(384) + fixed("report", 64) + struct.pack("<H", 0)
    data += struct.pack("<HI", 5, 0)
    return header + bytes(320) + report_data + struct.pack("<I", len(data)) + data


def key(name):
    scalar = int.from_bytes(fixed(name, 32), "big") % (N - 1) + 1
    return scalar, ec.derive_private_key(scalar, ec.SECP256R1())


def point(private):
    return private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def seconds(text):
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp())


NOT_AFTER = seconds(LAUNCH["notAfter"])
NOT_BEFORE = NOT_AFTER - 90 * 86400


def certificate(scalar, private, evidence, launch=LAUNCH, extras=(), launch_bytes=None, signer=None, issuer=None, authority=False, ends=NOT_AFTER):
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A, B"), x509.NameAttribute(NameOID.COMMON_NAME, "hello")]
    )
    names = [x509.IPAddress(ipaddress.ip_address(san)) if ":" in san or san[0].isdigit() else x509.DNSName(san) for san in LAUNCH["sans"]]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(private.public_key())
        .serial_number(0x40000000000000000000000000000001)
        .not_valid_before(datetime.fromtimestamp(ends - 90 * 86400, timezone.utc))
        .not_valid_after(datetime.fromtimestamp(ends, timezone.utc))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    if evidence is not None:
        builder = builder.add_extension(x509.UnrecognizedExtension(ObjectIdentifier(QUOTE_OID), evidence), critical=False)
    if launch is not None:
        builder = builder.add_extension(
            x509.UnrecognizedExtension(ObjectIdentifier(LAUNCH_OID), launch_bytes or canonical(launch).encode()), critical=False
        )
    builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    builder = builder.add_extension(x509.KeyUsage(True, False, False, False, False, False, False, False, False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(private.public_key()), critical=False)
    for identifier, value, critical in extras:
        builder = builder.add_extension(x509.UnrecognizedExtension(ObjectIdentifier(identifier), value), critical=critical)
    body = builder.sign(private, hashes.SHA256()).tbs_certificate_bytes
    signature = sign(signer or scalar, body)
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    return der(0x30, body + algorithm + der(0x03, b"\0" + signature))


def pem(data, label="CERTIFICATE"):
    text = base64.b64encode(data).decode()
    lines = "".join(text[index : index + 64] + "\n" for index in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}-----END {label}-----\n"


SEALING = sodium.crypto_scalarmult_base(fixed("receiver", 32))


def certificates():
    scalar, private = key("tls key")
    other_scalar, other = key("another key")
    bound = hashlib.sha256(point(private)).digest() + SEALING
    unbound = hashlib.sha256(point(other)).digest() + SEALING
    info = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    gramine = quote(hashlib.sha256(info).digest() + bytes(32))

    def good(what, data, launch=True, binds=True, signed=True, problem=False, critical=None, further=0, rest=SEALING):
        return {
            "what": what,
            "certificate": pem(data),
            "point": point(private).hex(),
            "sealingKey": rest.hex(),
            "launch": canonical(LAUNCH) if launch else None,
            "launchIsUnreadable": problem,
            "binds": binds,
            "isSelfSigned": signed,
            "unknownCritical": critical,
            "furtherEvidence": further,
            "notBefore": NOT_BEFORE,
            "notAfter": NOT_AFTER,
            "sans": ["localhost", "127.0.0.1", "::1", "*.example.org"],
        }

    make = lambda evidence=quote(bound), **rest: certificate(scalar, private, evidence, **rest)
    stranger = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    write(
        "certificate.json",
        certificates=[
            good("as we make it", make()),
            good("the original's: CA:TRUE, no launch record", make(launch=None, authority=True), launch=False),
            good("zeros for the key that boxes are sealed to", make(quote(bound[:32] + bytes(32))), rest=bytes(32)),
            good("zeros behind the quote", make(quote(bound) + bytes(100))),
            good("another key's quote", make(quote(unbound)), binds=False),
            good("the hash of SubjectPublicKeyInfo", make(quote(hashlib.sha256(info).digest() + SEALING)), binds=False),
            good("signed by another key", make(signer=other_scalar), signed=False),
            good("issued by another name", make(issuer=stranger), signed=False),
            good("a launch record that isn't canonical", make(launch_bytes=json.dumps(LAUNCH).encode()), launch=False, problem=True),
            good("a launch record with an unknown member", make(launch_bytes=canonical({**LAUNCH, "a": 1}).encode()), launch=False, problem=True),
            good("an unknown critical extension", make(extras=[("1.2.3.4", b"\x05\0", True)]), critical="1.2.3.4"),
            good("an unknown extension", make(extras=[("1.2.3.4", b"\x05\0", False)])),
            good("Gramine's extension beside ours", make(extras=[("0.6.9.42.840.113741.1337.6", gramine, False)]), further=1),
        ],
        refused=[
            {"what": "no quote", "certificate": pem(make(None)), "kind": "noQuote"},
            {"what": "a quote a byte short", "certificate": pem(make(quote(bound)[:-1])), "kind": "quote"},
            {"what": "a byte behind the quote", "certificate": pem(make(quote(bound) + b"\1")), "kind": "quote"},
            {"what": "the quote in an OCTET STRING of its own", "certificate": pem(make(der(0x04, quote(bound)))), "kind": "quote"},
            {"what": "Gramine's extension alone", "certificate": pem(make(None, extras=[("0.6.9.42.840.113741.1337.6", gramine, False)])), "kind": "otherDialect"},
            {"what": "a byte behind the certificate", "certificate": pem(make() + b"\0"), "kind": "certificate"},
            {"what": "two certificates", "certificate": pem(make()) + pem(make()), "kind": "certificate"},
            {"what": "text before it", "certificate": "text\n" + pem(make()), "kind": "certificate"},
        ],
    )


# MARK: configuration.md


def configuration():
    secret = fixed("receiver", 32)
    digits = CODE_KEY.hex()
    epoch = fixed("epoch", 32).hex()

    def sealed(name="configuration", **members):
        return base64.urlsafe_b64encode(box(json.dumps(members).encode(), SEALING, name)).decode().rstrip("=")

    def good(what, members, authority, key=None, secrets=None, sealed_secrets=None, tls=None, continued=None, is_open=False):
        body = members if isinstance(members, str) else json.dumps(members, ensure_ascii=False)
        return {
            "what": what,
            "body": body,
            "isOpen": is_open,
            "authority": authority,
            "key": key,
            "secrets": secrets,
            "sealedSecrets": sealed_secrets,
            "tlsKey": tls,
            "continueEpoch": continued,
        }

    rest = {"uuid": UUID, "app_secrets": {"a": 1}, "ssl_private_key": "PEM"}
    vouched = sealed(code_secret_key=digits, request_sha256=hashlib.sha256(canonical(rest).encode()).hexdigest())
    good_ones = [
        good("a key", {"uuid": UUID, "code_secret_key": digits}, "sender", key=digits),
        good("a key in capitals", {"uuid": UUID, "code_secret_key": digits.upper()}, "sender", key=digits),
        good("a key and secrets", {"uuid": UUID, "code_secret_key": digits, "app_secrets": {"é": [1, None, 1.50], "b": "\n"}}, "sender", key=digits, secrets='{"\\u00e9": [1, null, 1.5], "b": "\\n"}'),
        good("everything in the box", {"uuid": UUID, "app_sealed_secrets": sealed(code_secret_key=digits, app_secrets={"p": 1}, ssl_private_key="PEM", continue_epoch=epoch, own=[2])}, "box", key=digits, secrets='{"p": 1}', sealed_secrets='{"own": [2]}', tls="PEM", continued=epoch),
        good("a box beside a key of the sender's", {"uuid": UUID, "code_secret_key": digits, "app_sealed_secrets": sealed(own=1), "app_secrets": {"a": 1}}, "sender", key=digits, secrets='{"a": 1}', sealed_secrets='{"own": 1}'),
        good("a box that vouches for the rest", {**rest, "app_sealed_secrets": vouched}, "box", key=digits, secrets='{"a": 1}', tls="PEM"),
        good("HOME continued", {"uuid": UUID, "code_secret_key": digits, "continue_epoch": epoch}, "sender", key=digits, continued=epoch),
        good("what Python holds for false is absent", {"uuid": UUID, "code_secret_key": digits, "app_secrets": {}, "app_sealed_secrets": "", "state_key": None}, "sender", key=digits),
        good("nobody's, for a service that anybody starts", {"uuid": UUID, "app_secrets": {"a": 1}}, "nobody", secrets='{"a": 1}', is_open=True),
        good("unknown members", {"uuid": UUID, "code_secret_key": digits, "colour": "red"}, "sender", key=digits),
    ]

    def bad(what, code, members=None, is_open=False, **more):
        body = members if isinstance(members, str) else json.dumps({"uuid": UUID, **(members or {}), **more})
        return {"what": what, "body": body, "code": "configuration." + code, "isOpen": is_open}

    refused = [
        bad("nothing", "malformed", ""),
        bad("an array", "malformed", "[]"),
        bad("a member twice", "malformed", '{"uuid":"a","uuid":"a"}'),
        bad("an end too early", "malformed", '{"uuid":"a"'),
        bad("a byte order mark", "malformed", '\ufeff{"uuid":"a"}'),
        bad("no uuid", "uuid", "{}"),
        bad("a number as uuid", "uuid", '{"uuid":5}'),
        bad("a short key", "key", code_secret_key="00"),
        bad("a key of other signs", "key", code_secret_key="zz" * 32),
        bad("a number as key", "key", code_secret_key=7),
        bad("standard base64", "sealedSecrets", app_sealed_secrets=b64(b"\xfb\xff" * 40)),
        bad("a box for another", "sealedSecrets", app_sealed_secrets=base64.urlsafe_b64encode(box(b"{}", sodium.crypto_scalarmult_base(fixed("x", 32)), "e")).decode()),
        bad("a box without JSON", "sealedSecrets", app_sealed_secrets=base64.urlsafe_b64encode(box(b"text", SEALING, "e")).decode()),
        bad("an object as box", "sealedSecrets", app_sealed_secrets={"a": 1}),
        bad("secrets beside a box that holds the key", "mixed", app_secrets={"a": 1}, app_sealed_secrets=sealed(code_secret_key=digits)),
        bad("a TLS key beside a box that holds the key", "mixed", ssl_private_key="PEM", app_sealed_secrets=sealed(code_secret_key=digits)),
        bad("a member that nobody knows beside such a box", "mixed", colour="red", app_sealed_secrets=sealed(code_secret_key=digits)),
        bad("a box that vouches for another request", "mixed", {**rest, "app_secrets": {"a": 2}}, app_sealed_secrets=vouched),
        bad("a number as TLS key", "tlsKey", ssl_private_key=1),
        bad("a short epoch", "epoch", continue_epoch="00"),
        bad("an epoch for a service that anybody starts", "epoch", continue_epoch=epoch, is_open=True),
        bad("a state key", "stateKey", state_key="00" * 32),
    ]
    write(
        "configuration.json",
        sealingKey=secret.hex(),
        id=UUID,
        requests=good_ones,
        refused=refused,
        uuids=[
            {"text": UUID.upper(), "matches": True},
            {"text": "{" + UUID + "}", "matches": True},
            {"text": "urn:uuid:" + UUID, "matches": True},
            {"text": UUID.replace("-", ""), "matches": True},
            {"text": OTHER_UUID, "matches": False},
            {"text": UUID[:-1], "matches": False},
            {"text": "", "matches": False},
        ],
    )


# MARK: sealed-state.md


def sealed_state():
    root, epoch, other = fixed("sealing secret", 32), fixed("epoch", 32), fixed("other epoch", 32)

    def derived(identifier, item, epoch):
        return hkdf(root, b"mse sealed state", prefixed(identifier.encode(), item.encode(), b"\1", epoch))

    def sealed(plain, item, identifier=UUID, epoch=epoch, head=None):
        head = head or b"MSESEAL\1" + epoch
        return head + seal_file(derived(identifier, item, epoch), fixed(f"nonce {item}", 24), plain)

    scalar, private = key("tls key")
    bound = hashlib.sha256(point(private)).digest() + SEALING
    contents = {
        "configuration": {
            "homeEpoch": other.hex(),
            "launch": canonical(LAUNCH),
            "key": CODE_KEY.hex(),
            "secrets": '{"a": 1}',
            "sealedSecrets": None,
            "tlsKey": None,
        },
        "identity": {
            "key": scalar.to_bytes(32, "big").hex(),
            "certificate": certificate(scalar, private, quote(bound)).hex(),
            "sealingKey": fixed("receiver", 32).hex(),
        },
    }
    plain = {item: canonical({name: value for name, value in members.items() if value is not None}) for item, members in contents.items()}
    one = sealed(plain["configuration"].encode(), "configuration")
    write(
        "sealed-state.json",
        secret=root.hex(),
        id=UUID,
        files=[
            {"item": item, "epoch": epoch.hex(), "key": derived(UUID, item, epoch).hex(), "plain": text, "file": sealed(text.encode(), item).hex()}
            for item, text in plain.items()
        ],
        home={"epoch": other.hex(), "plain": tar([("notes.txt", b"kept")]).hex(), "file": sealed(tar([("notes.txt", b"kept")]), "home", epoch=other).hex()},
        homeArchives={
            "written": b"".join(tree_member(*member) for member in TREE).hex() + bytes(1024).hex(),
            "holds": [
                {"path": name, "kind": {b"0": "file", b"1": "file", b"2": "link", b"5": "folder"}[kind], "mode": "%o" % mode, "modified": time, "content": (more[1] if kind == b"2" else b"#!/bin/sh\n".decode() if kind == b"1" else (more or [b""])[0].decode())}
                for name, kind, mode, time, *more in TREE[1:]
            ],
            "refused": [
                {"what": what, "file": (b"".join(tree_member(*member) for member in [TREE[0]] + members) + bytes(1024)).hex()}
                for what, members in [
                    ("a file before its folder", [("a/b", b"0", 0o600, "0", b"x")]),
                    ("a file behind a link", [("a", b"2", 0o777, "0", b"", "/tmp"), ("a/mse-outside", b"0", 0o600, "0", b"x")]),
                    ("a file in a file", [("a", b"0", 0o600, "0", b""), ("a/b", b"0", 0o600, "0", b"x")]),
                    ("a name twice", [("a", b"0", 0o600, "0", b""), ("a", b"0", 0o600, "0", b"x")]),
                    ("a link in a folder's place", [("a", b"5"), ("a", b"2", 0o777, "0", b"", "/tmp")]),
                    ("a name that leaves", [("../a", b"0", 0o600, "0", b"x")]),
                    ("a link without a text", [("a", b"2", 0o777, "0", b"", "")]),
                    ("a device", [("a", b"3", 0o600)]),
                    ("a second name of nothing", [("b", b"1", 0o600, "0", b"", "a")]),
                    ("a second name before the first", [("b", b"1", 0o600, "0", b"", "c"), ("c", b"0", 0o600)]),
                    ("a second name of a link", [("c", b"2", 0o777, "0", b"", "/etc/passwd"), ("b", b"1", 0o600, "0", b"", "c")]),
                    ("a second name of a folder", [("c", b"5"), ("b", b"1", 0o600, "0", b"", "c")]),
                    ("a second name of what lies outside", [("b", b"1", 0o600, "0", b"", "/etc/passwd")]),
                    ("a time that is no number", [("a", b"0", 0o600, "soon", b"x")]),
                ]
            ],
        },
        refused=[
            {"what": what, "file": data.hex()}
            for what, data in [
                ("nothing", b""),
                ("a head alone", one[:40]),
                ("a bit of the magic", flip(one, 0)),
                ("version 2", one[:7] + b"\2" + one[8:]),
                ("a bit of the epoch", flip(one, 8)),
                ("a bit of the nonce", flip(one, 40)),
                ("a bit of the tag", flip(one, 64)),
                ("the last bit", flip(one, -1)),
                ("a byte more", one + b"\0"),
                ("another file's", sealed(plain["configuration"].encode(), "identity")),
                ("another instance's", sealed(plain["configuration"].encode(), "configuration", OTHER_UUID)),
                ("another epoch in its head", sealed(plain["configuration"].encode(), "configuration", epoch=epoch, head=b"MSESEAL\1" + other)),
            ]
        ],
    )


# MARK: operators-log.md


def operators_log():
    codes = "malformed uuid key code tlsKey mixed sealedSecrets epoch stateKey storage done abandoned".split()
    failures = "platform package python storage certificate listen log unmeasured other".split()
    lines = ["agent.listening port=7443 configured=false hiddenMemory=true", "agent.simulated protection=none"]
    lines += [f"agent.waitsAgain cause={cause}" for cause in ["record", "identity", "unopened"]]
    lines += ["agent.configured"] + [f"configuration.refused code=configuration.{code}" for code in codes]
    lines += ["application.serving", "application.startFailed incident=00ff00ff00ff00ff", "application.failed incident=0123456789abcdef"]
    lines += ["agent.memoryUnlocked", "home.leftOut count=2", "state.damaged file=identity", "state.damaged file=configuration", "state.damaged file=home." + "0a" * 32]
    lines += ["agent.quoteUnbound", "home.notSaved", "agent.timeLimit seconds=600", "agent.stopping", "agent.ended exitCode=0", "agent.ended exitCode=-1"]
    lines += [f"agent.failed at={failure}" for failure in failures] + ["events.dropped count=3"]
    write(
        "operators-log.json",
        events=lines,
        refused=[
            "",
            "agent.unknown",
            "Agent.configured",
            "agent.configured ",
            " agent.configured",
            "agent.configured secret",
            "agent.configured\r",
            "agent.listening port=7443 configured=false",
            "agent.listening configured=false port=7443 hiddenMemory=true",
            "agent.listening port=+7443 configured=false hiddenMemory=true",
            "agent.listening port=07443 configured=false hiddenMemory=true",
            "agent.listening port=7443 configured=no hiddenMemory=true",
            "agent.waitsAgain cause=secret",
            "configuration.refused code=secret",
            "configuration.refused code=key",
            "application.failed incident=0123456789ABCDEF",
            "application.failed incident=0123456789abcde",
            "agent.ended exitCode=01",
            "agent.ended exitCode=99999999999",
            "agent.failed at=secret",
            "agent.simulated protection=full",
            "home.leftOut count=02",
            "home.leftOut count=secret",
            "state.damaged file=secret",
            "state.damaged file=home",
            "state.damaged file=home.",
            "state.damaged file=home." + "0A" * 32,
            "state.damaged file=home." + "0a" * 33,
        ],
        applicationLines=[
            {"text": b"hello".hex(), "line": "application.says hello"},
            {"text": "é\x1b[2J".encode().hex(), "line": "application.says \\u{00E9}\\u{1B}[2J"},
            {"text": b"a\t\"\\'\xff".hex(), "line": "application.says a\\t\\\"\\\\\\'\\u{FFFD}"},
            {"text": "😀".encode().hex(), "line": "application.says \\u{0001F600}"},
            {"text": "", "line": "application.says "},
        ],
    )


# MARK: evidence.md


def evidence():
    """A certificate around a real quote, with Intel's real collateral: the quote binds another key, and says so."""
    real = HERE / "quotes"
    folder = real / "collateral/00a067110000-2025-06-19-processor"
    scalar, private = key("tls key")
    launch = {**LAUNCH, "notAfter": "2025-08-31T00:00:00Z"}
    ends = seconds(launch["notAfter"])
    data = certificate(scalar, private, (real / "quotes/sgx3-a06711-2.bin").read_bytes(), launch=launch, ends=ends)
    signing = (folder / "tcb_info_chain.pem").read_text()
    blocks = [block + "-----END CERTIFICATE-----\n" for block in signing.split("-----END CERTIFICATE-----\n") if block.strip()]
    file = {
        "version": 1,
        "input_args": {
            "subject": LAUNCH["subject"],
            "subject_alternative_name": LAUNCH["sans"][0],
            "expiration_date": ends,
            "app_id": UUID,
        },
        "ratls_certificate": pem(data),
        "root_ca_crl": pem((folder / "root_ca.crl.der").read_bytes(), "X509 CRL"),
        "pck_platform_crl": pem((folder / "pck.crl.der").read_bytes(), "X509 CRL"),
        "tcb_info": b64((folder / "tcb_info.json").read_bytes()),
        "qe_identity": b64((folder / "qe_identity.json").read_bytes()),
        "tcb_cert": blocks[0],
        "root_certificate": blocks[1],
        "qe_identity_issuer_chain": (folder / "qe_identity_chain.pem").read_text(),
        "collected_at": "2025-07-04T00:00:00Z",
    }
    (HERE / "evidence").mkdir(exist_ok=True)
    (HERE / "evidence/evidence.json").write_text(json.dumps(file, indent=2) + "\n")
    write(
        "evidence.json",
        file="evidence/evidence.json",
        quote="quotes/quotes/sgx3-a06711-2.bin",
        collateral="quotes/collateral/00a067110000-2025-06-19-processor",
        at="2025-07-04T00:00:00Z",
        # What is set into the file, or taken out with null, and then refused.
        refused=[
            {"what": "no certificate", "set": {"ratls_certificate": None}},
            {"what": "a certificate without PEM", "set": {"ratls_certificate": "text"}},
            {"what": "no root CRL", "set": {"root_ca_crl": None}},
            {"what": "no PCK CRL", "set": {"pck_platform_crl": None}},
            {"what": "TCB info that isn't base64", "set": {"tcb_info": "{}"}},
            {"what": "no QE identity", "set": {"qe_identity": None}},
            {"what": "a number as TCB signer", "set": {"tcb_cert": 5}},
        ],
        # What the original leaves out.
        optional=["version", "input_args", "root_certificate", "qe_identity_issuer_chain", "collected_at"],
    )


if __name__ == "__main__":
    code_encryption()
    sealed_log()
    package()
    launch_record()
    certificates()
    configuration()
    sealed_state()
    operators_log()
    evidence()
