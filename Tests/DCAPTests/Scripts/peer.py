"""What PyPI's dcap-qvl says of many cases.   peer.py JOBS-FILE VECTORS

Reads {"quote", "collateral", "at", "root"?, "operations"} a line, paths below VECTORS; prints a line for each: "status NAME", "refused WHY", or
"untried WHY" where its interface can't be given the case.
"""

import json
import sys
from pathlib import Path

import dcap_qvl

vectors = Path(sys.argv[2])
NAMES = ["root_ca.crl.der", "pck.crl.der", "pck_crl_chain.pem", "tcb_info.json", "tcb_info_chain.pem", "qe_identity.json", "qe_identity_chain.pem", "pck_chain.pem"]
known = {}


def read(path):
    if path not in known:
        known[path] = path.read_bytes() if path.exists() else None
    return known[path]


def apply(files, operation):
    (kind, arguments), = operation.items()
    if kind == "delete":
        files[arguments] = None
        return
    name = arguments[0]
    data = bytearray(files[name] or b"")
    if kind == "copy":
        data = bytearray(read(vectors / arguments[1]))
    elif kind == "text":
        data = data.replace(arguments[1].encode(), arguments[2].encode(), 1)
    elif kind == "truncate":
        data = data[: arguments[1]]
    elif kind == "append":
        data += bytes.fromhex(arguments[1])
    elif kind == "xor":
        data[arguments[1]] ^= arguments[2]
    elif kind == "set":
        new = bytes.fromhex(arguments[2])
        start = arguments[1] if arguments[1] >= 0 else len(data) + arguments[1]
        data[start : start + len(new)] = new
    else:
        raise ValueError(kind)
    files[name] = bytes(data)


def document(data, member):
    """The signed text as it stands, and the signature's digits."""
    text = data.decode()
    outer = json.loads(text)
    if set(outer) != {member, "signature"} or text.count(f'"{member}"') != 1 or text.count('"signature"') != 1:
        raise ValueError("not of the form that can be handed over")
    start = text.index(f'"{member}"') + len(member) + 2
    start = text.index("{", start)
    return text[start : json.JSONDecoder().raw_decode(text, start)[1]], outer["signature"]


def der(data):
    """Hexadecimal digits of a list, whichever form it came in."""
    if data[:1] == b"\x30":
        return data.hex()
    if data.lstrip().startswith(b"-----BEGIN"):
        import base64

        return base64.b64decode(b"".join(data.strip().splitlines()[1:-1])).hex()
    return bytes.fromhex(data.decode().strip()).hex()


def judge(job):
    files = {name: read(vectors / job["collateral"] / name) for name in NAMES}
    files["quote.bin"] = read(vectors / job["quote"])
    for operation in job["operations"]:
        apply(files, operation)
    try:
        info, info_signature = document(files["tcb_info.json"], "tcbInfo")
        identity, identity_signature = document(files["qe_identity.json"], "enclaveIdentity")
        members = {
            "pck_crl_issuer_chain": files["pck_crl_chain.pem"].decode(),
            "root_ca_crl": der(files["root_ca.crl.der"]),
            "pck_crl": der(files["pck.crl.der"]),
            "tcb_info_issuer_chain": files["tcb_info_chain.pem"].decode(),
            "tcb_info": info,
            "tcb_info_signature": info_signature,
            "qe_identity_issuer_chain": files["qe_identity_chain.pem"].decode(),
            "qe_identity": identity,
            "qe_identity_signature": identity_signature,
        }
        if files["pck_chain.pem"]:
            members["pck_certificate_chain"] = files["pck_chain.pem"].decode()
        collateral = dcap_qvl.QuoteCollateralV3.from_json(json.dumps(members))
    except Exception as error:
        return f"untried {type(error).__name__} {error}"
    try:
        if job.get("root"):
            import re, base64

            root = read(vectors / job["root"])
            root = base64.b64decode(b"".join(re.search(rb"-----BEGIN CERTIFICATE-----(.*?)-----END", root, re.S).group(1).split()))
            report = dcap_qvl.verify_with_root_ca(files["quote.bin"], collateral, root, job["at"])
        else:
            report = dcap_qvl.verify(files["quote.bin"], collateral, job["at"])
        return f"status {report.status}"
    except BaseException as error:
        return "refused " + " ".join(str(error).split())


for line in open(sys.argv[1]):
    print(judge(json.loads(line)).replace("\n", " "))
