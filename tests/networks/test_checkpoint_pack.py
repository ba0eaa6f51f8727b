"""Every kind of the pack of checkpoints opens as its author's network, or is refused truly."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from resnet_viz.networks.builder import BuiltResNet
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.reading.opening import Opened, open_weights

PACK = Path(__file__).parents[3] / "shared" / "checkpoints"
TOLERANCE = 1e-3

TRUTHS = {
    "resnet18_leaky_relu": ("activation", "leaky ReLU of slope 0.1"),
    "resnet18_no_maxpool": ("stem", "stride 2 and no pool"),
    "resnet20_zeros_at_the_end": ("pad", "zeros after"),
    "resnet50_3x3_stride2": ("stem", "stride 2 and a 3×3 max pool"),
    "resnet50_stride_on_1x1": ("stride", "on the first 1×1"),
}
"""What names and shapes cannot show of these, as the choice that is offered for it."""


def _pack() -> Any:
    file = PACK / "make.py"
    if not file.is_file():
        return None
    spec = importlib.util.spec_from_file_location("checkpoint_pack", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = _pack()
pytestmark = pytest.mark.skipif(make is None, reason=f"the pack of checkpoints is not at {PACK}")
KINDS: list[dict[str, Any]] = [] if make is None else [make.read(name) for name in make.names()]


def names(expect: str) -> list[str]:
    return [kind["name"] for kind in KINDS if kind["expect"].startswith(expect)]


def distance(network: BuiltResNet, kind: dict[str, Any]) -> float:
    """How far the network's outputs are from the author's, relative to their norm; of several
    right readings, the nearest."""
    x = make.input_for(kind)
    found = []
    for reference in (kind["reference"], *kind.get("other_readings", ())):
        with torch.no_grad():
            given = network.features(x) if reference["kind"] == "features" else network(x)
        found.append(_distance(given, reference))
    return min(found)


def _distance(given: Tensor, reference: dict[str, Any]) -> float:
    if list(given.shape) != reference["shape"]:
        return float("inf")
    rows, norms = given.double().numpy(), np.array(reference["norms"])
    values = np.array(reference["values"])
    first = np.linalg.norm(rows[:, : values.shape[1]] - values, axis=1)
    whole = np.abs(np.linalg.norm(rows, axis=1) - norms)
    return float(max((first / np.linalg.norm(values, axis=1)).max(), (whole / norms).max()))


def says(kind: dict[str, Any], text: str) -> bool:
    return any(word.lower() in text.lower() for word in kind.get("says", [""]))


def opened(kind: dict[str, Any], folder: Path) -> Opened:
    return open_weights(make.make(kind["name"], folder))


@pytest.mark.parametrize("name", names("opens"))
def test_opens_as_the_authors_network(name: str, tmp_path: Path) -> None:
    kind = make.read(name)
    found = opened(kind, tmp_path)
    text = " ".join(found.sentences())
    if kind["expect"] != "opens":
        assert says(kind, text), text
    network = found.build()
    apart = distance(network, kind)
    if not kind.get("hidden"):
        assert apart < TOLERANCE, text
    elif name in TRUTHS and apart >= TOLERANCE:
        key, choice = TRUTHS[name]
        chosen = Opened(
            found.contents,
            found.candidates,
            found.candidate,
            found.reading.chosen(key, choice),
        )
        assert distance(chosen.build(), kind) < TOLERANCE


@pytest.mark.parametrize("name", names("refused"))
def test_is_refused_with_the_true_reason(name: str, tmp_path: Path) -> None:
    kind = make.read(name)
    path = make.make(name, tmp_path)
    refusal = ""
    try:
        open_weights(path)
    except WeightsError as error:
        refusal = str(error)
    assert not make.marker_of(path).exists()
    if refusal or not kind.get("either"):
        assert says(kind, refusal), refusal
        assert path.name in refusal
