"""What a file is that is not one of weights, by its first bytes: one sentence each."""

from __future__ import annotations

import json
from pathlib import Path

_ELSEWHERE = "choose a file of weights that PyTorch or safetensors wrote"

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file, as Keras and TensorFlow write them; {torch}"),
    (b"\x93NUMPY", "is a single array of NumPy; {elsewhere}"),
    (b"GGUF", "is a GGUF file of a language model; {elsewhere}"),
    (b"\x1f\x8b", "is compressed with gzip; {unpack}"),
    (b"BZh", "is compressed with bzip2; {unpack}"),
    (b"\xfd7zXZ\0", "is compressed with xz; {unpack}"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive; {unpack}"),
    (b"Rar!\x1a\x07", "is a RAR archive; {unpack}"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd; {unpack}"),
    (b"\x89PNG\r\n\x1a\n", "is a picture (PNG); {photo}"),
    (b"\xff\xd8\xff", "is a picture (JPEG); {photo}"),
    (b"GIF8", "is a picture (GIF); {photo}"),
    (b"II*\0", "is a picture (TIFF); {photo}"),
    (b"MM\0*", "is a picture (TIFF); {photo}"),
    (b"BM", "is a picture (BMP); {photo}"),
    (b"%PDF", "is a PDF document; {elsewhere}"),
    (b"MATLAB 5.0 MAT-file", "is a MATLAB file; {torch}"),
    (b"\x7fELF", "is a program; {elsewhere}"),
    (b"MZ", "is a program; {elsewhere}"),
    (b"\x12\x01\0\0\0\0\0\0", "is a file of MXNet; {torch}"),
    (b"SQLite format 3\0", "is a database; {elsewhere}"),
)
_ADVICE = {
    "elsewhere": _ELSEWHERE,
    "torch": "convert it to PyTorch's format first, and open the state_dict() of that",
    "unpack": "unpack it and open the file of weights in it",
    "photo": "open it as a photo, and choose a file of weights here",
}


def what_it_is(path: Path, start: bytes, size: int) -> str | None:
    """What the file is, and what to do, for a sentence that begins with its name; None if it may
    be one of weights. ``start`` is its first kilobytes, ``size`` that of the whole in bytes."""
    if not size:
        return "is empty; choose another file of weights"
    for beginning, words in _BEGINNINGS:
        if start.startswith(beginning):
            return words.format(**_ADVICE)
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "is a picture (WebP); {photo}".format(**_ADVICE)
    if start[4:8] == b"TFL3":
        return "is a TensorFlow Lite file; {torch}".format(**_ADVICE)
    if start[257:262] == b"ustar":
        return "is a tar archive; {unpack}".format(**_ADVICE)
    if not start.strip(b"\0"):
        return "begins with nothing but zeros, as after a broken download; download it again"
    return _text(start, path) or _protobuf(start, path)


def what_the_zip_is(names: tuple[str, ...]) -> str:
    """What a zip without a pickle of torch is, by the ``names`` of its entries."""
    last = {name.rpartition("/")[2] for name in names}
    if "model.weights.h5" in last or {"config.json", "metadata.json"} <= last:
        return "is a Keras file; {torch}".format(**_ADVICE)
    if "saved_model.pb" in last:
        return "is a SavedModel of TensorFlow in a zip; {torch}".format(**_ADVICE)
    if names and all(name.endswith(".npy") for name in names):
        return "is a NumPy archive (.npz); {torch}".format(**_ADVICE)
    if any("serialized_exported_program" in name or "/models/" in name for name in names):
        return "is a program that torch.export wrote; save the network's state_dict() and open that"
    if any(name.startswith("word/") or name.startswith("ppt/") for name in names):
        return f"is a document; {_ELSEWHERE}"
    inside = [name for name in names if name.endswith((".pth", ".pt", ".safetensors", ".ckpt"))]
    if inside:
        return f"is a zip archive; unpack it and open {inside[0][:200]} in it"
    return "is a zip archive without weights that PyTorch wrote; {unpack}".format(**_ADVICE)


def _text(start: bytes, path: Path) -> str | None:
    """For files that are text."""
    try:
        text = start.decode("utf-8-sig").lstrip()
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:  # not a letter that was cut at the end
            return None
        text = start[: error.start].decode("utf-8-sig").lstrip()
    if any(ord(letter) < 32 and letter not in "\t\n\r\f" for letter in text):
        return None
    lower = text[:2000].lower()
    if lower.startswith("version https://git-lfs"):
        return (
            "is only a Git LFS pointer: the weights themselves were not downloaded; run "
            "“git lfs pull” where it came from, or download the file itself"
        )
    if lower.startswith(("<!doctype html", "<html", "<head", "<script")) or "<html" in lower:
        return (
            "is a web page (HTML), not a checkpoint: the server sent a page in place of the "
            "file; open the link in a browser and download the file itself"
        )
    if lower.startswith("<?xml"):
        return "is XML, perhaps a server's error message; download the file itself again"
    if lower.startswith("model_checkpoint_path:"):
        return "only names a checkpoint of TensorFlow; {torch}".format(**_ADVICE)
    if text[:1] in "{[":
        return _json(text, path)
    if path.suffix in (".prototxt", ".pbtxt"):
        return f"describes a network but holds no weights; {_ELSEWHERE}"
    return None if _may_be_a_pickle(start) else f"is a text, not weights; {_ELSEWHERE}"


def _json(text: str, path: Path) -> str:
    if '"weight_map"' in text:
        return (
            "is only the list of the files that a network's weights are split into; "
            "join them to one file, or open a smaller network"
        )
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        loaded = None
    if isinstance(loaded, dict) and ("architectures" in loaded or "model_type" in loaded):
        return "is the configuration of a network; open model.safetensors beside it"
    return f"is JSON text, not weights; {_ELSEWHERE}"


def _may_be_a_pickle(start: bytes) -> bool:
    """Whether a text may be a pickle of protocol 0, such as "(dp0"."""
    return start[:1] in (b"(", b"c", b"]", b"}") and start.rstrip()[-1:] == b"."


def _protobuf(start: bytes, path: Path) -> str | None:
    """ONNX and TensorFlow are messages of protobuf; their first fields tell them apart."""
    suffix = path.suffix.lower()
    if start[:1] == b"\x08" and len(start) > 4 and start[1] < 0x80:
        version, tag, length = start[1], start[2], start[3]
        producer = start[4 : 4 + length]
        named = tag == 0x12 and len(producer) == length and producer.isascii()
        if suffix == ".onnx" or (version > 1 and (tag == 0x3A or (named and producer.isalnum()))):
            return (
                "is an ONNX file; open the PyTorch checkpoint that it was exported from, since "
                "ONNX keeps no names of blocks"
            )
        if version == 1 and tag == 0x12:
            return "is a SavedModel of TensorFlow; {torch}".format(**_ADVICE)
    if suffix == ".onnx":
        return f"is called .onnx but is damaged or something else; {_ELSEWHERE}"
    if suffix in (".pb", ".index", ".tflite") or ".data-0000" in path.name:
        return "is a file of TensorFlow; {torch}".format(**_ADVICE)
    if suffix in (".caffemodel", ".mlmodel", ".msgpack", ".params", ".weights", ".engine", ".mnn"):
        return "is a file of another program than PyTorch; {torch}".format(**_ADVICE)
    return None
