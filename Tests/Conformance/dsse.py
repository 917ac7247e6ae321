"""Envelopes, judged by securesystemslib: verifies those it is given, refuses them changed, signs one itself."""

import copy
import json
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib._internal.utils import b64dec
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

question = json.load(open(sys.argv[1], encoding="utf-8"))


def key(facts):
    return SSlibKey(facts["keyid"], "ed25519", "ed25519", {"public": facts["public"]})


verified = []
for case in question["envelopes"]:
    keys = [key(facts) for facts in case["keys"]]
    envelope = Envelope.from_dict(copy.deepcopy(case["envelope"]))
    verified.append(len(envelope.verify(keys, len(keys))))
    for change in ("payload", "payload_type"):
        forged = Envelope.from_dict(copy.deepcopy(case["envelope"]))
        value = getattr(forged, change)
        setattr(forged, change, value + (b" " if isinstance(value, bytes) else "x"))
        try:
            forged.verify(keys, 1)
        except VerificationError:
            continue
        sys.exit(f"verified with another {change}")

task = question["sign"]
signer = CryptoSigner(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(task["seed"])))
signer.public_key.keyid = task["keyid"]
ours = Envelope(b64dec(task["payload"]), task["payloadType"], {})
ours.sign(signer)
print(json.dumps({"verified": verified, "signed": ours.to_dict()}))
