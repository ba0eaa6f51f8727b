"""Which files are offered and taken as weights, before they are read."""

from __future__ import annotations

from pathlib import Path

SUFFIXES = (".safetensors", ".pt", ".pth", ".th", ".tar", ".ckpt", ".bin", ".pkl", ".pickle")
"""What files of weights are commonly called."""

_OTHERS = (".h5", ".hdf5", ".keras", ".onnx", ".pb", ".tflite", ".npz", ".gguf", ".caffemodel")
"""Weights of other programs, which get a sentence that says so."""


def may_be_weights(path: Path) -> bool:
    """Whether the file at ``path`` is called as weights are, or begins as they do."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES + _OTHERS:
        return True
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            start = file.read(256)
    except (OSError, ValueError):
        return False
    zipped = start.startswith(b"PK\3\4") and b"data.pkl" in start
    pickled = start[:1] == b"\x80" and 2 <= start[1:2].ljust(1, b"\0")[0] <= 5
    return zipped or pickled or start[6:9] == b"\0\0{"
