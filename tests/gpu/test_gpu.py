"""The numbers of a GPU are those of the processor: ``make gpu``.

Tolerances: a map may be off by 0.1 % of its greatest entry, a norm and a logit by 0.1 %, or by
0.001 where it is small. Both compute in float32, in another order of sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from resnet_viz.analysis import devices
from resnet_viz.analysis.attribution.task import run
from resnet_viz.analysis.probe import Prober, probe
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks import catalog
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.attribution import AttributionRequest, AttributionResult
from resnet_viz.results.result import Pass, Snapshot
from tests import fakes

pytestmark = pytest.mark.gpu

SHARE = 1e-3
"""How far a value may be off: of the greatest of its map, or of itself."""


@pytest.fixture(scope="module")
def device() -> torch.device:
    if devices.available() == ("cpu",):
        pytest.skip("this machine has no GPU that torch can use, neither CUDA nor MPS")
    return devices.resolve("auto")


@pytest.fixture
def waits() -> Iterator[Callable[[str], None]]:
    """What CUDA does about being waited for: "default", or "error"."""
    if not torch.cuda.is_available():
        pytest.skip("only CUDA tells of being waited for")
    yield torch.cuda.set_sync_debug_mode
    torch.cuda.set_sync_debug_mode("default")


def assert_near(one: np.ndarray, other: np.ndarray, what: str) -> None:
    assert one.shape == other.shape, what
    greatest = float(np.abs(other).max(initial=0.0))
    assert float(np.abs(one - other).max(initial=0.0)) <= SHARE * greatest + 1e-30, what


def assert_agree(there: Pass, here: Pass) -> None:
    assert there.target == here.target
    np.testing.assert_allclose(there.logits, here.logits, rtol=SHARE, atol=SHARE)
    for block, its in zip(there.blocks, here.blocks, strict=True):
        assert_near(block.activation, its.activation, f"activation of {block.name}")
        assert_near(block.gradient, its.gradient, f"gradient of {block.name}")
        assert_near(block.cam, its.cam, f"Grad-CAM of {block.name}")
        assert block.gradient_norm == pytest.approx(its.gradient_norm, rel=SHARE)
        assert block.activation_norm == pytest.approx(its.activation_norm, rel=SHARE)
        assert block.skip_share == pytest.approx(its.skip_share, rel=SHARE)


@pytest.mark.parametrize(
    "name", ["resnet20", "plain20", "preact-resnet20", "resnet18", "resnet50", "vgg16_bn"]
)
def test_a_pass_gives_the_numbers_of_the_processor(device: torch.device, name: str) -> None:
    torch.manual_seed(0)
    spec = catalog.find(name)
    network = spec.build().eval()
    image = torch.randn(1, spec.channels, spec.input_size, spec.input_size)
    gates = SkipGates(network)
    settings = [GateSettings()]
    if gates.blocks:
        middle = gates.blocks[len(gates.blocks) // 2]
        settings += [GateSettings.of({middle: 0.0}), GateSettings.of({middle: 0.5}, {middle: 0.25})]
    here = []
    for one in settings:
        gates.set(one)
        here.append(probe(network, gates, image, 1))
    network.to(device)
    prober = Prober(network, gates)
    for one, its in zip(settings, here, strict=True):
        gates.set(one)
        assert_agree(prober.probe(image, 1), its)


def test_a_pass_is_waited_for_once(waits: Callable[[str], None]) -> None:
    network = catalog.find("resnet20").build().eval().cuda()
    prober, image = Prober(network, SkipGates(network)), torch.randn(1, 3, 32, 32)
    prober.probe(image)  # libraries are loaded, and memory is taken
    waits("error")
    found = prober.probe(image)
    waits("default")
    assert found.milliseconds > 0


METHODS = ("grad_cam", "gradient", "integrated_gradients", "layer_cam")


def test_attributions_are_those_of_the_processor(device: torch.device) -> None:
    snapshot = Snapshot("resnet20", fakes.photo())

    def maps(choice: str) -> AttributionResult:
        wanted = replace(snapshot, device=choice)  # type: ignore[arg-type]
        context = TaskContext(Session(), list, lambda: False)
        *_, last = run(AttributionRequest(wanted, METHODS, target=3), context)
        assert isinstance(last, AttributionResult)
        return last

    there, here = maps(device.type), maps("cpu")
    assert len(there.maps) == 2 * len(METHODS)
    for one, its in zip(there.maps, here.maps, strict=True):
        assert (one.method, one.off) == (its.method, its.off)
        assert_near(one.values, its.values, f"{one.method} with skips {'off' if one.off else 'on'}")
