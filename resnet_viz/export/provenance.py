"""Which file a network's numbers come from, and its hash: what figures and scripts say of it."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from resnet_viz import assets
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.choice import WeightsChoice


def weights_file(spec: NetworkSpec, choice: WeightsChoice) -> Path | None:
    """The file that the chosen weights of ``spec`` are read from; None where there is none."""
    if choice.kind == "untrained":
        return None
    if choice.kind == "file":
        return Path(choice.path)
    if spec.embedded:
        return assets.path("weights", f"{spec.embedded}.safetensors")
    from resnet_viz.networks.weights import official

    given = official(spec)
    return None if given is None else given.path


def weights_hash(spec: NetworkSpec, choice: WeightsChoice) -> str:
    """The SHA-256 of that file in hexadecimal; "" where there is none, or it is gone."""
    path = weights_file(spec, choice)
    if path is None:
        return ""
    try:
        return sha256_of(path)
    except OSError:
        return ""


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; remembered until the file changes.

    Raises:
        OSError: it cannot be read.
    """
    path = Path(path)
    status = path.stat()
    return _hash(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _hash(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
