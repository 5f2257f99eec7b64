"""Replaces the certificates in a quote by a chain of our own that bears Intel's names: what every verifier must refuse.

    forge_chain.py QUOTE OUTPUT
"""

import datetime
import struct
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID

now = datetime.datetime.now(datetime.timezone.utc)


def name(common):
    pairs = [(NameOID.COMMON_NAME, common), (NameOID.ORGANIZATION_NAME, "Intel Corporation"), (NameOID.LOCALITY_NAME, "Santa Clara")]
    pairs += [(NameOID.STATE_OR_PROVINCE_NAME, "CA"), (NameOID.COUNTRY_NAME, "US")]
    return x509.Name([x509.NameAttribute(*pair) for pair in pairs])


def certificate(common, key, issuer, issuer_key, path_length, extension=None):
    is_ca = path_length is not None
    usage = dict.fromkeys("digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign encipher_only decipher_only".split(), False)
    usage |= {"key_cert_sign": True, "crl_sign": True} if is_ca else {"digital_signature": True, "content_commitment": True}
    builder = x509.CertificateBuilder(name(issuer), name(common), key.public_key(), x509.random_serial_number(), now - datetime.timedelta(1), now + datetime.timedelta(365))
    builder = builder.add_extension(x509.KeyUsage(**usage), True).add_extension(x509.BasicConstraints(is_ca, path_length), True)
    if extension:
        builder = builder.add_extension(extension, False)
    return builder.sign(issuer_key, hashes.SHA256())


quote = open(sys.argv[1], "rb").read()
report, auth_size = quote[564:948], struct.unpack_from("<H", quote, 1012)[0]
old = x509.load_pem_x509_certificates(quote[1014 + auth_size + 6:].rstrip(b"\0"))
sgx = old[0].extensions.get_extension_for_oid(x509.ObjectIdentifier("1.2.840.113741.1.13.1")).value
root, authority, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
names = "Intel SGX PCK Certificate", "Intel SGX PCK Platform CA", "Intel SGX Root CA"
chain = [
    certificate(names[0], leaf, names[1], authority, None, sgx),
    certificate(names[1], authority, names[2], root, 0),
    certificate(names[2], root, names[2], root, 1),
]
pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)
r, s = utils.decode_dss_signature(leaf.sign(report, ec.ECDSA(hashes.SHA256())))
tail = quote[436:948] + r.to_bytes(32, "big") + s.to_bytes(32, "big") + quote[1012:1014 + auth_size] + struct.pack("<HI", 5, len(pem)) + pem
open(sys.argv[2], "wb").write(quote[:432] + struct.pack("<I", len(tail)) + tail)
