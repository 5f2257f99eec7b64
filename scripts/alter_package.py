"""What an operator could do to a package: change a byte of an encrypted file, or add a file.

    alter_package.py change|add PACKAGE OUTPUT
"""

import io
import sys
import tarfile

kind, source, target = sys.argv[1:]


def members(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return [(member.name, archive.extractfile(member).read()) for member in archive]


def pack(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


package = members(open(source, "rb").read())
code = members(dict(package)["app.tar"])
if kind == "change":
    index = next(i for i, (name, _) in enumerate(code) if name.endswith(".enc"))
    name, data = code[index]
    code[index] = name, data[:-1] + bytes([data[-1] ^ 1])
else:
    code.append(("sitecustomize.py.enc", bytes(64)))
open(target, "wb").write(pack([(name, pack(code) if name == "app.tar" else data) for name, data in package]))
