"""What all benchmarks share: two sides that take turns, and what is said of them."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from PySide6.QtCore import QEventLoop

from resnet_viz.analysis.session import UNTRAINED_SEED, as_input
from resnet_viz.analysis.task import TaskContext
from resnet_viz.engine import tasks
from resnet_viz.engine.channel import Channel
from resnet_viz.engine.worker import Worker
from resnet_viz.images import gallery
from resnet_viz.images.photo import default_crop, network_picture
from resnet_viz.networks import catalog
from resnet_viz.results.task import IDLE


@dataclass(frozen=True)
class Measured:
    """A figure with what is half of its rounds' distance from each other, and what it is of."""

    value: float
    spread: float
    detail: str


@dataclass(frozen=True)
class Benchmark:
    """``measure`` is given the number of rounds. ``target`` is the most that is good (``below``) or
    the least; None where nothing was promised."""

    title: str
    measure: Callable[[int], Measured]
    target: float | None
    below: bool = True
    unit: str = ""
    rounds: float = 1.0

    def verdict(self, found: Measured) -> str:
        """Met, missed, or missed by less than the rounds differ by."""
        if self.target is None:
            return ""
        over = found.value - self.target if self.below else self.target - found.value
        if over <= 0:
            return "met"
        return "missed by less than the spread" if over <= found.spread else "MISSED"


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@dataclass(frozen=True)
class _Beside:
    """Asks the worker's thread for work that no page has."""

    make: Callable[[], Callable[[], object]]


def _do_beside(request: _Beside, context: TaskContext) -> Iterator[object]:
    work = request.make()
    while True:
        if context.commands():
            yield seconds(work)
        else:
            yield IDLE


def _find(request: object) -> tasks.TaskFunction:
    return _do_beside if isinstance(request, _Beside) else _FIND(request)


_FIND = tasks.find


class Beside:
    """The other side of what runs on a worker's thread, on that thread too; calling it gives the
    seconds that it took. ``make`` is called there and gives what is timed.

    OpenMP keeps threads for each thread that asks it for some; as soon as there are more of them
    than cores they sleep between two pieces of work, and everything takes half as long again. The
    program has one such thread, and so has each process that measures.
    """

    def __init__(self, worker: Worker, make: Callable[[], Callable[[], object]]) -> None:
        tasks.find = _find
        self._loop = QEventLoop()
        self._channel = Channel(worker, "beside")
        self._channel.updated.connect(self._take)
        self._channel.failed.connect(lambda sentence: sys.exit(sentence))
        self._channel.start(_Beside(make))
        self._taken = 0.0

    def _take(self, taken: float) -> None:
        self._taken = taken
        self._loop.quit()

    def __call__(self) -> float:
        self._channel.tell("again")
        self._loop.exec()
        return self._taken


def compare(
    detail: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    rounds: int,
    before: Callable[[], object] | None = None,
) -> Measured:
    """Seconds of ``ours`` over those of ``theirs``; the two take turns, so that a noisy machine
    slows both. ``before`` prepares each round of ours and is not timed."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        if before is not None:
            before()
        for side, work in zip(times, (ours, theirs), strict=True):
            taken = seconds(work)
            if number:  # the first round warms up
                side.append(taken)
    return ratio(detail, *times)


def ratio(detail: str, ours: list[float], theirs: list[float]) -> Measured:
    """The ratio of the medians, and half the distance between the quartiles of each round's."""
    left, right = statistics.median(ours), statistics.median(theirs)
    each = [one / other for one, other in zip(ours, theirs, strict=True)]
    low, _, high = statistics.quantiles(each, n=4)
    said = f"{detail}: {1000 * left:.1f} and {1000 * right:.1f} ms"
    return Measured(left / right, (high - low) / 2, said)


def image_for(name: str) -> torch.Tensor:
    spec = catalog.find(name)
    photo = gallery.load_sample(gallery.DEFAULT_SAMPLE)
    crop = default_crop(photo, spec.crop_fraction)
    return as_input(network_picture(photo, crop, spec.input_size), spec)


def build(name: str) -> torch.nn.Module:
    """The network as a session builds it: untouched, no gradients for weights."""
    torch.manual_seed(UNTRAINED_SEED)
    return catalog.find(name).build().requires_grad_(False).eval()
