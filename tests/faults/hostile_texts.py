"""JSON, tables, documents and zips that try to crash, stall or fill the program that reads them, by name."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
import zlib
from typing import Any

#: Names in a zip that would lead out of the folder, or mean a device, on one of the systems.
WAYS_OUT = (
    "../evil",
    "../../evil",
    "run/../../evil",
    "/evil",
    "//host/share/evil",
    "C:\\evil",
    "C:evil",
    "..\\..\\evil",
    "run\\..\\..\\evil",
    "\\\\?\\C:\\evil",
    "run/photo.png/../../../evil",
    "./project.json",
    "run//photo.png",
    "PROJECT.JSON",
    "project.json\0.png",
    "con",
    "nul.png",
    "aux.json",
    "COM1",
    "run/lpt1.png",
    "project.json.",
    "project.json ",
    "project.json:stream",
    "~/.bashrc",
    "$HOME/evil",
    "%2e%2e/evil",
    "run/\uff0e\uff0e/evil",
    "\u2025/evil",
    "run/\u202egnp.exe",
    "a" * 60_000,
)


def texts() -> dict[str, bytes]:
    """JSON that is damaged, deep, huge, or of other types than anything that reads JSON expects."""
    deep = 100_000
    return {
        "empty": b"",
        "cut": b'[{"op": "move",',
        "not UTF-8": b"\xff\xfe\x00\x80",
        "NUL": b"[\0]",
        "deep list": b"[" * deep + b"]" * deep,
        "deep object": b'{"a":' * deep + b"1" + b"}" * deep,
        "deep and cut": b"[" * deep,
        "many digits": b"9" * 100_000,
        "number too large": b'[{"op": 1e999}]',
        "NaN": b"NaN",
        "list of NaN": b"[NaN, Infinity, -Infinity]",
        "null": b"null",
        "text": b'"primage"',
        "number": b"5",
        "list of lists": b"[[[]]]",
        "list of nulls": b"[null, null]",
        "object of nothing": b"{}",
        "same key twice": b'[{"op": "move", "op": "erase"}]',
        "lone surrogate": b'[{"op": "\\ud800"}]',
        "200,000 entries": b"[" + b"{}," * 199_999 + b"{}]",
        "unknown operation": b"[{\"op\": \"__import__('os').system('true')\"}]",
    }


def records(good: bytes) -> dict[str, bytes]:
    """A run's record with wrong types and values."""

    def changed(*path: str, to: Any) -> bytes:
        record = json.loads(good)
        section = record
        for name in path[:-1]:
            section = section[name]
        section[path[-1]] = to
        return json.dumps(record).encode()

    return {
        "steps of text": changed("config", "steps", to="many"),
        "steps of NaN": changed("config", "steps", to=float("nan")),
        "a million blocks": changed("config", "generator", "blocks", to=[10**6] * 4),
        "channels of 10^9": changed("config", "discriminator", "ndf", to=10**9),
        "pairs elsewhere": changed(
            "more_pairs", to=[{"name": "../../x", "photo_sha256": "", "pair_sha256": {"../../../etc/passwd": "0" * 64}}]
        ),
        "hashes of other files": changed("pair_sha256", to={"../../../etc/passwd": "0" * 64}),
        "spec that is a list": changed("spec", to=[]),
        "labels of one id": changed("spec", "palette", "labels", to=[{"id": 1, "colour": [0, 0, 0]}] * 2),
        "colour of 10^9": changed("spec", "line_colour", to=[10**9, 0, 0]),
        "unknown kind": changed("spec", "config", "kind", to="__import__"),
    }


def document(stack: str, members: dict[str, bytes]) -> bytes:
    """An OpenRaster document."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("mimetype"), "image/openraster")
        file.writestr(zipfile.ZipInfo("stack.xml"), stack)
        for name, data in members.items():
            file.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def documents(png: bytes) -> dict[str, bytes]:
    """OpenRaster documents with hostile lists of layers; all lack the merged picture or have a damaged one."""
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    layers = '<layer name="Labels" src="{0}"/><layer name="Lines" src="{0}"/>'
    image = '<image w="64" h="48"><stack>{}</stack></image>'
    return {
        "a billion laughs": document(f'<!DOCTYPE x [<!ENTITY a0 "ha">{laughs}]><image>&a11;</image>', {}),
        "a file of the system": document(
            '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><image w="64" h="48">&f;</image>', {}
        ),
        "a host": document('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><image w="64" h="48"><stack/></image>', {}),
        "deep": document("<a>" * 100_000 + "</a>" * 100_000, {}),
        "size of text": document(f'<image w="wide" h="48">{layers.format("a.png")}</image>', {"a.png": png}),
        "size of 10^9": document(f'<image w="1000000000" h="1000000000">{layers.format("a.png")}</image>', {}),
        "layers elsewhere": document(image.format(layers.format("../../../etc/passwd")), {"a.png": png}),
        "layers of absolute names": document(image.format(layers.format("/etc/passwd")), {"a.png": png}),
        "layers at 10^12": document(
            image.format(
                '<layer name="Labels" src="a.png" x="1000000000000"/><layer name="Lines" src="a.png" y="NaN"/>'
            ),
            {"a.png": png},
        ),
        "layers that are no pictures": document(image.format(layers.format("a.png")), {"a.png": b"#!/bin/sh\n"}),
        "cut": document(image.format(layers.format("a.png")), {"a.png": png})[:-40],
    }


def zips(good: bytes) -> dict[str, bytes]:
    """A project of the studio as a zip, changed so that it must be refused, by name."""
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}

    def packed(
        extra: list[tuple[zipfile.ZipInfo | str, bytes]], method: int = zipfile.ZIP_STORED, **other: Any
    ) -> bytes:
        out = io.BytesIO()
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "w", method) as file:
            for name, data in (members | other).items():
                file.writestr(name, data)
            for info, data in extra:
                file.writestr(info, data)
        return out.getvalue()

    def replaced(name: str, data: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
        return packed([], method, **{name: data})

    def edited(change: Any) -> bytes:
        record = json.loads(members["project.json"])
        change(record)
        return replaced("project.json", json.dumps(record).encode())

    link, device = zipfile.ZipInfo("run/log.jsonl"), zipfile.ZipInfo("thumbnail.png")
    link.external_attr, device.external_attr = 0o120777 << 16, 0o020666 << 16
    whole = packed([])
    encrypted = bytearray(whole)
    for at in _places(whole, b"PK\1\2"):
        encrypted[at + 8] |= 1
    wrong_sum, longer = bytearray(whole), bytearray(whole)
    for at in _places(whole, b"PK\1\2"):
        wrong_sum[at + 16] ^= 1
        longer[at + 24 : at + 28] = b"\xff\xff\xff\x7f"
    deflated = bytearray(packed([], zipfile.ZIP_DEFLATED))
    start = deflated.find(b"PK\3\4")
    body = start + 30 + int.from_bytes(deflated[start + 26 : start + 28], "little")
    deflated[body : body + 30] = b"\xff" * 30
    method = bytearray(whole)
    for at in _places(whole, b"PK\1\2"):
        method[at + 10] = 99
    head = struct.Struct("<I")
    large = json.dumps({"meta": {}, "layers": {"segments": [1 << 17, 1 << 17], "edges": [1 << 17, 1 << 17]}}).encode()
    zeros = zlib.compress(bytes(64 << 20), 9)
    found = {f"name {name[:40]!a}": packed([(zipfile.ZipInfo(name), b"x")]) for name in WAYS_OUT}
    found |= {
        "a member twice": packed([(zipfile.ZipInfo("project.json"), members["project.json"])]),
        "a thousand members": packed([(f"snapshots/{number:016x}.bin", b"") for number in range(1001)]),
        "encrypted": bytes(encrypted),
        "wrong checksums": bytes(wrong_sum),
        "lengths that lie": bytes(longer),
        "damaged compression": bytes(deflated),
        "unknown compression": bytes(method),
        "cut": whole[: len(whole) // 2],
        "only its end": whole[-200:],
        "a bomb": replaced("run/log.jsonl", bytes(64 << 20), zipfile.ZIP_DEFLATED),
        "a bomb of LZMA": replaced("run/log.jsonl", bytes(64 << 20), zipfile.ZIP_LZMA),
        "deep record": replaced("project.json", b"[" * 100_000),
        "no record": replaced("project.json", b"null"),
        "record of another version": edited(lambda record: record.update(run="../../etc")),
        "drawing of gigabytes": replaced("drawing.bin", head.pack(len(large)) + large + zeros),
        "model that is a pickle": replaced("run/model.safetensors", b"cos\nsystem\n(Vtrue\ntR."),
        "photo that is a program": replaced("original", b"\x7fELF" + bytes(60)),
        "run of another kind": replaced("run/run.json", b"[]"),
        "a link": packed([(link, b"/etc/passwd")]) if "run/log.jsonl" not in members else packed([(device, b"x")]),
    }
    return found


def _places(data: bytes, mark: bytes) -> list[int]:
    found, at = [], data.find(mark)
    while at >= 0:
        found.append(at)
        at = data.find(mark, at + 1)
    return found
