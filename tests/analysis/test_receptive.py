"""The receptive field against one that is traced by hand, and the effective one inside it."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.analysis import receptive
from resnet_viz.analysis.receptive import Reach, box_of, reaches
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks import catalog
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.parts import parts_of
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.receptive import ReceptiveRequest, ReceptiveResult
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Cancelled, Progress
from tests import fakes


class Averaging(nn.Module):
    """Stands where a max pool stood, so that the gradient reaches all that it looks at."""

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self.given = (pool.kernel_size, pool.stride, pool.padding)

    def forward(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(x, *self.given)


def positive(network: nn.Module) -> nn.Module:
    """The same network with positive weights alone, so that no gradients cancel, in float64."""
    network = copy.deepcopy(network).double().eval()
    for module in list(network.modules()):
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.weight.data.fill_(1 / module.weight[0].numel())
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                setattr(module, name, Averaging(child))
    return network


def traced(network: nn.Module, name: str, size: int, unit: tuple[int, int]) -> tuple[int, ...]:
    """The box around all pixels that change a unit."""
    outputs: list[Tensor] = []
    part = next(part for part in parts_of(network) if part.name == name)
    handle = part.output.register_forward_hook(lambda _, __, out: outputs.append(out))
    picture = torch.ones(1, 3, size, size, dtype=torch.float64, requires_grad=True)
    network(picture)
    handle.remove()
    (gradient,) = torch.autograd.grad(outputs[0][0, :, unit[0], unit[1]].sum(), picture)
    rows = gradient.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    columns = gradient.abs().sum(dim=(0, 1, 2)).nonzero().flatten()
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@pytest.mark.parametrize("off", [False, True], ids=["skips on", "skips off"])
@pytest.mark.parametrize(
    ("name", "size", "blocks"),
    [
        ("resnet20", 96, ("stem", "layer1.2", "layer2.0", "layer3.2")),
        ("resnet20-projection", 96, ("layer2.0", "layer3.0")),
        ("preact-resnet20", 96, ("layer1.0", "layer3.2")),
        ("resnet18", 224, ("stem", "layer1.1", "layer2.0", "layer3.1")),
        ("resnet50", 224, ("layer1.2", "layer2.0")),
    ],
)
def test_the_theoretical_field_is_what_changes_a_unit(
    name: str, size: int, blocks: tuple[str, ...], off: bool
) -> None:
    network = positive(catalog.find(name).build())
    gates = SkipGates(network)
    if off:
        gates.set(GateSettings().with_skips(gates.blocks, 0.0))
    found = reaches(network, torch.zeros(1, 3, size, size, dtype=torch.float64))
    for block in blocks:
        jump = found[block][0].jump
        unit = (size // jump // 2, size // jump // 2 - 1)
        wanted = traced(network, block, size, unit)
        left, top, right, bottom = box_of(found[block], unit)
        assert (max(0, left), max(0, top), min(size, right), min(size, bottom)) == wanted, block


def test_windows_are_counted_as_by_hand() -> None:
    after = Reach().window(7, 2, 3, 1).window(3, 2, 1, 1)  # the stem of ResNet-18
    assert (after.jump, after.high - after.low + 1) == (4, 11)
    after = after.window(3, 1, 1, 1).window(3, 1, 1, 1)
    assert after.high - after.low + 1 == 27
    assert Reach().window(3, 1, 2, 2).high == 2
    # As has been computed often: ResNet-18, ResNet-50 and VGG-16 before their last pool.
    for name, size in (("resnet18", 435), ("resnet50", 427), ("vgg16", 196)):
        found = reaches(catalog.find(name).build().eval(), torch.zeros(1, 3, 64, 64))
        last = list(found.values())[-1][0]
        assert last.high - last.low + 1 == size


@pytest.mark.parametrize("name", ["googlenet", "alexnet", "plain20", "resnext50_32x4d"])
def test_every_part_has_a_field_that_grows(name: str) -> None:
    network = catalog.find(name).build().eval()
    found = reaches(network, torch.zeros(1, 3, 64, 64))
    assert list(found) == [part.name for part in parts_of(network)]
    sizes = [rows.high - rows.low + 1 for rows, _ in found.values()]
    assert sizes == sorted(sizes)


@pytest.fixture(scope="module")
def result() -> tuple[ReceptiveResult, list[Progress]]:
    snapshot = Snapshot("resnet20", fakes.photo(), device="cpu")
    context = TaskContext(Session(), list, lambda: False)
    updates = list(receptive.run(ReceptiveRequest(snapshot), context))
    last = updates[-1]
    assert isinstance(last, ReceptiveResult)
    return last, [update for update in updates if isinstance(update, Progress)]


def test_the_effective_field_lies_inside_the_theoretical(
    result: tuple[ReceptiveResult, list[Progress]],
) -> None:
    found, steps = result
    assert found.blocks[0] == "stem"
    assert len(found.fields) == 20
    for field in found.fields:
        assert field.inside, (field.block, field.off)
        assert 0 < field.effective <= min(field.theoretical, found.size)
        assert field.values.max() == 1
    stem = found.field("stem", False)
    assert stem is not None
    assert stem.theoretical == 3
    assert (stem.box, stem.unit) == ((15, 15, 18, 18), (16, 16))
    parts = [step.done for step in steps if step.total]
    assert parts == sorted(parts)


def test_skips_do_not_change_the_theoretical_field_but_the_effective_one(
    result: tuple[ReceptiveResult, list[Progress]],
) -> None:
    found, _ = result
    for block in found.blocks[1:]:
        on, off = found.field(block, False), found.field(block, True)
        assert on is not None
        assert off is not None
        assert on.box == off.box
        assert on.peak != off.peak


def test_the_squared_gradient_is_the_mean_over_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """With as many draws as it takes: Σ_c ‖∂a_c/∂x‖², channel by channel."""
    from resnet_viz.analysis.attribution.scene import Scene

    network = catalog.find("resnet20").build().eval().requires_grad_(False)
    picture = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    scene = Scene(network, picture, 0, block="layer1.0")
    draws = 400
    found, unit = receptive.squared_gradients(scene, 0.5, 0.5, range(draws))
    assert unit == (16, 16)
    wanted = torch.zeros(32, 32, dtype=torch.float64)
    outputs: list[Tensor] = []
    handle = scene.output.register_forward_hook(lambda _, __, out: outputs.append(out))
    x = picture.clone().requires_grad_()
    network(x)
    handle.remove()
    for channel in range(16):
        value = outputs[0][0, channel, 16, 16]
        (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
        wanted += gradient[0].double().square().sum(dim=0)
    assert torch.allclose(found / draws, wanted, rtol=0.3, atol=0.1 * float(wanted.max()))
    assert float((found / draws).sum()) == pytest.approx(float(wanted.sum()), rel=0.1)


def test_it_stops_between_its_batches() -> None:
    stop = [False]
    snapshot = Snapshot("resnet20", fakes.photo(), device="cpu")
    context = TaskContext(Session(), list, lambda: stop[0])
    updates = receptive.run(ReceptiveRequest(snapshot, 0.0, 1.0), context)
    for update in updates:
        if isinstance(update, ReceptiveResult):
            assert update.fields[0].unit == (31, 0)
            break
    stop[0] = True
    with pytest.raises(Cancelled):
        next(updates)
