"""The window: how long it takes to show something, and how long nothing else can happen."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from PIL import Image
from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication
from torch.nn import functional

from resnet_viz.analysis.live_training import MOMENTUM, WEIGHT_DECAY
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.twins_data import Batches, loading
from resnet_viz.engine.garbage import Garbage
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.images import gallery
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.cifar import CifarResNet, initialise_he
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.live_training import Standing, TwinStep
from resnet_viz.results.result import Snapshot
from resnet_viz.views.diagram.view import DiagramView
from resnet_viz.views.explorer.saliency import SaliencyView
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.pages import PAGES
from resnet_viz.views.training.page import TrainingPage
from tests.benchmarks.common import Beside, Measured, build, compare, image_for, ratio


def shown_against_bare(name: str, rounds: int) -> Measured:
    """Showing a result in the diagram and the Grad-CAM strip, against a forward pass."""
    photo = gallery.load_sample(gallery.DEFAULT_SAMPLE)
    state = ExplorerState(photo, name)
    views = DiagramView(state), SaliencyView(state)
    for view in views:
        view.resize(1200, 500)
        view.show()
    snapshot = Snapshot(name, photo, weights=WeightsChoice("untrained"), device="cpu")
    result = Session().run(snapshot)
    views[0].show_structure(result.structure)

    def show() -> None:
        for view in views:
            view.show_result(result)

    network, image = build(name), image_for(name)
    return compare(
        "result shown in the diagram and the Grad-CAM strip, bare forward",
        show,
        lambda: network(image),
        rounds,
    )


STEPS = 6
"""Steps of training in a round."""


def bare_against_training(rounds: int) -> Measured:
    """Steps per second of live training on its page, over those of a bare torch loop.

    The bare loop trains the same two networks on the same batches with the same optimiser, and
    does nothing else. Live training runs on the worker's thread, measures, saves checkpoints and
    is drawn as it goes.
    """
    worker = Worker()
    page = TrainingPage(ExplorerState(gallery.load_sample(gallery.DEFAULT_SAMPLE)), worker, print)
    page.resize(1600, 800)
    page.show()
    request = page.controls.request()
    loop = QEventLoop()
    arrived: list[float] = []

    def take(update: object) -> None:
        if isinstance(update, TwinStep) and update.twin == "plain":
            arrived.append(time.perf_counter())
            if len(arrived) == STEPS + 1:
                page.controls.started.emit()  # again: it pauses
        elif isinstance(update, Standing) and not update.running and len(arrived) > STEPS:
            loop.quit()

    page.channel.updated.connect(take)
    page.channel.failed.connect(lambda sentence: sys.exit(sentence))

    def ours() -> float:
        arrived.clear()
        page.controls.started.emit()
        loop.exec()
        return arrived[STEPS] - arrived[0]

    def make() -> Callable[[], object]:
        steps = loading(request.data)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                batches = Batches(end.value, request.batch_size, request.seed)
                break
        sides = []
        for combine in ("add", "none"):
            network = CifarResNet(request.depth, combine, "pad", request.norm)
            initialise_he(network)
            network = network.to(memory_format=torch.channels_last).train()
            optimiser = torch.optim.SGD(
                network.parameters(), lr=request.rate, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY
            )
            sides.append((network, optimiser))

        def bare() -> None:
            for number in range(STEPS):
                images, labels = batches.at(number)
                for network, optimiser in sides:
                    optimiser.zero_grad()
                    functional.cross_entropy(network(images), labels).backward()
                    optimiser.step()

        return bare

    beside = Beside(worker, make)
    try:
        times = [(ours(), beside()) for _ in range(rounds + 1)][1:]  # the first warms up
    finally:
        worker.close()
    live, plain = ([taken / STEPS for taken in side] for side in zip(*times, strict=True))
    return ratio(
        f"a step of residual and plain {request.depth}, batch of {request.batch_size}: "
        "bare loop, live",
        plain,
        live,
    )


@dataclass
class Gap:
    """How long the event loop stood still, and how long its thread was at work meanwhile; in ms."""

    doing: str
    length: float
    own: float

    def __str__(self) -> str:
        return f"{self.doing} {self.length:.0f} ({self.own:.0f})"


class Heartbeat:
    """Beats as often as the event loop lets it; ``gaps`` are the longest ones of all that was done,
    in the order in which it was done."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self._last, self._own = time.perf_counter(), time.thread_time()
        self._timer = QTimer(interval=0)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now, own = time.perf_counter(), time.thread_time()
        length = 1000 * (now - self._last)
        if self.gaps and length > self.gaps[-1].length:
            last = self.gaps[-1]
            last.length, last.own = length, 1000 * (own - self._own)
        self._last, self._own = now, own

    def during(
        self, doing: str, begin: Callable[[], object], ended: Callable[[], bool] = lambda: True
    ) -> None:
        """Begin something, and let the loop run until it has ended (for a minute at most)."""
        QApplication.processEvents()
        self.gaps.append(Gap(doing, 0.0, 0.0))
        self._last, self._own = time.perf_counter(), time.thread_time()
        begin()
        end = time.perf_counter() + 60
        rest = 20
        while rest and time.perf_counter() < end:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
            rest = rest - 1 if ended() else 20
        self._beat()


FIRST = "first look at "


@cache
def _gaps(rounds: int) -> tuple[list[Gap], list[list[Gap]], list[list[Gap]]]:
    """What holds up a window's event loop: as each page is first looked at, then in each round in
    which the window is used, and in each round of themes, with every page open."""
    with TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        large = Path(folder) / "large.png"
        grey = np.tile(np.arange(10_000, dtype=np.uint8), (10_000, 1))
        Image.fromarray(grey).save(large, compress_level=1)
        garbage = Garbage()  # as in the program
        window = MainWindow(settings)
        window.worker.devices_known.connect(garbage.spare)
        window.resize(1366, 768)
        beat = Heartbeat()
        came: list[object] = []
        window.engine.result_changed.connect(came.append)

        def wait_for(count: int) -> Callable[[], bool]:
            return lambda: len(came) >= count

        def ask(doing: str, begin: Callable[[], object]) -> None:
            beat.during(doing, begin, wait_for(len(came) + 1))

        ask("first show", window.show)
        for entry in PAGES:
            beat.during(f"{FIRST}{entry.title}", partial(window.turn_to_page, entry.name))
        window.turn_to_page("explorer")
        untrained = WeightsChoice("untrained")
        ask("other weights", lambda: window.state.set_weights(untrained))
        small = window.state.snapshot.photo
        looks = [gap for gap in beat.gaps if gap.doing.startswith(FIRST)]
        used: list[list[Gap]] = []
        themes: list[list[Gap]] = []
        training: Any = window.pages["training"]
        steps: list[object] = []
        training.channel.updated.connect(steps.append)
        for number in range(rounds):
            beat.gaps.clear()
            ask("ResNet-152 opened", lambda: window.state.set_network("resnet152", untrained))
            result = window.engine.result
            assert result is not None
            skips = result.structure.skips
            gates = GateSettings.of({skips[number % len(skips)]: 0.0})
            ask("a pass of ResNet-152", partial(window.state.set_gates, gates))
            ask("a photo of 100 megapixels", partial(window.open_path, str(large)))
            ask("a small photo", partial(window.state.set_photo, small))
            ask("a small network", lambda: window.state.set_network("resnet20", untrained))
            for entry in PAGES:
                beat.during(f"turn to {entry.title}", partial(window.turn_to_page, entry.name))
            window.turn_to_page("training")
            steps.clear()
            beat.during("training", training.controls.started.emit, lambda: len(steps) > 16)
            training.controls.started.emit()
            window.turn_to_page("explorer")
            used.append(list(beat.gaps))
        for _ in range(rounds):
            beat.gaps.clear()
            for theme in ("light", "projector", "dark"):
                beat.during(f"theme {theme}", partial(window.set_theme, theme))
            themes.append(list(beat.gaps))
        window.close()
        garbage.close()
    return looks, used, themes


def _longest(groups: Sequence[Sequence[Gap]]) -> Measured:
    """The longest of all; the spread is that of each group's longest."""
    each = [max(gap.length for gap in group) for group in groups]
    spread = 0.0
    if len(each) > 1:
        low, _, high = statistics.quantiles(each, n=4)
        spread = (high - low) / 2
    longest: dict[str, Gap] = {}
    for gap in (one for group in groups for one in group):
        if gap.doing not in longest or gap.length > longest[gap.doing].length:
            longest[gap.doing] = gap
    worst = sorted(longest.values(), key=lambda one: -one.length)[:3]
    said = "; ".join(map(str, worst))
    return Measured(max(each), spread, f"the longest, and of it the window's own work: {said}")


def longest_gaps(rounds: int) -> Measured:
    """Milliseconds for which the event loop stands still at most while the window is in use."""
    return _longest(_gaps(rounds)[1])


def first_looks(rounds: int) -> Measured:
    """The same, for a page that is looked at for the first time."""
    return _longest([_gaps(rounds)[0]])


def themes(rounds: int) -> Measured:
    """The same, for another theme with every page open."""
    return _longest(_gaps(rounds)[2])
