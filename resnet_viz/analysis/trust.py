"""Is a map to be trusted? Several measures of the chosen methods' maps, beside random ones."""

from __future__ import annotations

import copy
import math
import statistics
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module

import torch
from torch import Tensor

from resnet_viz.analysis import trust_curves as curves
from resnet_viz.analysis import trust_yeh as yeh
from resnet_viz.analysis.attribution.scene import Refused, Scene, Steps
from resnet_viz.analysis.session import Subject, drawn
from resnet_viz.analysis.task import TaskContext
from resnet_viz.analysis.trust_random import chosen_parts, forget, parts_from_the_top
from resnet_viz.analysis.trust_random import rank_correlation as correlation
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.attribution_methods import FORWARD, METHODS
from resnet_viz.results.measured import Measured
from resnet_viz.results.task import Progress, TaskError
from resnet_viz.results.trust import TrustRequest, TrustResult, title_of
from resnet_viz.results.trust import TrustScore as TrustScore
from resnet_viz.results.trust_measures import MEASURES as MEASURES
from resnet_viz.results.trust_measures import RANDOM

SEED = 0
_PARTS = 10_000  # of the work, in progress

Measuring = Generator[Progress, None, None]


def run(request: TrustRequest, context: TaskContext) -> Iterator[object]:
    """Progress, and `TrustResult`, which grows; of `TrustRequest`.

    Raises:
        TaskError: there is no such method, measure or block, or the network has no classes.
        As `Session.subject`.
    """
    steps, taken = _run(request, context), 0.0
    while True:
        began = time.perf_counter()
        update = next(steps, None)
        taken += time.perf_counter() - began
        if update is None:
            return
        yield replace(update, seconds=taken) if isinstance(update, TrustResult) else update


def _run(request: TrustRequest, context: TaskContext) -> Iterator[object]:
    for asked, known in ((request.methods, METHODS), (request.measures, MEASURES)):
        for name in asked:
            if name not in known:
                raise TaskError(f"There is no {name!r}; choose of {', '.join(known)}")
    yield Progress("Preparing the network", 0, 0)
    subject = context.session.subject(request.snapshot, context.cancelled)
    if not request.snapshot.own_spec.has_classes:
        raise TaskError(f"{subject.spec.title} has no classes; choose a network that has some")
    target = request.snapshot.target
    if target is None:
        with torch.no_grad():
            target = int(subject.network(subject.image)[0].argmax())
    try:
        trial = Trial(subject, subject.image, target, request.block, request.seed)
    except (Refused, ValueError) as error:
        raise TaskError(f"{subject.spec.title}: {error}") from error
    result = TrustResult(
        request,
        Measured(request.snapshot, subject.spec.title, subject.weights),
        trial.scene.block,
        subject.labels[target],
        bool(subject.gates.blocks),
        trial.parts,
    )
    yield result
    for update in trial.measure(request.methods, request.measures, live=True):
        context.stop_if_cancelled()
        if isinstance(update, TrustScore):
            result = replace(result, rows=_with(result.rows, update))
            yield result
        else:
            yield update


@dataclass
class _Map:
    """A method's map, (h, w), or why there is none."""

    name: str
    values: Tensor | None
    refusal: str = ""


class Trial:
    """A network, which is the trial's own, on one picture; the same random numbers for all maps."""

    def __init__(
        self, subject: Subject, image: Tensor, target: int, block: str = "", seed: int = SEED
    ) -> None:
        """
        Raises:
            As `Scene`.
        """
        self._subject, self._seed = subject, seed
        untrained = not subject.weights.trained
        self._steps = chosen_parts(parts_from_the_top(subject.network))
        self.scene = Scene(subject.network, image, target, None, block, untrained)
        self._done = self._all = 0.0

    @property
    def parts(self) -> tuple[str, ...]:
        """What is made random, from the head down."""
        return tuple(name for name, _ in self._steps)

    @property
    def _channels(self) -> int:
        return len(self.scene.at_block()[0])

    def measure(
        self, methods: tuple[str, ...], measures: tuple[str, ...], live: bool = False
    ) -> Iterator[Progress | TrustScore]:
        """Every measure of every method's map and of the random ones, all skips on, then off.

        A step is no longer than a batch. With ``live`` the curves over blocks come as they grow.
        """
        gates = self._subject.gates
        off = GateSettings().with_skips(gates.blocks, 0.0)
        sides = [False, True] if gates.blocks else [False]
        self._done, self._all = 0.0, len(sides) * self._work(methods, measures)
        for without in sides:
            gates.set(off if without else GateSettings())
            maps: list[_Map] = []
            for name in (*methods, *RANDOM):
                found = yield from self._map(name, f"{title_of(name)}{_words(without, sides)}")
                maps.append(found)
            for shown in maps:
                for measure in measures:
                    if measure == "randomisation":
                        continue
                    text = f"{MEASURES[measure].title}, {title_of(shown.name)}"
                    yield from self._score(measure, shown, without, text + _words(without, sides))
            if "randomisation" in measures:
                yield from self._randomise(maps, without, _words(without, sides), live)
        gates.set(GateSettings())

    # ---- what it costs

    def _worth(self, name: str) -> float:
        return METHODS[name].worth(self._channels) if name in METHODS else 0.0

    def _cost(self, measure: str, name: str) -> float:
        """In gradients."""
        if measure == "sensitivity":
            return yeh.DRAWS * self._worth(name)
        if measure == "randomisation":
            return len(self._steps) * self._worth(name)
        return FORWARD * MEASURES[measure].forwards

    def _work(self, methods: tuple[str, ...], measures: tuple[str, ...]) -> float:
        names = (*methods, *RANDOM)
        return sum(self._worth(name) + sum(self._cost(m, name) for m in measures) for name in names)

    def _progress(self, text: str, share: float = 0.0, cost: float = 0.0) -> Progress:
        done = (self._done + share * cost) / max(self._all, 1e-9)
        return Progress(text, min(_PARTS, round(_PARTS * done)), _PARTS)

    # ---- maps

    def _generator(self, salt: int) -> torch.Generator:
        return torch.Generator().manual_seed(1000 * self._seed + salt)

    def _map(self, name: str, text: str) -> Generator[Progress, None, _Map]:
        cost = self._worth(name)
        try:
            found = yield from self._steps_of(self._attribute(name), text, cost)
        except Refused as refusal:
            return _Map(name, None, str(refusal))
        finally:
            self._done += cost
        if not bool(torch.isfinite(found).all()):
            return _Map(name, None, "The map is not finite everywhere")
        return _Map(name, found)

    def _attribute(self, name: str) -> Steps:
        if name in METHODS:
            steps: Steps = import_module(METHODS[name].where).attribute(self.scene)
            return steps
        return self._random(name)

    def _random(self, name: str) -> Steps:
        """The same numbers whatever the network and the picture."""
        shape = self.scene.image.shape[-2:]
        if name == "random_coarse":
            shape = self.scene.at_block()[0].shape[-2:]
        yield 0, 1
        return torch.rand(*shape, generator=self._generator(1)).to(self.scene.image)

    def _steps_of(
        self, steps: Generator[tuple[int, int], None, Tensor], text: str, cost: float
    ) -> Generator[Progress, None, Tensor]:
        while True:
            try:
                done, total = next(steps)
            except StopIteration as stop:
                found: Tensor = stop.value
                return found.detach()
            yield self._progress(text, done / max(1, total), cost)

    # ---- measures

    def _score(
        self, measure: str, shown: _Map, off: bool, text: str
    ) -> Iterator[Progress | TrustScore]:
        cost = self._cost(measure, shown.name)
        if shown.values is None:
            self._done += cost
            yield TrustScore(measure, shown.name, off, (), (), refusal=shown.refusal)
            return
        scene, values = self.scene, shown.values
        order = None
        if MEASURES[measure].of == "pixels":
            order = curves.pixel_order(values, scene.image.shape[-2:], self._generator(2))
        steps: Generator[tuple[int, int], None, object]
        x: tuple[float, ...] = (0.0,)
        if measure == "deletion" and order is not None:
            x, steps = curves.SHARES, curves.deletion(scene, order)
        elif measure == "insertion" and order is not None:
            x, steps = curves.SHARES, curves.insertion(scene, order)
        elif measure == "road" and order is not None:
            x, steps = curves.ROAD_SHARES, curves.road(scene, order, self._generator(3))
        elif measure == "infidelity":
            steps = yeh.infidelity(scene, values, self._generator(4))
        else:
            steps = yeh.sensitivity(
                scene, values, lambda _: self._attribute(shown.name), self._generator(5)
            )
        while True:
            try:
                done, total = next(steps)
            except StopIteration as stop:
                found = stop.value
                break
            except Refused as refusal:
                self._done += cost
                yield TrustScore(measure, shown.name, off, (), (), refusal=str(refusal))
                return
            yield self._progress(text, done / max(1, total), cost)
        self._done += cost
        heights = tuple(found) if isinstance(found, list) else (float(found),)
        yield TrustScore(measure, shown.name, off, x, heights)

    def _randomise(
        self, maps: list[_Map], off: bool, words: str, live: bool
    ) -> Iterator[Progress | TrustScore]:
        network = self._subject.network
        kept = copy.deepcopy(network.state_dict())
        other = drawn(self._subject.spec)
        heights: dict[str, list[float]] = {
            one.name: [1.0] for one in maps if one.values is not None
        }
        try:
            for name, modules in self._steps:
                forget(network, other, modules)
                for one in maps:
                    if one.values is None:
                        continue
                    text = f"{title_of(one.name)} without what was learnt down to {name}{words}"
                    after = yield from self._map(one.name, text)
                    heights[one.name].append(
                        float("nan")
                        if after.values is None
                        else correlation(one.values.cpu().numpy(), after.values.cpu().numpy())
                    )
                    if live:
                        yield _over_parts(one, off, heights)
        finally:
            network.load_state_dict(kept)
        for one in maps:
            yield _over_parts(one, off, heights)


def _over_parts(shown: _Map, off: bool, heights: dict[str, list[float]]) -> TrustScore:
    got = tuple(heights.get(shown.name, ()))
    x = tuple(float(place) for place in range(len(got)))
    return TrustScore("randomisation", shown.name, off, x, got, refusal=shown.refusal)


def _with(rows: tuple[TrustScore, ...], new: TrustScore) -> tuple[TrustScore, ...]:
    """``rows`` with ``new`` in the place of what there was of the same measure and map."""
    key = (new.measure, new.method, new.off)
    known = [(row.measure, row.method, row.off) for row in rows]
    if key not in known:
        return (*rows, new)
    place = known.index(key)
    return (*rows[:place], new, *rows[place + 1 :])


def _words(off: bool, sides: list[bool]) -> str:
    return f", skips {'off' if off else 'on'}" if len(sides) > 1 else ""


def means(curves: Sequence[Sequence[float]]) -> list[float]:
    """The mean of curves, place by place, without what is not a number."""
    return [_mean([curve[place] for curve in curves]) for place in range(len(curves[0]))]


def deviation(values: Sequence[float]) -> float:
    """The standard deviation of a sample, without what is not a number; NaN of fewer than two."""
    known = [value for value in values if math.isfinite(value)]
    return statistics.stdev(known) if len(known) > 1 else math.nan


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return statistics.fmean(known) if known else math.nan
