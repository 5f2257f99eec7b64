"""A collateral service over TLS that answers from a folder.   https_pcs.py FOLDER CERTIFICATE KEY PORT-FILE

The paths it was asked for stand in PORT-FILE.log, a line each.
"""

import http.server
import ssl
import sys
import urllib.parse
from pathlib import Path

folder = Path(sys.argv[1])
FILES = {
    "/sgx/certification/v4/tcb": ("tcb_info.json", "TCB-Info-Issuer-Chain", "tcb_info_chain.pem"),
    "/sgx/certification/v4/qe/identity": ("qe_identity.json", "SGX-Enclave-Identity-Issuer-Chain", "qe_identity_chain.pem"),
    "/sgx/certification/v4/pckcrl": ("pck.crl.der", "SGX-PCK-CRL-Issuer-Chain", "pck_crl_chain.pem"),
    "/sgx/certification/v4/rootcacrl": ("root_ca.crl.der", None, None),
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        found = FILES.get(self.path.split("?")[0])
        with open(sys.argv[4] + ".log", "a") as log:
            log.write(self.path + "\n")
        self.send_response(200 if found else 404)
        body = b""
        if found:
            name, header, chain = found
            body = (folder / name).read_bytes()
            # Folders of some have no chain of the list.
            if header and (folder / chain).exists():
                self.send_header(header, urllib.parse.quote((folder / chain).read_text()))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
Path(sys.argv[4]).write_text(str(server.server_address[1]))
server.serve_forever()
