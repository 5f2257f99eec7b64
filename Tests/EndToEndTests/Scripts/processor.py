"""A processor that lies about what it measured.   processor.py RECORD AGENT ARGUMENTS…: prints what the agent says."""
import fcntl
import os
import socket
import struct
import subprocess
import sys

record = open(sys.argv[1], "rb").read()
pair = [one.detach() for one in socket.socketpair()]
# Neither is the descriptor that the agent looks at.
ours, theirs = (socket.socket(fileno=fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 10)) for one in pair)
for one in pair:
    os.close(one)
os.dup2(theirs.fileno(), 3, inheritable=True)
agent = subprocess.Popen(
    sys.argv[2:], close_fds=False, env={}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
)
os.close(3)
theirs.close()
ours.settimeout(60)
try:
    while head := ours.recv(4, socket.MSG_WAITALL):
        request = ours.recv(struct.unpack("<I", head)[0], socket.MSG_WAITALL)
        answer = b"\0" + (record if request[0] == 3 else bytes(32))
        ours.sendall(struct.pack("<I", len(answer)) + answer)
except OSError:
    pass
output = agent.communicate(timeout=60)[0]
print(output.decode(), f"exit code {agent.returncode}")
