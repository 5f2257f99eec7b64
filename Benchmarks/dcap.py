"""Verifications a CPU second on one thread, ours and PyPI's dcap-qvl in turn.   dcap.py DCAP-BENCH BIN

Each measurement is a process of its own, on both sides: where a program happens to lie in memory moves its speed by a tenth.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import dcap_qvl

bench, bin = (Path(one).resolve() for one in sys.argv[1:3])
vectors = (Path(__file__).parent / "../Tests/Vectors/quotes").resolve()
cases = {
    "sgx": ("quotes/sgx3-a06711-2.bin", "collateral/00a067110000-2025-06-19-processor", 1751624924),
    "tdx": ("quotes/tdx4-b0c06f-1.bin", "collateral/b0c06f000000-2025-06-19-platform", 1751624191),
}
ROUNDS, SECONDS = 15, 0.3


def inner(text, name):
    start = text.index(f'"{name}":') + len(name) + 3
    return text[start : start + json.JSONDecoder().raw_decode(text[start:])[1]]


def peer_collateral(folder):
    text = lambda name: (folder / name).read_text()
    info, identity = text("tcb_info.json"), text("qe_identity.json")
    return dcap_qvl.QuoteCollateralV3.from_json(
        json.dumps(
            {
                "pck_crl_issuer_chain": text("pck_crl_chain.pem"),
                "root_ca_crl": (folder / "root_ca.crl.der").read_bytes().hex(),
                "pck_crl": (folder / "pck.crl.der").read_bytes().hex(),
                "tcb_info_issuer_chain": text("tcb_info_chain.pem"),
                "tcb_info": inner(info, "tcbInfo"),
                "tcb_info_signature": json.loads(info)["signature"],
                "qe_identity_issuer_chain": text("qe_identity_chain.pem"),
                "qe_identity": inner(identity, "enclaveIdentity"),
                "qe_identity_signature": json.loads(identity)["signature"],
            }
        )
    )


def theirs(quote, collateral, at):
    count, start = 0, time.process_time()
    while (now := time.process_time()) < start + SECONDS:
        for _ in range(16):
            dcap_qvl.verify(quote, collateral, at)
        count += 16
    return count / (now - start)


def ours(mode, case):
    quote, collateral, at = cases[case]
    words = [bench, mode, vectors / quote, vectors / collateral, str(at), str(SECONDS)]
    fields = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    return float(fields[0]) / float(fields[1]), fields


def peer_process(case):
    words = [sys.executable, __file__, str(bench), str(bin), case]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


if len(sys.argv) > 3:
    quote, folder, at = cases[sys.argv[3]]
    print(theirs((vectors / quote).read_bytes(), peer_collateral(vectors / folder), at))
    sys.exit()
runs = {}
for _ in range(ROUNDS):
    for case in cases:
        peer = peer_process(case)
        for mode in ["cold", "warm"] + (["same-qe"] if case == "sgx" else []):
            runs.setdefault(f"{mode}-{case}", []).append((ours(mode, case)[0], peer))

print(f"{'case':14}{'ours':>10}{'dcap-qvl':>10}   a CPU second, medians of {ROUNDS}")
for name, pairs in runs.items():
    print(f"{name:14}{statistics.median(p[0] for p in pairs):10.0f}{statistics.median(p[1] for p in pairs):10.0f}")
print(f"parsing a quote: {1e9 / statistics.median(ours('parse', 'sgx')[0] for _ in range(5)):.0f} ns")
fields = ours("batch", "sgx")[1]
print(f"batch of {fields[0]}: {float(fields[0]) / float(fields[1]):.0f} a second, {float(fields[2]):.2f} times one thread")
quote, collateral, at = cases["sgx"]
command = [bin / "mse", "quote", "verify", vectors / quote, "--collateral", vectors / collateral, "--at", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))]
spent = []
for _ in range(15):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent.append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
print(f"mse quote verify, start to exit: {statistics.median(spent):.1f} ms CPU")
for name, pairs in runs.items():
    print(f"ratio {name} {statistics.median(a / b for a, b in pairs):.2f}")
