"""Certificates and requests, judged and made by pyca/cryptography."""

import base64
import datetime
import ipaddress
import json
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

question = json.load(open(sys.argv[1], encoding="utf-8"))


def load(field):
    return x509.load_der_x509_certificate(base64.b64decode(question[field]))


authority, dns, ip = load("authority"), load("dns"), load("ip")
request = x509.load_der_x509_csr(base64.b64decode(question["request"]))
assert request.is_signature_valid
at = datetime.datetime.fromtimestamp(question["at"], datetime.timezone.utc)
store = verification.Store([authority])
for leaf, subject in (
    (dns, x509.DNSName("edge.acme.example")),
    (ip, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))),
):
    leaf.verify_directly_issued_by(authority)
    chain = verification.PolicyBuilder().store(store).time(at).build_server_verifier(subject).verify(leaf, [])
    assert len(chain) == 2
    client = verification.PolicyBuilder().store(store).time(at).build_client_verifier().verify(leaf, [])
    assert client.subjects is not None
try:
    verifier = verification.PolicyBuilder().store(store).time(at).build_server_verifier(x509.DNSName("other.example"))
    verifier.verify(dns, [])
    sys.exit("verified for another host")
except verification.VerificationError:
    pass

basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)
assert basic.critical and basic.value.ca and basic.value.path_length == 0


def names(leaf):
    return leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def csr(key, algorithm):
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "theirs")])
    )
    # Asks for a name that is not its own: the authority must not take it over.
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.UniformResourceIdentifier("spiffe://grid.example/hub")]), critical=False
    )
    der = builder.sign(key, algorithm).public_bytes(serialization.Encoding.DER)
    return base64.b64encode(der).decode()


print(
    json.dumps(
        {
            "uri": names(dns).get_values_for_type(x509.UniformResourceIdentifier)[0],
            "dns": names(dns).get_values_for_type(x509.DNSName)[0],
            "ip": str(names(ip).get_values_for_type(x509.IPAddress)[0]),
            "fingerprint": authority.fingerprint(hashes.SHA256()).hex(),
            "request": csr(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()),
            "rsa": csr(rsa.generate_private_key(65537, 2048), hashes.SHA256()),
            "p384": csr(ec.generate_private_key(ec.SECP384R1()), hashes.SHA256()),
            "ed25519": csr(ed25519.Ed25519PrivateKey.generate(), None),
        }
    )
)
