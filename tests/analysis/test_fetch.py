"""A pass on a GPU waits once: tested on the processor, which is told that it is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from resnet_viz.analysis import fetch, probe
from resnet_viz.analysis.fetch import Fetcher
from resnet_viz.analysis.probe import Prober
from resnet_viz.networks import catalog, norms
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.result import Pass


class Counting(TorchDispatchMode):
    """How often each operation was called, and each copy into memory that is to be read."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        name = func.overloadpacket.__name__
        if name == "copy_" and args[0].dtype is torch.uint8:
            name = "fetch"
        self.calls[name] += 1
        return func(*args, **(kwargs or {}))


class Noting(Fetcher):
    """Says ``before`` that something is fetched, and ``after`` that it is there."""

    def __init__(self, before: Callable[[], None], after: Callable[[], None]) -> None:
        super().__init__()
        self._before, self._after = before, after

    def __call__(self, tensors: Any) -> Any:
        self._before()
        found = super().__call__(tensors)
        self._after()
        return found


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Lets tensors be taken for those of a GPU, or no longer."""

    def set_to(value: bool) -> None:
        for module in (norms, fetch, probe):
            monkeypatch.setattr(module, "is_far", lambda _: value)

    return set_to


def build(name: str) -> tuple[nn.Module, SkipGates, Tensor]:
    torch.manual_seed(0)
    network = catalog.find(name).build().eval()
    return network, SkipGates(network), torch.randn(1, 3, 32, 32)


def assert_close(one: Pass, other: Pass) -> None:
    assert one.target == other.target
    np.testing.assert_array_equal(one.logits, other.logits)
    for block, its in zip(one.blocks, other.blocks, strict=True):
        np.testing.assert_array_equal(block.activation, its.activation)
        np.testing.assert_array_equal(block.gradient, its.gradient)
        np.testing.assert_array_equal(block.cam, its.cam)
        assert block.gradient_norm == pytest.approx(its.gradient_norm, rel=1e-5)
        assert block.activation_norm == pytest.approx(its.activation_norm, rel=1e-5)
        assert (block.paths is None) == (its.paths is None)
        if block.paths is not None and its.paths is not None:
            assert block.paths.cosine == pytest.approx(its.paths.cosine, abs=1e-5, nan_ok=True)
            assert block.skip_share == pytest.approx(its.skip_share, rel=1e-5)


@pytest.mark.parametrize("name", ["resnet20", "plain20", "preact-resnet20"])
@pytest.mark.parametrize("target", [None, 3])
def test_a_pass_on_a_gpu_looks_at_nothing_before_it_is_fetched_in_one_copy(
    far: Callable[[bool], None], name: str, target: int | None
) -> None:
    network, gates, image = build(name)
    if gates.blocks:
        gates.set(GateSettings.of({gates.blocks[2]: 0.0, gates.blocks[4]: 0.5}))
    usual = Prober(network, gates).probe(image, target)
    seen = Counting()
    looks: list[int] = []

    def before() -> None:
        looks.append(sum(seen.calls[one] for one in ("_local_scalar_dense", "equal", "is_nonzero")))

    prober = Prober(network, gates, fetch=Noting(before, lambda: far(False)))
    far(True)
    with seen:
        found = prober.probe(image, target)
    assert looks == [0]
    assert seen.calls["_local_scalar_dense"] > 0  # afterwards, where it costs nothing
    assert seen.calls["fetch"] == 1
    assert_close(found, usual)


def test_what_is_fetched_is_what_was_there_whatever_its_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetch, "is_far", lambda _: True)
    given = [
        torch.arange(3, dtype=torch.uint8),
        torch.randn(2, 3, 4).to(memory_format=torch.contiguous_format).transpose(0, 2),
        None,
        torch.tensor(torch.pi, dtype=torch.float64),
        torch.tensor(7),
        torch.randn(5).half(),
        torch.empty(0),
    ]
    fetcher = Fetcher()
    for _ in range(2):
        found = fetcher(given)
        for one, its in zip(found, given, strict=True):
            assert (one is None) == (its is None)
            if one is not None and its is not None:
                assert one.dtype is its.dtype
                assert torch.equal(one, its)
    kept = found[1]
    fetcher([torch.zeros(24)])
    assert kept is not None
    assert torch.equal(kept, given[1])  # type: ignore[arg-type]
