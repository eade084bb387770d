"""Model files that try to crash, stall, fill or take over the program that reads them, by name."""

from __future__ import annotations

import io
import json
import pickle
import pickletools
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

_NAME = "photo"


def parts_of(good: bytes) -> tuple[dict[str, Any], bytes]:
    """The head and the tensors' bytes of a safetensors file."""
    length = int.from_bytes(good[:8], "little")
    return json.loads(good[8 : 8 + length]), good[8 + length :]


def packed(head: dict[str, Any] | str, body: bytes = b"", length: int | None = None) -> bytes:
    text = (head if isinstance(head, str) else json.dumps(head)).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + body


def _entry(shape: object, offsets: object, dtype: object = "U8") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def _with_record(good: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """A whole file whose record says something else, and that has no checksum, as files of earlier versions."""
    head, body = parts_of(good)
    record = json.loads(head["__metadata__"]["primage"])
    del record["sha256_of_all"]
    changed = change(record)
    head["__metadata__"]["primage"] = changed if isinstance(changed, str) else json.dumps(record)
    return packed(head, body)


def _with_tensor(good: bytes, name: str, array: np.ndarray | None, dtype: str = "") -> bytes:
    """A whole file with another tensor of that name, or without it, and no checksum."""
    head, body = parts_of(good)
    record = json.loads(head["__metadata__"]["primage"])
    del record["sha256_of_all"]
    head["__metadata__"]["primage"] = json.dumps(record)
    names = {np.dtype("u1"): "U8", np.dtype("f4"): "F32", np.dtype("i8"): "I64", np.dtype("?"): "BOOL"}
    tensors = {key: (value, body[slice(*value["data_offsets"])]) for key, value in head.items() if key[:2] != "__"}
    if array is None:
        del tensors[name]
    else:
        tensors[name] = _entry(list(array.shape), None, dtype or names[array.dtype]), array.tobytes()
    new, data = {"__metadata__": head["__metadata__"]}, b""
    for key, (value, content) in tensors.items():
        new[key] = value | {"data_offsets": [len(data), len(data) + len(content)]}
        data += content
    return packed(new, data)


def lying_heads() -> dict[str, bytes]:
    """Files that are no safetensors, or whose heads lie."""
    deep = "[" * 100_000 + "]" * 100_000
    texts = {"__metadata__": {"primage": "{}"}}
    return {
        "empty": b"",
        "three bytes": b"\1\2\3",
        "head longer than the file": packed({}, length=1 << 20),
        "head of 2^63 bytes": packed({}, length=1 << 63),
        "head of 2^64-1 bytes": packed({}, length=(1 << 64) - 1),
        "head of no bytes": packed("", b"\0" * 64, length=0),
        "head that is no JSON": packed("{'photo': 1}"),
        "head that is no object": packed("[1, 2, 3]"),
        "head that is deep": packed('{"a": ' + deep + "}"),
        "head that is no UTF-8": (4).to_bytes(8, "little") + b"\xff\xfe\x00\x80",
        "overlapping tensors": packed(texts | {_NAME: _entry([4], [0, 4]), "edges": _entry([4], [2, 6])}, b"\0" * 6),
        "tensor beyond the end": packed(texts | {_NAME: _entry([4096], [0, 4096])}, b"\0" * 16),
        "tensor backwards": packed(texts | {_NAME: _entry([4], [4, 0])}, b"\0" * 4),
        "huge shape": packed(texts | {_NAME: _entry([2**31, 2**31, 3], [0, 16])}, b"\0" * 16),
        "overflowing shape": packed(texts | {_NAME: _entry([2**62, 4], [0, 0])}),
        "huge shape of nothing": packed(texts | {_NAME: _entry([2**40, 0, 3], [0, 0])}),
        "negative shape": packed(texts | {_NAME: _entry([-1, 3], [0, 3])}, b"\0" * 3),
        "shape of a fraction": packed(texts | {_NAME: _entry([1.5, 2], [0, 3])}, b"\0" * 3),
        "shape of NaN": packed('{"photo": {"dtype": "U8", "shape": [NaN], "data_offsets": [0, 1]}}', b"\0"),
        "shape of 10^400": packed('{"photo": {"dtype": "U8", "shape": [1e400], "data_offsets": [0, 1]}}', b"\0"),
        "unknown type": packed(texts | {_NAME: _entry([1], [0, 1], "OBJECT")}, b"\0"),
        "same name twice": packed(
            '{"photo": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}, '
            '"photo": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]}}',
            b"\0\0",
        ),
        "gap between tensors": packed(texts | {_NAME: _entry([1], [8, 9])}, b"\0" * 9),
        "metadata that are numbers": packed({"__metadata__": {"primage": 5}}),
        "metadata that are a list": packed({"__metadata__": ["primage"]}),
        "name that is a path": packed(texts | {"../../evil": _entry([1], [0, 1])}, b"\0"),
        "a million metadata": packed({"__metadata__": {str(number): "x" for number in range(200_000)}}),
    }


def lying_records(good: bytes) -> dict[str, bytes]:
    """Files that are whole, and say something else than their tensors hold."""
    head, body = parts_of(good)
    flipped = bytearray(good)
    flipped[-1] ^= 1
    texts = {
        "no record": packed({key: value for key, value in head.items() if key != "__metadata__"}, body),
        "wrong checksum": bytes(flipped),
        "record that is a list": _with_record(good, lambda _: "[1, 2]"),
        "record that is null": _with_record(good, lambda _: "null"),
        "record that is a number": _with_record(good, lambda _: "1e999"),
        "record that is a text": _with_record(good, lambda _: '"primage"'),
        "record of NaN": _with_record(good, lambda _: "NaN"),
        "record that is deep": _with_record(good, lambda _: "[" * 100_000 + "]" * 100_000),
        "record of many digits": _with_record(good, lambda _: "9" * 100_000),
        "record cut": _with_record(good, lambda record: json.dumps(record)[:-5]),
        "checksum that is a list": _with_record(good, lambda record: record.update(sha256_of_all=["a"])),
        "negative steps": _with_record(good, lambda record: record["config"].update(steps=-5)),
        "size of 10^9": _with_record(good, lambda record: record["config"].update(size_px=10**9)),
        "no configuration": _with_record(good, lambda record: record.pop("config")),
        "settings that nobody knows": _with_record(good, lambda record: record["config"].update(hook="os.system")),
        "unknown kind": _with_record(good, lambda record: record["spec"]["config"].update(kind="../../etc")),
        "no palette": _with_record(good, lambda record: record["spec"].update(palette=None)),
        "palette of one label": _with_record(
            good, lambda record: record["spec"]["palette"].update(labels=record["spec"]["palette"]["labels"][:1])
        ),
        "other architecture": _with_record(
            good, lambda record: record["config"].update(generator={"architecture": "pix2pixhd", "ngf": 2})
        ),
        "widths of 10^12": _with_record(good, lambda record: record["config"]["generator"].update(widths=[10**12] * 4)),
        "a million blocks": _with_record(
            good, lambda record: record["config"]["generator"].update(blocks=[10**6, 0, 0, 1])
        ),
        "a million blocks of the paper": _with_record(
            good,
            lambda record: record["config"].update(generator={"architecture": "pix2pixhd", "n_blocks": 10**6}),
        ),
    }
    pixels = np.zeros((48, 64, 3), np.uint8)
    tensors: dict[str, tuple[np.ndarray | None, str, str]] = {
        "no photo": (None, _NAME, ""),
        "photo of floats": (pixels.astype(np.float32), _NAME, ""),
        "photo of NaN": (np.full((48, 64, 3), np.nan, np.float32), _NAME, ""),
        "photo of bfloat16": (pixels.astype(np.uint8).repeat(2, 1).reshape(48, 64, 6), _NAME, "BF16"),
        "photo of one dimension": (pixels.reshape(-1), _NAME, ""),
        "photo of four channels": (np.zeros((48, 64, 4), np.uint8), _NAME, ""),
        "photo of nothing": (np.zeros((0, 0, 3), np.uint8), _NAME, ""),
        "photo of another size": (np.zeros((40, 40, 3), np.uint8), _NAME, ""),
        "labels that the palette lacks": (np.full((48, 64), 255, np.uint8), "segments", ""),
        "labels of floats": (np.zeros((48, 64), np.float32), "segments", ""),
        "lines of another size": (np.zeros((4, 4), np.uint8), "edges", ""),
        "lines of three dimensions": (pixels, "edges", ""),
    }
    weight = next(key for key, value in head.items() if key.startswith("generator.") and value["dtype"] == "F32")
    shape = head[weight]["shape"]
    for title, value in (("NaN", np.nan), ("infinity", np.inf), ("10^30", 1e30)):
        tensors[f"weights of {title}"] = np.full(shape, value, np.float32), weight, ""
    tensors["weights of whole numbers"] = np.zeros(shape, np.int64), weight, ""
    tensors["weights of another shape"] = np.zeros((1, 2, 3), np.float32), weight, ""
    tensors["no weights"] = None, weight, ""
    return (
        texts
        | {
            name: _with_tensor(good, tensor, array, dtype)
            for name, (array, tensor, dtype) in tensors.items()
            if name != "photo of bfloat16"
        }
        | {"photo of bfloat16": _with_bfloat16(good)}
    )


def _with_bfloat16(good: bytes) -> bytes:
    data = _with_tensor(good, _NAME, np.zeros((48, 64, 6), np.uint8))
    head, body = parts_of(data)
    head[_NAME]["dtype"], head[_NAME]["shape"] = "BF16", [48, 64, 3]
    return packed(head, body)


class _Call:
    """Unpickles as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


def _global(module: str, name: str, *arguments: str) -> bytes:
    """A pickle that calls a function by its name, which need not exist here."""
    words = b"".join(b"V" + argument.encode() + b"\n" for argument in arguments)
    return b"c" + f"{module}\n{name}\n".encode() + b"(" + words + b"tR."


def pickles(proof: str) -> dict[str, bytes]:
    """Pickles that would write the file ``proof``, run a program or open a connection, if they were allowed to."""
    touch, code = f"touch {proof}", f"open({proof!r}, 'w').close()"
    chain = b"cbuiltins\ngetattr\n(cbuiltins\n__import__\n(Vos\ntRVsystem\ntR(V" + touch.encode() + b"\ntR."
    dotted = b"\x80\x04\x8c\x05numpy\x8c\x0cos.system\x93(\x8c" + bytes([len(touch)]) + touch.encode() + b"tR."
    return {
        "os.system": _global("os", "system", touch),
        "posix.system": _global("posix", "system", touch),
        "nt.system": _global("nt", "system", touch),
        "subprocess.Popen": _global("subprocess", "Popen", touch),
        "subprocess.getoutput": _global("subprocess", "getoutput", touch),
        "builtins.eval": _global("builtins", "eval", code),
        "builtins.exec": _global("builtins", "exec", code),
        "builtins.open": _global("builtins", "open", proof, "w"),
        "__builtin__.eval": _global("__builtin__", "eval", code),
        "io.open": _global("io", "open", proof, "w"),
        "runpy": _global("runpy", "run_path", proof),
        "webbrowser": _global("webbrowser", "open", "http://127.0.0.1:9/"),
        "urllib": _global("urllib.request", "urlopen", "http://127.0.0.1:9/"),
        "socket": _global("socket", "create_connection", "127.0.0.1"),
        "torch.hub": _global("torch.hub", "load_state_dict_from_url", "http://127.0.0.1:9/a.pth"),
        "torch.load": _global("torch", "load", proof),
        "torch storage": _global("torch.storage", "_load_from_bytes", proof),
        "numpy.load": _global("numpy", "load", proof),
        "numpy.core": _global("numpy.core.multiarray", "fromfile", proof),
        "numpy through an attribute": dotted,
        "numpy.testing": _global("numpy.testing._private.utils", "runstring", code, "{}"),
        "codecs and eval": pickle.dumps(_Call(eval, code)),
        "getattr and import": chain,
        "persistent id": b"Pos.system\n.",
        "binary persistent id": b"\x80\x02(X\x07\0\0\0storageX\x02\0\0\0ostQ.",
        "extension": b"\x80\x02\x82\x01.",
        "state of the class": b"cnumpy\nndarray\n}(Vtobytes\nVx\nub.",
        "an array of objects": pickle.dumps(np.array([_Call(exec, code)], dtype=object)),
        "protocol 5": pickle.dumps(_Call(print, "in"), 5),
        "a bomb of lists": b"\x80\x02]" + b"2" * 40 + b"e" + b".",
        "memory of 2^31": b"\x80\x04X\xff\xff\xff\x7f.",
        "frame of 2^63": b"\x80\x04\x95" + (1 << 63).to_bytes(8, "little") + b"N.",
        "no end": b"\x80\x04]",
        "nothing": b"",
    }


def torch_zip(content: bytes) -> bytes:
    """A file as `torch.save` writes them, with any pickle in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in (("data.pkl", content), ("byteorder", b"little"), ("version", b"3\n")):
            file.writestr(zipfile.ZipInfo(f"archive/{name}"), data)
    return out.getvalue()


def is_pickle(content: bytes) -> bool:
    """Whether `pickletools` can follow a pickle to its end."""
    try:
        return sum(1 for _ in pickletools.genops(content)) > 0
    except Exception:  # it raises what the opcodes' readers raise
        return False
