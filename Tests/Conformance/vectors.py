"""The files of Tests/Vectors, checked from the format pages alone: no code of Demarc takes part."""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

folder = Path(json.load(open(sys.argv[1], encoding="utf-8"))["folder"])


def read(name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


keys = {}
for number in (1, 2, 3):
    public = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32).public_key()
    keys["sha256:" + hashlib.sha256(public.public_bytes_raw()).hexdigest()] = public


def check(vector):
    envelope = vector["envelope"]
    payload = base64.b64decode(envelope["payload"], validate=True)
    assert payload == compact(vector["statement"]), "the payload is not the canonical text"
    kind = envelope["payloadType"].encode()
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    assert envelope["signatures"]
    assert [s["keyid"] for s in envelope["signatures"]] == sorted(s["keyid"] for s in envelope["signatures"])
    for signature in envelope["signatures"]:
        keys[signature["keyid"]].verify(base64.b64decode(signature["sig"]), message)
    digest = b"\x01\x55\x12\x20" + hashlib.sha256(compact(envelope)).digest()
    assert vector["cid"] == "b" + base64.b32encode(digest).decode().lower().rstrip("="), "the CID"


statements, record, checkpoint = read("statements.json"), read("record.json"), read("checkpoint.json")[0]
for item in statements + record:
    check(item)


def root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return hashlib.sha256(b"\x01" + root(leaves[:middle]) + root(leaves[middle:])).digest()


entries = [bytes.fromhex(entry) for entry in checkpoint["entries"]]
assert [root(entries[:size]).hex() for size in range(1, 9)] == checkpoint["roots"]

text, _, lines = checkpoint["note"].rpartition("\n\n")
text += "\n"
assert text == f"grid.example/log\n8\n{base64.b64encode(root(entries)).decode()}\n"
verified = 0
for line, vkey in zip(lines.splitlines(), (checkpoint["logKey"], checkpoint["cosignerKey"]), strict=True):
    dash, name, blob = line.split(" ")
    key_name, key_id, material = vkey.split("+", 2)
    material, blob = base64.b64decode(material), base64.b64decode(blob)
    assert (dash, name) == ("—", key_name)
    assert blob[:4] == bytes.fromhex(key_id) == hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    message, signature = text.encode(), blob[4:]
    if material[0] == 4:
        message, signature = b"cosignature/v1\ntime %d\n" % int.from_bytes(blob[4:12], "big") + message, blob[12:]
    Ed25519PublicKey.from_public_bytes(material[1:]).verify(signature, message)
    verified += 1

print(json.dumps({"statements": len(statements), "record": len(record), "signatures": verified}))
