"""Content ids and archives, judged and made by aleph-cid and ipfs-car-decoder."""

import asyncio
import base64
import hashlib
import json
import os
import struct
import sys
import tempfile

import aleph_cid
import ipfs_car_decoder

question = json.load(open(sys.argv[1], encoding="utf-8"))


def vector(count):
    """The published vector, then itself again and again: the period is no multiple of a chunk."""
    period = 1_048_577
    block = b"".join(
        hashlib.sha256(b"demarc-vector" + struct.pack(">I", n)).digest() for n in range(period // 32 + 1)
    )[:period]
    return (block * (count // period + 1))[:count]


def file_id(size):
    hasher = aleph_cid.CidHasher.for_ipfs_v1_raw_leaves()
    hasher.update(vector(size))
    return hasher.finalize()


def fill(folder, count):
    for number in range(count):
        name = f"file-{number:04}.txt"
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(name)


def directory_id(count):
    with tempfile.TemporaryDirectory() as folder:
        fill(folder, count)
        return aleph_cid.hash_folder(folder, cid_version=1)


def unpack(root, archive):
    """What the archive holds, as path -> SHA-256."""
    with tempfile.TemporaryDirectory() as folder:
        stream = ipfs_car_decoder.ChunkedMemoryByteStream()

        async def work():
            await stream.append_bytes(archive)
            await stream.mark_complete()
            await ipfs_car_decoder.write_car_filesystem_to_path(root, stream, folder, name="version")

        asyncio.run(work())
        found = {}
        top = os.path.join(folder, "version")
        for parent, _, names in os.walk(top):
            for name in names:
                path = os.path.join(parent, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, top)] = hashlib.sha256(file.read()).hexdigest()
        return dict(sorted(found.items()))


archive = base64.b64decode(question["archive"])
changed = bytearray(archive)
changed[len(changed) // 2] ^= 1
try:
    unpack(question["root"], bytes(changed))
    sys.exit("took an archive with a flipped bit")
except ipfs_car_decoder.CarDecodeException:
    pass

with tempfile.TemporaryDirectory() as folder:
    source = os.path.join(folder, "source")
    os.mkdir(source)
    fill(source, 3)
    packed = os.path.join(folder, "packed.car")
    root = aleph_cid.write_folder_car(source, packed, cid_version=1)
    with open(packed, "rb") as file:
        theirs = base64.b64encode(file.read()).decode()

print(
    json.dumps(
        {
            "files": [file_id(size) for size in question["files"]],
            "directories": [directory_id(count) for count in question["directories"]],
            "unpacked": unpack(question["root"], archive),
            "root": root,
            "archive": theirs,
        }
    )
)
