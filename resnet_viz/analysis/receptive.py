"""The receptive field through skips: in theory, and as the gradient measures it (Luo 2016)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from resnet_viz.analysis.attribution.scene import Refused, Scene
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.parts import parts_of
from resnet_viz.results.measured import Measured
from resnet_viz.results.receptive import Field, ReceptiveRequest, ReceptiveResult
from resnet_viz.results.task import Progress, TaskError

DRAWS = 8
"""Random signs over the channels, over which the squared gradient is averaged."""

_PARTS = 10_000  # of the work, in progress
_FIELD = "receptive_field"  # the attribute of a tensor that holds it


@dataclass(frozen=True)
class Reach:
    """What of the input one axis of a tensor sees: unit i sees ``low`` + i·``jump`` to ``high`` +
    i·``jump``, in pixels and with both ends."""

    jump: int = 1
    low: int = 0
    high: int = 0

    def window(self, kernel: int, stride: int, before: int, dilation: int) -> Reach:
        """After a convolution or a pool with ``before`` pixels of padding at the start."""
        low = self.low - before * self.jump
        return Reach(
            self.jump * stride,
            low,
            self.high + (dilation * (kernel - 1) - before) * self.jump,
        )

    def also(self, other: Reach) -> Reach:
        """What either sees; both have the same jump where they can be added."""
        return Reach(self.jump, min(self.low, other.low), max(self.high, other.high))


Both = tuple[Reach, Reach]
"""Of rows and of columns."""


def reaches(network: nn.Module, image: Tensor) -> dict[str, Both]:
    """The theoretical field of every part's output, through convolutions, pools and slices.

    Norms by the picture's own statistics, which see all of it, are not counted.
    """
    found: dict[str, Both] = {}
    handles = []
    for part in parts_of(network):

        def keep(_: nn.Module, __: object, out: Tensor, name: str = part.name) -> None:
            if hasattr(out, _FIELD):
                found[name] = getattr(out, _FIELD)

        handles.append(part.output.register_forward_hook(keep))
    start = image.detach().clone()
    setattr(start, _FIELD, (Reach(), Reach()))
    try:
        with torch.no_grad(), _Following():
            network(start)
    finally:
        for handle in handles:
            handle.remove()
    return found


class _Following(TorchFunctionMode):
    """Within it each tensor that is computed carries what it sees of the first one."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        seen = _seen((*args, *kwargs.values()))
        out = func(*args, **kwargs)
        if seen is not None and isinstance(out, Tensor) and out.dim() in (3, 4):
            after = _after(getattr(func, "__name__", ""), seen, args, kwargs)
            if after is not None:
                setattr(out, _FIELD, after)
        return out


def _seen(values: Any) -> Both | None:
    """The union of what the tensors among ``values`` see."""
    if isinstance(values, Tensor):
        return getattr(values, _FIELD, None)
    if not isinstance(values, list | tuple):
        return None
    found = [one for one in map(_seen, values) if one is not None]
    if not found:
        return None
    rows, columns = found[0]
    for other in found[1:]:
        rows, columns = rows.also(other[0]), columns.also(other[1])
    return rows, columns


def _after(name: str, seen: Both, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Both | None:
    def given(place: int, key: str, default: Any) -> Any:
        return args[place] if len(args) > place else kwargs.get(key, default)

    if name == "conv2d":
        weight = given(1, "weight", None)
        stride, padding, dilation = (
            given(3, "stride", 1),
            given(4, "padding", 0),
            given(5, "dilation", 1),
        )
        kernel = tuple(weight.shape[-2:])
        if padding == "same":
            padding = tuple(d * (k - 1) // 2 for k, d in zip(kernel, _two(dilation), strict=True))
        padding = 0 if padding == "valid" else padding
        return _windowed(seen, kernel, stride, padding, dilation)
    if name in ("max_pool2d", "avg_pool2d"):
        kernel = _two(given(1, "kernel_size", None))
        stride, padding = given(2, "stride", None), given(3, "padding", 0)
        dilation = given(4, "dilation", 1) if name == "max_pool2d" else 1
        return _windowed(seen, kernel, stride or kernel, padding, dilation)
    if name == "__getitem__":
        return _sliced(seen, args[1])
    if name == "pad":
        sides = [*given(1, "pad", ()), 0, 0, 0, 0]
        rows, columns = seen
        return rows.window(1, 1, sides[2], 1), columns.window(1, 1, sides[0], 1)
    if name.startswith("adaptive") or name in ("interpolate", "linear", "reshape", "view"):
        return None
    return seen


def _two(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def _windowed(seen: Both, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Both:
    given = zip(seen, _two(kernel), _two(stride), _two(padding), _two(dilation), strict=True)
    rows, columns = (reach.window(k, s, p, d) for reach, k, s, p, d in given)
    return rows, columns


def _sliced(seen: Both, index: Any) -> Both | None:
    parts = index if isinstance(index, tuple) else (index,)
    spatial = (*parts, *[slice(None)] * 4)[2:4]
    found = []
    for reach, part in zip(seen, spatial, strict=True):
        if not isinstance(part, slice):
            return None
        first, step = part.start or 0, part.step or 1
        found.append(Reach(reach.jump * step, reach.low + first * reach.jump,
                           reach.high + first * reach.jump))  # fmt: skip
    return found[0], found[1]


def box_of(both: Both, unit: tuple[int, int]) -> tuple[int, int, int, int]:
    """What a unit sees, (left, top, right, bottom) in pixels, the last two exclusive."""
    (rows, columns), (row, column) = both, unit
    return (
        columns.low + column * columns.jump,
        rows.low + row * rows.jump,
        columns.high + column * columns.jump + 1,
        rows.high + row * rows.jump + 1,
    )


def run(request: ReceptiveRequest, context: TaskContext) -> Iterator[object]:
    """Progress, and `ReceptiveResult`, which grows by a field each; of `ReceptiveRequest`.

    Raises:
        TaskError: the network cannot be used.
        As `Session.subject`.
    """
    yield Progress("Preparing the network", 0, 0)
    subject = context.session.subject(request.snapshot, context.cancelled)
    blocks = tuple(part.name for part in parts_of(subject.network))
    stages, first = [], 1
    for stage in subject.structure.stages:
        stages.append((f"Stage {stage.number}", first, first + len(stage.blocks) - 1))
        first += len(stage.blocks)
    result = ReceptiveResult(
        request,
        Measured(request.snapshot, subject.spec.title, subject.weights),
        subject.image.shape[-1],
        blocks,
        tuple(stages),
        bool(subject.gates.blocks),
    )
    sides = [False, True] if result.two_sides else [False]
    off = GateSettings().with_skips(subject.gates.blocks, 0.0)
    seen = {}
    for without in sides:
        subject.gates.set(off if without else GateSettings())
        seen[without] = reaches(subject.network, subject.image)
    subject.gates.set(GateSettings())
    try:
        scene = Scene(subject.network, subject.image, 0, own_statistics=not subject.weights.trained)
    except Refused as error:
        raise TaskError(f"{subject.spec.title}: {error}") from error
    todo = [(block, without) for block in blocks for without in sides]
    for place, (block, without) in enumerate(todo):
        subject.gates.set(off if without else GateSettings())
        scene.look_at(block)
        text = f"What {block} sees, {place + 1} of {len(todo)}"
        squares = torch.zeros(scene.image.shape[-2:], dtype=torch.float64)
        unit = (0, 0)
        for draws in scene.batches(DRAWS):
            context.stop_if_cancelled()
            share = (place + draws.start / DRAWS) / len(todo)
            yield Progress(text, round(_PARTS * share), _PARTS)
            some, unit = squared_gradients(scene, request.x, request.y, draws)
            squares += some
        field = _field(block, without, box_of(seen[without][block], unit), unit, squares)
        result = replace(result, fields=(*result.fields, field))
        yield result


def squared_gradients(
    scene: Scene, x: float, y: float, draws: range
) -> tuple[Tensor, tuple[int, int]]:
    """Σ over ``draws`` of the squared gradient of Σ_c ±a_c at a unit, summed over colours.

    Its mean over random signs is Σ_c ‖∂a_c/∂x‖², as cross terms cancel. Shapes: → (S, S) float64.
    The unit is the one at shares ``x`` and ``y`` of the block's output.
    """
    outputs: list[Tensor] = []

    def take(out: Tensor) -> Tensor:
        outputs.append(out)
        raise _Enough

    pictures = scene.image.repeat(len(draws), 1, 1, 1).requires_grad_()
    with torch.enable_grad(), scene.changed(take):
        with suppress(_Enough):
            scene.separate(pictures)
        out = outputs[0]
        height, width = out.shape[-2:]
        unit = (min(height - 1, int(y * height)), min(width - 1, int(x * width)))
        signs = []
        for draw in draws:
            made = torch.Generator().manual_seed(draw)
            signs.append(2 * torch.randint(0, 2, (out.shape[1],), generator=made) - 1)
        score = (out[:, :, unit[0], unit[1]] * torch.stack(signs).to(out)).sum()
        gradient = torch.autograd.grad(score, pictures)[0]
    return gradient.cpu().double().square().sum(dim=(0, 1)), unit


class _Enough(Exception):
    """The block's output is there, and what follows is not needed."""


def _field(
    block: str, off: bool, box: tuple[int, int, int, int], unit: tuple[int, int], squares: Tensor
) -> Field:
    values = (squares / DRAWS).sqrt().numpy()
    peak = float(values.max())
    shares = values / peak if peak > 0 else np.zeros_like(values)
    return Field(block, off, box, unit, shares.astype(np.float32), peak)
