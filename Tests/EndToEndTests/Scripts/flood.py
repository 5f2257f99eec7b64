# Strangers who hold all that a waiting agent lets them hold, and begin again when they are dropped.   flood.py PORT CONNECTIONS BYTES SECONDS
import resource, selectors, socket, ssl, sys, time

port, wanted, size, seconds = (int(word) for word in sys.argv[1:5])
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
context = ssl._create_unverified_context()
piece = b"a" * 65536
head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (size + 1)
end = time.monotonic() + seconds


class Stranger:
    def __init__(self):
        self.left = size
        self.data = b""
        self.stream = socket.socket()
        self.stream.setblocking(False)
        self.stream.connect_ex(("127.0.0.1", port))
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)
        self.is_ready = False

    def step(self):
        """Goes on as far as it goes; False when it was dropped."""
        try:
            if not self.is_ready:
                try:
                    self.tls.do_handshake()
                    self.is_ready = True
                    self.tls.write(head)
                except ssl.SSLWantReadError:
                    pass
            while True:
                if not self.data:
                    self.data = self.outgoing.read()
                    if not self.data and self.is_ready and self.left > 0:
                        self.tls.write(piece[: self.left])
                        self.left -= min(self.left, len(piece))
                        continue
                if not self.data:
                    break
                self.data = self.data[self.stream.send(self.data) :]
        except (BlockingIOError, InterruptedError):
            pass
        except (OSError, ValueError):
            return False
        return True

    def read(self):
        try:
            data = self.stream.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not data:
            return False
        self.incoming.write(data)
        try:
            if self.is_ready:
                self.tls.read(65536)
                return False
        except ssl.SSLError as error:
            return isinstance(error, ssl.SSLWantReadError)
        return True


selector = selectors.DefaultSelector()
began = 0
while time.monotonic() < end:
    while len(selector.get_map()) < wanted:
        stranger = Stranger()
        selector.register(stranger.stream, selectors.EVENT_READ | selectors.EVENT_WRITE, stranger)
        began += 1
        if began == wanted:
            print("full", flush=True)
    for key, events in selector.select(1):
        stranger = key.data
        goes_on = (not events & selectors.EVENT_READ or stranger.read()) and stranger.step()
        if not goes_on:
            selector.unregister(stranger.stream)
            stranger.stream.close()
        elif not stranger.data and stranger.left == 0:
            selector.modify(stranger.stream, selectors.EVENT_READ, stranger)
print(f"began {began}", flush=True)
