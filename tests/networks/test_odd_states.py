"""Checkpoints whose tensors are not what their names say: recognised, or refused in a sentence."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
import torch
from torch import Tensor

from resnet_viz.analysis.recognition import run
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks import catalog
from resnet_viz.networks.builder import build
from resnet_viz.results.recognition import RecogniseRequest
from resnet_viz.results.task import TaskError
from tests.networks.test_reading import SMALL

NAMES = (
    *("", ".", "a..b", "\udcff", "<b>", "x" * 3000, "layer1.0.conv1.weight", "conv1.weight.weight"),
    *("layer99999999999.0.conv1.weight", "a\0b", "fc.weight", "layer1.-1.conv1.weight"),
)
DTYPES = (torch.int8, torch.int64, torch.bool, torch.float16, torch.float64, torch.complex64)


def recognised(path: Path) -> str:
    """The kind of answer, or "refused"."""
    context = TaskContext(Session(), lambda: [], lambda: False)
    try:
        *_, last = run(RecogniseRequest(str(path), "resnet20"), context)
    except TaskError:
        return "refused"
    return type(last).__name__


def changed(state: dict[str, Tensor], dice: random.Random) -> None:
    """Let one tensor be another one, or go by another name, or go."""
    name = dice.choice(list(state))
    value = state[name]
    shapes = {
        "shorter": [max(0, side + dice.choice((-1, 1, 0, -side))) for side in value.shape],
        "of ones": [1] * dice.randrange(9),
        "empty": [0],
        "other": [dice.choice((1, 2, 3, 7, 64)) for _ in value.shape],
    }
    kind = dice.choice((*shapes, "gone", "renamed", "cast", "turned", "filled", "wide", "twice"))
    if kind in shapes:
        state[name] = torch.zeros(shapes[kind])
    elif kind == "gone":
        del state[name]
    elif kind == "renamed":
        state[dice.choice(NAMES)] = state.pop(name)
    elif kind == "cast":
        state[name] = value.to(dice.choice(DTYPES))
    elif kind == "turned" and value.dim():
        state[name] = value.transpose(0, -1).contiguous()
    elif kind == "filled" and value.is_floating_point():
        state[name] = torch.full_like(value, float(dice.choice(("nan", "inf", "0"))))
    elif kind == "wide":
        state[name] = torch.zeros(1).expand(10**6, *[1] * max(0, value.dim() - 1))
    elif kind == "twice":
        state[f"{name}2"] = value


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:Casting complex values")  # of the test itself
def test_odd_states_are_read_or_refused(tmp_path: Path) -> None:
    networks = [catalog.find(name).build() for name in ("resnet20", "preact-resnet20", "lenet5")]
    bases = [dict(network.state_dict()) for network in (build(SMALL), *networks)]
    dice, path, found = random.Random(3), tmp_path / "a.pth", Counter[str]()
    for _ in range(250):
        state = dict(dice.choice(bases))
        for _ in range(dice.choice((1, 1, 2, 4, 10))):
            changed(state, dice)
        torch.save(state, path)
        found[recognised(path)] += 1
    assert len(found) >= 3, found


@pytest.mark.parametrize("shape", [(16, 0, 3, 3), (0, 16, 3, 3), (16, 16, 0, 0)])
def test_a_layer_of_nothing_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    state = catalog.find("resnet20").build().state_dict()
    state["layer1.1.conv1.weight"] = torch.zeros(shape)
    torch.save(state, tmp_path / "a.pth")
    assert recognised(tmp_path / "a.pth") in ("refused", "NotRecognised")
