"""The window: how long it takes to show something, and how long nothing else can happen."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication
from torch.nn import functional

from resnet_viz.analysis.live_training import MOMENTUM, WEIGHT_DECAY
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.twins_data import Batches, loading
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
from tests.benchmarks.common import Measured, build, compare, image_for, ratio, seconds


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

    try:
        times = [(ours(), seconds(bare)) for _ in range(rounds + 1)][1:]  # the first warms up
    finally:
        worker.close()
    live, plain = ([taken / STEPS for taken in side] for side in zip(*times, strict=True))
    return ratio(
        f"a step of residual and plain {request.depth}, batch of {batches.size}: bare loop, live",
        plain,
        live,
    )


class Heartbeat:
    """Beats as often as the event loop lets it; ``gaps`` are the longest ones, by what went on."""

    def __init__(self) -> None:
        self.gaps: dict[str, float] = {}
        self._doing = ""
        self._last = time.perf_counter()
        self._timer = QTimer(interval=0)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        gap = 1000 * (now - self._last)
        self.gaps[self._doing] = max(gap, self.gaps.get(self._doing, 0.0))
        self._last = now

    def during(self, doing: str, begin: Callable[[], object], ended: Callable[[], bool]) -> None:
        """Begin something, and let the loop run until it has ended (for a minute at most)."""
        QApplication.processEvents()
        self._doing, self._last = doing, time.perf_counter()
        begin()
        end = time.perf_counter() + 60
        rest = 20
        while rest and time.perf_counter() < end:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
            rest = rest - 1 if ended() else 20
        self._beat()


def longest_gaps(rounds: int) -> Measured:
    """Milliseconds for which the window's event loop stands still at most."""
    with TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        large = Path(folder) / "large.png"
        grey = np.tile(np.arange(10_000, dtype=np.uint8), (10_000, 1))
        Image.fromarray(grey).save(large, compress_level=1)
        window = MainWindow(settings)
        window.resize(1366, 768)
        beat = Heartbeat()
        came: list[object] = []
        window.engine.result_changed.connect(came.append)

        def wait_for(count: int) -> Callable[[], bool]:
            return lambda: len(came) >= count

        beat.during("first show", window.show, wait_for(1))
        for entry in PAGES:
            title = entry.title
            beat.during(
                f"first look at {title}", lambda n=entry.name: window.turn_to_page(n), lambda: True
            )
        for entry in PAGES:
            beat.during(
                f"turn to {entry.title}", lambda n=entry.name: window.turn_to_page(n), lambda: True
            )
        window.turn_to_page("explorer")
        network = lambda: window.state.set_weights(WeightsChoice("untrained"))  # noqa: E731
        beat.during("weights", network, wait_for(len(came) + 1))
        beat.during(
            "ResNet-152 opened",
            lambda: window.state.set_network("resnet152"),
            wait_for(len(came) + 1),
        )
        skips = window.engine.result.structure.skips  # type: ignore[union-attr]
        for number in range(rounds):
            gates = GateSettings.of({skips[number % len(skips)]: 0.0})
            beat.during(
                "a pass of ResNet-152",
                lambda gates=gates: window.state.set_gates(gates),
                wait_for(len(came) + 1),
            )
        beat.during(
            "a photo of 100 megapixels",
            lambda: window.open_path(str(large)),
            wait_for(len(came) + 1),
        )
        for theme in ("light", "projector", "dark"):
            beat.during("another theme", lambda t=theme: window.set_theme(t), lambda: True)
        window.close()
    worst = sorted(beat.gaps.items(), key=lambda item: -item[1])
    told = "; ".join(f"{doing} {gap:.0f}" for doing, gap in worst[:5])
    themes = ("another theme", "first show")
    steady = [
        gap for doing, gap in worst if doing not in themes and not doing.startswith("first look")
    ]
    return Measured(max(steady), 0.0, f"the longest, in ms: {told}")
