"""The running statistics tell right from wrong readings of the networks that come along."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torchvision.models import resnet18

from resnet_viz import assets
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.analysis.witness import Witnessed, crops, fit, has_seen_data, judge, run
from resnet_viz.figures.figure import Chart
from resnet_viz.figures.witness import witness, witness_caption
from resnet_viz.images import gallery
from resnet_viz.networks.builder import BuiltResNet
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.own import open_own
from resnet_viz.networks.preprocessing import CIFAR10, NONE, Preprocessing
from resnet_viz.networks.reading.opening import Opened, open_weights
from resnet_viz.networks.reading.reading import Reading, build_with_weights
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Cancelled
from resnet_viz.results.witness import (
    CLEARLY,
    DOUBTFUL,
    FITS,
    Fit,
    WitnessRequest,
    WitnessResult,
)
from tests.networks.test_reading import stored

SHIPPED = ("resnet20", "resnet56", "plain20", "plain56")
MADE_FOR = Preprocessing(32, CIFAR10.mean, CIFAR10.std)


@cache
def shipped(name: str) -> Opened:
    return open_weights(assets.path("weights", f"{name}-cifar10.safetensors"))


def right(name: str) -> Reading:
    kind = "plain" if name.startswith("plain") else "residual"
    return shipped(name).reading.chosen("combine", kind)


@cache
def batch() -> Tensor:
    return crops(MADE_FOR, 3)


def divergence(name: str, reading: Reading) -> float:
    found = fit(build_with_weights(reading, shipped(name).candidate.tensors), batch())
    assert found is not None
    return found.mean


@pytest.mark.parametrize("name", SHIPPED)
def test_the_right_reading_fits_and_the_twin_does_not(name: str) -> None:
    reading = right(name)
    good = divergence(name, reading)
    assert good <= FITS
    other = "residual" if name.startswith("plain") else "plain"
    bad = divergence(name, reading.chosen("combine", other))
    assert bad > DOUBTFUL
    assert bad > 10 * good


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("choice", ["leaky ReLU of slope 0.1", "GELU", "SiLU"])
def test_another_activation_fits_worse(name: str, choice: str) -> None:
    good = divergence(name, right(name))
    bad = divergence(name, right(name).chosen("activation", choice))
    assert good < CLEARLY * bad
    assert bad > FITS


@pytest.mark.parametrize("name", ["resnet20", "resnet56"])
@pytest.mark.parametrize("choice", ["zeros after", "zeros before"])
def test_zeros_at_the_other_side_fit_worse(name: str, choice: str) -> None:
    good = divergence(name, right(name))
    bad = divergence(name, right(name).chosen("pad", choice))
    assert good < CLEARLY * bad
    assert bad > FITS


@pytest.mark.long
def test_a_plain_network_is_told_from_its_twin_by_itself() -> None:
    """The names and shapes of Plain-20 are ResNet-20's, so it is first taken for that."""
    opened = shipped("plain20")
    assert opened.reading.architecture.combine == "add"
    found = judge(opened.reading, opened.candidate.tensors)
    assert found.reading.architecture.combine == "none"
    assert found.fit is not None
    assert found.fit.mean <= FITS
    assert found.sentences[0].startswith("It fits its own statistics: 0.0")
    assert "plain, which fits" in found.sentences[1]
    combine = next(one for one in found.reading.assumptions if one.key == "combine")
    assert (combine.guess, combine.sure) == ("plain", True)


@pytest.mark.long
def test_what_cannot_be_told_stays_and_is_said() -> None:
    opened = shipped("resnet20")
    found = judge(opened.reading, opened.candidate.tensors)
    assert found.reading.architecture == opened.reading.architecture
    said = {one.key: one for one in found.reading.assumptions}
    assert said["pad"].sure
    assert not said["activation"].sure
    assert "leaky ReLU of slope 0.01" in said["activation"].reason
    tried = {(one.key, one.choice): one.fit for one in found.tried}
    assert (tried["pad", "zeros after"] or 0) > FITS


@pytest.mark.long
def test_made_up_statistics_decide_nothing() -> None:
    torch.manual_seed(0)
    network = build_with_weights(right("resnet20"), shipped("resnet20").candidate.tensors)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_var is not None
            assert module.running_mean is not None
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
    found = judged(network)
    assert found.fit is not None
    assert found.fit.mean > DOUBTFUL
    assert found.reading.architecture == network.architecture
    assert found.sentences[0].startswith("It does not fit its own statistics")


def judged(network: BuiltResNet) -> Witnessed:
    state = {
        shipped("resnet20").reading.names[name]: value for name, value in stored(network).items()
    }
    return judge(right("resnet20"), state)


def test_an_untrained_network_has_no_witness() -> None:
    network = resnet18(weights=None).eval()
    assert not has_seen_data(network)
    reading = open_reading(network)
    found = judge(reading, stored(network))
    assert found.fit is None
    assert "no statistics" in found.sentences[0]


def open_reading(network: nn.Module) -> Reading:
    from resnet_viz.networks.reading.network import read_network

    return read_network(stored(network))


def test_it_can_be_cancelled() -> None:
    opened = shipped("resnet20")
    with pytest.raises(Cancelled):
        judge(opened.reading, opened.candidate.tensors, lambda: True)


def test_a_fit_has_a_figure_for_each_norm() -> None:
    network = build_with_weights(right("resnet20"), shipped("resnet20").candidate.tensors)
    found = fit(network, batch())
    assert found is not None
    assert [name for name, _ in found.layers][:3] == ["stem.bn1", "layer1.0.bn1", "layer1.0.bn2"]
    assert len(found.layers) == 19
    assert Fit((("a", 0.01), ("b", 0.03)), 1).mean == pytest.approx(0.02)


# --- As a task ---------------------------------------------------------------------------------


def context() -> TaskContext:
    return TaskContext(Session(), list, lambda: False)


def test_a_network_of_the_catalog_is_compared_as_it_is() -> None:
    request = WitnessRequest(Snapshot("resnet20", gallery.load_sample("chelsea")))
    *_, last = run(request, context())
    assert isinstance(last, WitnessResult)
    assert last.fit is not None
    assert last.fit.mean <= FITS
    assert last.tried == ()
    (panel,) = witness(last).panels
    assert isinstance(panel, Chart)
    assert len(panel.bars[0].values) == 19
    assert "It fits its own statistics" in witness_caption(last)


def test_wrong_input_does_not_fit() -> None:
    raw = Preprocessing(32, NONE.mean, NONE.std)
    choice = WeightsChoice(preprocessing=raw)
    request = WitnessRequest(Snapshot("resnet20", gallery.load_sample("chelsea"), weights=choice))
    *_, last = run(request, context())
    assert isinstance(last, WitnessResult)
    assert last.fit is not None
    assert last.fit.mean > DOUBTFUL


def test_untrained_weights_have_no_figure() -> None:
    choice = WeightsChoice("untrained")
    request = WitnessRequest(Snapshot("resnet20", gallery.load_sample("chelsea"), weights=choice))
    *_, last = run(request, context())
    assert isinstance(last, WitnessResult)
    assert last.fit is None
    assert witness(last).panels == ()
    assert "no statistics" in witness_caption(last)


@pytest.mark.long
def test_a_file_is_compared_with_its_other_readings(tmp_path: Path) -> None:
    """Plain-20 with four outputs, so that it is none of the catalog's and taken for residual."""
    source = load_file(assets.path("weights", "plain20-cifar10.safetensors"))
    for name in [name for name in source if name.startswith("layer3.2.")]:
        del source[name]  # one block fewer than any network of the list
    path = tmp_path / "mine.safetensors"
    save_file(source, path)
    own = open_own(path)
    assert own.spec.combine == "add"
    snapshot = Snapshot(own.network, gallery.load_sample("chelsea"), weights=own.weights)
    *_, last = run(WitnessRequest(snapshot), context())
    assert isinstance(last, WitnessResult)
    assert ("combine", "plain") in last.choices
    assert "plain, which fits" in witness_caption(last)
