"""Every kind of the pack opens in the program as its author's network, or is refused truly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from resnet_viz.analysis.recognition import recognised
from resnet_viz.networks import weights
from resnet_viz.networks.builder import BuiltResNet
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.own import open_own
from tests import pack

MAKE = pack.load()
NAMES = [] if MAKE is None else MAKE.names()
pytestmark = pytest.mark.skipif(MAKE is None, reason=pack.WHY)


def apart(given: Tensor, reference: dict[str, Any]) -> float:
    """How far outputs are from the reference's, relative to its norm."""
    if list(given.shape) != reference["shape"]:
        return float("inf")
    rows, values = given.double().numpy(), np.array(reference["values"])
    first = np.linalg.norm(rows[:, : values.shape[1]] - values, axis=1)
    norms = np.array(reference["norms"])
    whole = np.abs(np.linalg.norm(rows, axis=1) - norms) / norms
    return float(max((first / np.linalg.norm(values, axis=1)).max(), whole.max()))


@pytest.mark.parametrize("name", NAMES)
def test_each_kind_is_loaded_as_the_program_loads_it(name: str, tmp_path: Path) -> None:
    """What runs is the snapshot's network with the weights chosen, as in the window."""
    kind = MAKE.read(name)
    path = MAKE.make(name, tmp_path)
    if kind["expect"].startswith("refused") and "opened" not in kind["expect"]:
        with pytest.raises(WeightsError) as caught:
            open_own(path)
        assert str(caught.value).startswith(path.name)
        assert any(word.lower() in str(caught.value).lower() for word in kind["says"])
        return
    own = open_own(path)
    assert not MAKE.marker_of(path).exists()
    spec = own.spec.adapted(own.weights.classes, own.weights.preprocessing)
    network = spec.build()
    weights.load(network, spec, own.weights)
    assert spec.channels == kind["input"]["channels"]
    assert len(own.weights.labels) == spec.classes
    said = recognised(own).sentence.lower()
    if "file can't show" in kind["expect"]:
        assert any(word.lower() in said for word in kind["says"]), said
    if kind.get("hidden") or "reference" not in kind:
        return
    x = MAKE.input_for(kind)
    with torch.no_grad():
        given = [network(x)]
        if isinstance(network, BuiltResNet):
            given.append(network.features(x))
    references = [kind["reference"], *kind.get("other_readings", ())]
    assert min(apart(y, one) for y in given for one in references) < 1e-3
