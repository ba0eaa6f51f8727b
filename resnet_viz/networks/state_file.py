"""Reads a file of weights without running any code in it."""

from __future__ import annotations

import re
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, TypeGuard

from resnet_viz.networks.download import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES = (".safetensors", ".pt", ".pth", ".th", ".bin")

_WRAPPERS = ("state_dict", "model_state_dict", "network", "model", "net", "weights")
"""Where checkpoints keep their state dict, as training scripts call it."""

_PREFIXES = ("module.", "model.", "_orig_mod.", "network.", "net.")
"""What DataParallel, wrappers and torch.compile put before every name."""


def read_state(path: Path) -> Mapping[str, Tensor]:
    """The state dict in the file at ``path``, without prefixes that all names share.

    Pickles are read with ``weights_only``: what is not a tensor or a plain value is never called.

    Raises:
        WeightsError: the file is missing, damaged, holds code or holds no weights.
    """
    import torch

    if path.suffix.lower() not in SUFFIXES:
        raise WeightsError(
            f"{path.name!r} is not a file of weights; choose a .safetensors, .pt, .pth, .th or "
            ".bin file"
        )
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise WeightsError(f"{path.name} is not a file; choose a file of weights")
        if status.st_size == 0:
            raise WeightsError(f"{path.name} is empty; choose another file of weights")
        with path.open("rb") as file:
            start = file.read(2)
    except FileNotFoundError as error:
        raise WeightsError(f"there is no file {path}; choose a file of weights") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WeightsError(
            f"{path.name} cannot be read: {reason}; choose another file of weights"
        ) from error

    try:
        if path.suffix.lower() == ".safetensors":
            import safetensors.torch

            loaded: object = safetensors.torch.load_file(path)
        else:
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # the readers raise nearly anything for a damaged file
        pickled = start == b"PK" or start[:1] == b"\x80"
        if pickled and (isinstance(error, UnpicklingError) or "TorchScript" in str(error)):
            raise WeightsError(
                f"{path.name} holds code besides weights and is not opened, since opening it "
                "would run that code; save only the network's state_dict() and open that"
            ) from error
        raise WeightsError(
            f"{path.name} is damaged or is not a file of weights; choose another file"
        ) from error
    state = _found_in(loaded)
    if state is None:
        raise WeightsError(
            f"{path.name} holds no weights; choose a file that holds a network's state_dict()"
        )
    return _without_prefixes(state)


def _found_in(loaded: object, depth: int = 2) -> Mapping[str, Tensor] | None:
    """``loaded`` itself, or the state dict that it wraps."""
    if _is_state_dict(loaded):
        return loaded
    if isinstance(loaded, Mapping) and depth:
        for key in _WRAPPERS:
            found = _found_in(loaded.get(key), depth - 1)
            if found is not None:
                return found
    return None


def _is_state_dict(candidate: object) -> TypeGuard[Mapping[str, Tensor]]:
    from torch import Tensor, strided

    return (
        isinstance(candidate, Mapping)
        and len(candidate) > 0
        and all(
            isinstance(key, str)
            and isinstance(value, Tensor)
            and value.layout == strided
            and not (value.is_quantized or value.is_complex() or value.is_meta)
            for key, value in candidate.items()
        )
    )


def _without_prefixes(state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    # A running average of weights counts how many it has averaged.
    state = {key: value for key, value in state.items() if key != "n_averaged"}
    while True:
        prefix = next((p for p in _PREFIXES if state and all(k.startswith(p) for k in state)), None)
        if prefix is None:
            return state
        state = {key.removeprefix(prefix): value for key, value in state.items()}


def renamed(
    state: Mapping[str, Tensor], expected: Collection[str], unused: tuple[str, ...] = ()
) -> Mapping[str, Tensor]:
    """The same tensors under the ``expected`` names, where other authors call them otherwise.

    Projections are also called "shortcut", the classifier "linear", or "fc.1" where a dropout was
    put before it. Names that begin with one of ``unused`` are left out.
    """
    ready: dict[str, Tensor] = {}
    for key, value in state.items():
        if key.startswith(unused):
            continue
        name = key
        if key not in expected:
            other = re.sub(
                r"^linear\.|^fc\.\d+\.", "fc.", key.replace(".shortcut.", ".downsample.")
            )
            if other in expected and other not in state:
                name = other
        ready[name] = value
    return ready
