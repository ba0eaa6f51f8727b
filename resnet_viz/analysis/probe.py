"""The pass: one forward and one backward give every figure of every block."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.analysis.fetch import Fetcher, synchronise
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.norms import is_far, l2_norm, numbers
from resnet_viz.networks.parts import parts_of
from resnet_viz.networks.skips import PathFigures, SkipGates
from resnet_viz.results.path_sum import PathSum
from resnet_viz.results.result import BlockPass, Pass
from resnet_viz.results.task import Cancelled

Asked = Callable[[], bool]


def never() -> bool:
    """Nobody cancels."""
    return False


def probed_modules(network: nn.Module) -> dict[str, nn.Module]:
    """The modules whose outputs are probed: the last ones of the stem and of every block."""
    return {part.name: part.output for part in parts_of(network)}


def grad_cam(activation: Tensor, gradient: Tensor) -> Tensor:
    """ReLU(Σ_c mean(g_c)·a_c), Selvaraju 2017 (arXiv:1610.02391) eq. 1 and 2.

    Shapes: (C, h, w) and (C, h, w) → (h, w).
    """
    weights = gradient.mean(dim=(1, 2))
    return torch.relu(torch.einsum("c,chw->hw", weights, activation))


def probe(
    network: nn.Module,
    gates: SkipGates,
    image: Tensor,
    target: int | None = None,
    cancelled: Asked = never,
) -> Pass:
    """One pass of `Prober`, of which nothing is kept."""
    return Prober(network, gates, keep=False).probe(image, target, cancelled)


@dataclass
class _Segment:
    """What leads from the blocks before to one block's output.

    ``output`` has the graph, and ``value`` is the same without it, where the next segment begins.
    ``sums`` are the figures of `SkipGates.sums`, if the block has a skip. ``before`` are the
    segments whose values it takes, once that is known.
    """

    output: Tensor
    value: Tensor
    norm: Tensor
    milliseconds: float
    sums: PathFigures | None = None
    before: tuple[int, ...] | None = None


class Prober:
    """Runs ``network`` forwards and backwards, again and again, and computes only what has changed.

    The pass goes from block to block, each with a graph of its own. Blocks before the first one
    whose gates have changed keep their outputs and graphs, so that a changed skip costs the forward
    pass from there on, and the backward pass. The figures are bit-identical to those of the whole
    pass. With ``keep`` the graphs stay in memory until `forget`, or until the next pass.

    The network is to be in evaluation mode, and nobody may change its weights meanwhile. On a GPU
    all that a pass has measured is fetched in one copy, and nothing is waited for before.
    """

    def __init__(
        self,
        network: nn.Module,
        gates: SkipGates,
        keep: bool = True,
        fetch: Fetcher | None = None,
    ) -> None:
        self._network, self._gates, self._keep = network, gates, keep
        self._parts = probed_modules(network)
        self._names = tuple(self._parts)
        self._between = _between(network, self._parts.values())
        self._fetch = fetch or Fetcher()
        self._parameters = tuple(network.parameters())
        self.forget()

    def forget(self) -> None:
        """Give the memory back; the next pass is a whole one."""
        self._segments: list[_Segment] = []
        self._logits: Tensor | None = None
        self._before_logits: tuple[int, ...] | None = None
        self._image: Tensor | None = None
        self._settings = GateSettings()
        self._called: dict[nn.Module, set[int]] | None = None

    def probe(self, image: Tensor, target: int | None = None, cancelled: Asked = never) -> Pass:
        """One pass with the gates as they are set, backwards from the target's logit.

        ``image`` is (1, C, S, S), normalised; ``target`` None is the most probable class.
        ``cancelled`` is asked at every block, forwards and backwards.

        Raises:
            Cancelled: ``cancelled`` said so; nothing is left behind on the network.
        """
        watch = _Stopwatch(self._parameters[0].device)
        self._drop_what_changed(image)
        trained = [p for p in self._parameters if p.requires_grad]
        for parameter in trained:
            parameter.requires_grad_(False)
        try:
            if self._logits is None:
                here = image.to(watch.device, non_blocking=watch.device.type == "cuda")
                self._forward(here, cancelled)
            assert self._logits is not None
            logits = self._logits.detach()[0]
            chosen = _chosen(logits, target)
            gradients = self._backward(chosen, cancelled)
        finally:
            for parameter in trained:
                parameter.requires_grad_(True)
        watch.stop()
        _stop_if(cancelled)
        logits = logits.float()
        said = (logits, _probabilities(self._network, logits), chosen)
        blocks, (logits, odds, chosen) = self._figures(gradients, said)
        if not self._keep:
            self.forget()
        return Pass(logits.numpy(), odds.numpy(), int(chosen), blocks, watch.milliseconds)

    def _drop_what_changed(self, image: Tensor) -> None:
        """Keep the segments before the first that comes out otherwise than in the last pass."""
        last, new = self._settings, self._gates.settings
        if not _same(self._image, image):
            self.forget()
        else:
            for number, name in enumerate(self._names[: len(self._segments)]):
                if last.skip(name) != new.skip(name) or last.branch(name) != new.branch(name):
                    del self._segments[number:]
                    self._logits = None
                    break
        self._image, self._settings = image, new

    # ---- forwards

    def _forward(self, image: Tensor, cancelled: Asked) -> None:
        if self._called is None:
            self._segments.clear()  # no forward pass has come to its end yet
        done = len(self._segments)
        called = {} if self._called is None else self._called
        moment = time.perf_counter()

        def watch(name: str) -> Callable[[nn.Module, object, Tensor], Tensor]:
            def hook(_: nn.Module, __: object, output: Tensor) -> Tensor:
                nonlocal moment
                _stop_if(cancelled)
                value = output.detach().requires_grad_()
                now = time.perf_counter()
                # A GPU is asked for work and not waited for: these moments mean nothing there.
                taken = 1000 * (now - moment) if output.device.type == "cpu" else math.nan
                norm = l2_norm(value.detach())
                self._segments.append(_Segment(output, value, norm, taken, sums.get(name)))
                moment = time.perf_counter()
                return value

            return hook

        def note(module: nn.Module, _: object) -> None:
            called.setdefault(module, set()).add(len(self._segments))

        with ExitStack() as stack:
            for number, (name, module) in enumerate(self._parts.items()):
                if number < done:
                    value = self._segments[number].value
                    stack.enter_context(_stands_for(module, lambda *_, value=value: value))
                else:
                    stack.callback(module.register_forward_hook(watch(name)).remove)
            for module in self._between:
                if done and max(called.get(module, {done})) < done:
                    stack.enter_context(_stands_for(module, lambda given: given))
                elif not done:
                    stack.callback(module.register_forward_pre_hook(note).remove)
            sums = stack.enter_context(self._gates.sums(self._norm))
            with torch.enable_grad():
                self._logits = self._network(image)
        self._called, self._before_logits = called, None

    def _norm(self, values: Tensor) -> Tensor:
        """The norm of a path; that of an identity shortcut is known, as the last block's output."""
        if self._segments:
            last = self._segments[-1]
            if values.data_ptr() == last.value.data_ptr() and values.shape == last.value.shape:
                return last.norm.to(values)
        return torch.linalg.vector_norm(values)

    # ---- backwards

    def _backward(self, target: Tensor, cancelled: Asked) -> list[Tensor]:
        """The gradient of the target's logit at each output."""
        assert self._logits is not None
        totals: list[Tensor | None] = [None] * len(self._segments)
        logit = self._logits[0].gather(0, target.view(1))[0]  # the target is not looked at
        found = self._back(logit, None, self._before_logits, len(totals), totals)
        self._before_logits = found
        for number in reversed(range(1, len(totals))):
            _stop_if(cancelled)
            segment, gradient = self._segments[number], totals[number]
            if gradient is not None and segment.output.requires_grad:
                segment.before = self._back(
                    segment.output, gradient, segment.before, number, totals
                )
        return [
            torch.zeros_like(segment.value) if total is None else total
            for segment, total in zip(self._segments, totals, strict=True)
        ]

    def _back(
        self,
        output: Tensor,
        gradient: Tensor | None,
        before: tuple[int, ...] | None,
        most: int,
        totals: list[Tensor | None],
    ) -> tuple[int, ...]:
        """Add what comes back from ``output`` to ``totals``; the segments that it comes to."""
        asked = tuple(range(most)) if before is None else before
        if not asked or not output.requires_grad:
            return ()
        got = torch.autograd.grad(
            output,
            [self._segments[number].value for number in asked],
            gradient,
            retain_graph=self._keep,
            allow_unused=True,
        )
        for number, one in zip(asked, got, strict=True):
            if one is not None:
                total = totals[number]
                totals[number] = one if total is None else total + one
        return tuple(n for n, one in zip(asked, got, strict=True) if one is not None)

    # ---- figures

    @torch.no_grad()
    def _figures(
        self, gradients: list[Tensor], also: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[tuple[BlockPass, ...], tuple[Tensor, Tensor, Tensor]]:
        """What was measured at each block; and ``also``, fetched with it."""
        pairs = [
            (segment.value.detach()[0], gradient[0])
            for segment, gradient in zip(self._segments, gradients, strict=True)
        ]
        count = len(pairs)
        named = zip(self._names, self._segments, strict=True)
        sums = {name: one.sums for name, one in named if one.sums is not None}
        maps = [*(a for a, _ in pairs), *(g for _, g in pairs), *(grad_cam(*one) for one in pairs)]
        norms = [*(one.norm for one in self._segments), *(l2_norm(g) for _, g in pairs)]
        paths = [scalar for figures in sums.values() for scalar in figures.scalars]
        here = self._fetch([*maps, *norms, *paths, *also])
        activations, gradient_maps, cams = (
            [_numpy(one) for one in here[start : start + count]]
            for start in range(0, 3 * count, count)
        )
        known = numbers(here[3 * count : 5 * count])
        scalars = iter(here[5 * count :])
        met = path_sums({name: figures.having(scalars) for name, figures in sums.items()})
        blocks = tuple(
            BlockPass(
                name,
                activations[number],
                gradient_maps[number],
                cams[number],
                gradient_norm=known[count + number],
                activation_norm=known[number],
                skip_share=met[name].skip_share if name in met else None,
                paths=met.get(name),
                milliseconds=self._segments[number].milliseconds,
            )
            for number, name in enumerate(self._names)
        )
        logits, odds, target = scalars
        assert logits is not None
        assert odds is not None
        assert target is not None
        return blocks, (logits, odds, target)


class _Stopwatch:
    """Times what a device is given from now until `stop`, and does not wait for it."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._events = [self._event()] if device.type == "cuda" else []
        self._moments = [time.perf_counter()]

    def _event(self) -> torch.cuda.Event:
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self.device))
        return event

    def stop(self) -> None:
        if self.device.type == "cuda":
            self._events.append(self._event())
        else:
            synchronise(self.device)
            self._moments.append(time.perf_counter())

    @property
    def milliseconds(self) -> float:
        """To be asked for once the device has done all that it was given."""
        if self.device.type == "cuda":
            first, last = self._events
            return float(first.elapsed_time(last))
        first_moment, last_moment = self._moments
        return 1000 * (last_moment - first_moment)


def _numpy(values: Tensor | None) -> np.ndarray:
    assert values is not None
    return values.numpy()


def _chosen(logits: Tensor, target: int | None) -> Tensor:
    """The target class, or the most probable one, as a scalar on the device of ``logits``."""
    if target is None:
        return logits.argmax()
    return torch.full((), target, dtype=torch.int64, device=logits.device)


def _stop_if(cancelled: Asked) -> None:
    if cancelled():
        raise Cancelled


def _same(last: Tensor | None, image: Tensor) -> bool:
    """Whether it is the same image; on a GPU, where comparing waits, the very same."""
    if last is None or last is image:
        return last is image
    return not is_far(last) and not is_far(image) and torch.equal(last, image)


def _between(network: nn.Module, outputs: Iterable[nn.Module]) -> list[nn.Module]:
    """The modules without others in them that lie in none of ``outputs``."""
    inside = {module for output in outputs for module in output.modules()}
    return [m for m in network.modules() if m not in inside and not any(m.children())]


@contextmanager
def _stands_for(module: nn.Module, forward: Callable[..., Tensor]) -> Iterator[None]:
    """Within the context ``forward`` is what the module does."""
    own = module.__dict__.get("forward")
    module.forward = forward
    try:
        yield
    finally:
        if own is None:
            del module.forward
        else:
            module.forward = own


def path_sums(sums: dict[str, PathFigures]) -> dict[str, PathSum]:
    """The figures that `SkipGates.sums` has collected, by block."""
    flat = numbers([scalar for figures in sums.values() for scalar in figures.scalars])
    met = {}
    for number, (name, figures) in enumerate(sums.items()):
        skip, branch, inner, back_skip, back_branch = flat[5 * number : 5 * number + 5]
        product = skip * branch
        cosine = max(-1.0, min(1.0, inner / product)) if product > 0 else math.nan
        # ‖a + b‖² = ‖a‖² + 2⟨a, b⟩ + ‖b‖²; halves of a concatenation have no inner product.
        square = skip**2 + branch**2 + (0.0 if figures.concat else 2 * inner)
        both = skip + branch if not product else math.sqrt(max(0.0, square))
        met[name] = PathSum(skip, branch, both, cosine, back_skip, back_branch)
    return met


def _probabilities(network: nn.Module, logits: Tensor) -> Tensor:
    """A softmax over the classes; a sigmoid of each logit where the network says that they are
    independent, and of a single one, since a softmax of it is 1."""
    independent = len(logits) == 1 or bool(getattr(network, "independent", False))
    return torch.sigmoid(logits) if independent else torch.softmax(logits, dim=0)
