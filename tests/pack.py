"""The pack of checkpoints as people have them, where it lies: kinds of file, made when needed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.networks.builder import BuiltResNet

PACK = Path(__file__).parents[2] / "shared" / "checkpoints"
WHY = f"needs the pack of checkpoints in {PACK}"
TOLERANCE = 1e-3


def load() -> ModuleType | None:
    """The pack's make.py, or None where there is no pack."""
    path = PACK / "make.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("checkpoint_pack", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def may_be_refused(kind: dict[str, Any]) -> bool:
    """True if a sentence is right; for ``either`` kinds opening the file is right as well."""
    return str(kind["expect"]).startswith("refused") or bool(kind.get("either"))


def has_to_open(kind: dict[str, Any]) -> bool:
    return str(kind["expect"]).startswith("opens") and not kind.get("either")


def says(kind: dict[str, Any], text: str) -> bool:
    """True if the text has a word that a true sentence about this kind has."""
    return any(word.lower() in text.lower() for word in kind.get("says", [""]))


def apart(network: nn.Module, kind: dict[str, Any], x: Tensor) -> float:
    """How far the outputs are from the author's, relative to their norm; of several right
    readings, from the nearest."""
    with torch.no_grad():
        given = [network(x)]
        if isinstance(network, BuiltResNet):
            given.append(network.features(x))
    references = [kind["reference"], *kind.get("other_readings", ())]
    return min(_apart(one, reference) for one in given for reference in references)


def _apart(given: Tensor, reference: dict[str, Any]) -> float:
    if list(given.shape) != reference["shape"]:
        return float("inf")
    rows, values = given.double().numpy(), np.array(reference["values"])
    first = np.linalg.norm(rows[:, : values.shape[1]] - values, axis=1)
    norms = np.array(reference["norms"])
    whole = np.abs(np.linalg.norm(rows, axis=1) - norms) / norms
    return float(max((first / np.linalg.norm(values, axis=1)).max(), whole.max()))
