"""Looks for secrets in everything that is written:   watch_secrets.py PATTERNS SINCE EXCLUDED ROOT…

PATTERNS is JSON: names, and the bytes that may stand nowhere in hexadecimal. Files below the roots that are not older than SINCE are read again and
again until standard input ends, and once more then; of EXCLUDED, a list with colons, nothing is. Each find is a line: the secret's name and the file.
"""

import json
import os
import select
import stat
import sys

with open(sys.argv[1]) as file:
    patterns = {name: bytes.fromhex(value) for name, value in json.load(file).items()}
since = os.stat(sys.argv[2]).st_mtime_ns
excluded = {os.path.realpath(path) for path in sys.argv[3].split(":")} | {os.path.realpath(sys.argv[1])}
roots = sys.argv[4:]
found = set()
seen = {}


def report(what, path):
    if (what, path) not in found:
        found.add((what, path))
        print(f"{what}: {path}", flush=True)


def look(path):
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or max(status.st_mtime_ns, status.st_ctime_ns) < since:
            return
        state = status.st_mtime_ns, status.st_ctime_ns, status.st_size
        if seen.get(path) == state:
            return
        with open(path, "rb") as file:
            content = file.read(64 << 20)
    except OSError:
        return
    seen[path] = state
    for name, value in patterns.items():
        if value in content:
            report(name, path)


def look_everywhere():
    for root in roots:
        for folder, folders, files in os.walk(root):
            folders[:] = [one for one in folders if os.path.join(folder, one) not in excluded]
            for name in folders + files:
                for secret, value in patterns.items():
                    if value in os.fsencode(name):
                        report(secret + " (a name)", os.path.join(folder, name))
            for name in files:
                path = os.path.join(folder, name)
                if path not in excluded:
                    look(path)


while not select.select([sys.stdin], [], [], 0.05)[0]:
    look_everywhere()
look_everywhere()
print("watched", flush=True)
