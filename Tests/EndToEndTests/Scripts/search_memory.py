"""Searches a process's own memory: search_memory.py PROCESS PATTERNS.json

PATTERNS.json names what is sought, in hexadecimal digits. Prints a line for each place: the pattern's name and the
mapping (locked memory as 'locked', the heap, a stack, a file), and 'searched N' with the MiB that were read.
"""

import json
import re
import sys

process, patterns = sys.argv[1], {name: bytes.fromhex(one) for name, one in json.load(open(sys.argv[2])).items()}
expression = re.compile(b"|".join(re.escape(one) for one in patterns.values()))
names = {one: name for name, one in patterns.items()}
count = 0

def regions():
    lines = open(f"/proc/{process}/smaps").read().split("\n")
    region = None
    for line in lines:
        head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)", line)
        if head:
            region = [int(head[1], 16), int(head[2], 16), head[3], head[4] or "anonymous"]
        elif line.startswith("VmFlags:") and region:
            # lo: locked, as libsodium's guarded memory is.
            if " lo" in line:
                region[3] = "locked"
            yield region

with open(f"/proc/{process}/mem", "rb", 0) as memory:
    for start, end, rights, name in list(regions()):
        if "r" not in rights or name in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
            continue
        position, tail = start, b""
        while position < end:
            try:
                memory.seek(position)
                block = memory.read(min(end - position, 16 << 20))
            except (OSError, ValueError):
                break
            if not block:
                break
            data = tail + block
            for match in expression.finditer(data):
                if match.end() > len(tail):
                    print(f"{names[match[0]]}: {name}")
            tail = data[-256:]
            position += len(block)
            count += len(block)
print("searched", count >> 20)
