"""``make bench``: ratios, each measured side by side in one run.

Weights are random: they change no speed. Each figure is a ratio of medians over rounds in which
the two sides take turns, so that a noisy machine slows both.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from captum.attr import LayerGradCam
from PySide6.QtCore import QCoreApplication, QEventLoop
from PySide6.QtWidgets import QApplication
from torch.nn import functional

from resnet_viz.analysis.live_training import MOMENTUM, WEIGHT_DECAY
from resnet_viz.analysis.probe import probe, probed_modules
from resnet_viz.analysis.session import UNTRAINED_SEED, Session, as_input
from resnet_viz.analysis.twins_data import Batches, loading
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.images import gallery
from resnet_viz.images.photo import default_crop, network_picture
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.cifar import CifarResNet, initialise_he
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.live_training import Pause, Resume, Standing, TwinStep
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.views.diagram.view import DiagramView
from resnet_viz.views.explorer.saliency import SaliencyView
from resnet_viz.views.training.page import TrainingPage


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(
    title: str, ours: Callable[[], object], theirs: Callable[[], object], rounds: int
) -> float:
    """Median seconds of ``ours`` over those of ``theirs``, printed with both."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for side, work in zip(times, (ours, theirs), strict=True):
            taken = seconds(work)
            if number:  # the first round warms up
                side.append(taken)
    left, right = (statistics.median(side) for side in times)
    print(f"{title}: {1000 * left:.1f} ms and {1000 * right:.1f} ms", flush=True)
    return left / right


def image_for(name: str) -> torch.Tensor:
    spec = catalog.find(name)
    photo = gallery.load_sample(gallery.DEFAULT_SAMPLE)
    crop = default_crop(photo, spec.crop_fraction)
    return as_input(network_picture(photo, crop, spec.input_size), spec)


def build(name: str) -> torch.nn.Module:
    """The network as a session builds it: untouched, no gradients for weights."""
    torch.manual_seed(UNTRAINED_SEED)
    return catalog.find(name).build().requires_grad_(False).eval()


def toggle_against_bare(name: str, rounds: int) -> float:
    """From a toggled skip to the result in the GUI's thread, against a bare forward+backward.

    The bare pass has no hooks and no gates: the same network, forwards from the image and
    backwards from the logit to the input.
    """
    application = QCoreApplication.instance() or QCoreApplication(sys.argv[:1])
    worker = Worker()
    loop = QEventLoop()
    results: deque[Result] = deque(maxlen=1)  # as the window does: the last one alone
    worker.finished.connect(results.append)
    worker.finished.connect(loop.quit)
    worker.failed.connect(lambda failure: sys.exit(failure.sentence))
    photo = gallery.load_sample(gallery.DEFAULT_SAMPLE)
    snapshot = Snapshot(name, photo, weights=WeightsChoice("untrained"), device="cpu")

    def ask(wanted: Snapshot) -> None:
        worker.request(wanted)
        loop.exec()

    ask(snapshot)
    # One skip of the last stage: nearly all of the work of the bare pass remains. Gates that were
    # not used before, so that no result can come from a cache.
    block = results[-1].structure.skips[-1]
    gates = iter(np.linspace(0.1, 0.9, rounds + 1))

    def toggle() -> None:
        ask(replace(snapshot, gates=GateSettings.of({block: float(next(gates))})))

    network, image = build(name), image_for(name)

    def bare() -> None:
        given = image.clone().requires_grad_()
        logits = network(given)[0]
        torch.autograd.grad(logits[logits.argmax()], given)

    try:
        return compare(f"{name}: toggle → result, bare forward+backward", toggle, bare, rounds)
    finally:
        worker.close()
        del application


def captum_against_probe(name: str, rounds: int) -> float:
    """Grad-CAM of every block: captum block by block, against one probe."""
    network, image = build(name), image_for(name)
    gates = SkipGates(network)
    blocks = list(probed_modules(network).values())
    given = image.clone().requires_grad_()

    def block_by_block() -> None:
        for block in blocks:
            LayerGradCam(network, block).attribute(given, target=0, relu_attributions=True)

    return compare(
        f"{name}: captum block by block, one probe",
        block_by_block,
        lambda: probe(network, gates, image, 0),
        rounds,
    )


def shown_against_bare(name: str, rounds: int) -> float:
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
    return compare(f"{name}: result shown, bare forward", show, lambda: network(image), rounds)


STEPS = 6
"""Steps of training in a round."""


def bare_against_training(rounds: int) -> float:
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
                page.channel.tell(Pause())
        elif isinstance(update, Standing) and not update.running and len(arrived) > STEPS:
            loop.quit()

    page.channel.updated.connect(take)
    page.channel.failed.connect(lambda sentence: sys.exit(sentence))
    page.channel.start(request)

    def ours() -> float:
        arrived.clear()
        page.channel.tell(Resume())
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
    live, plain = (statistics.median(side) for side in zip(*times, strict=True))
    print(
        f"residual and plain {request.depth}, batch of {batches.size}: a step of live training, "
        f"of a bare loop: {1000 * live / STEPS:.1f} ms and {1000 * plain / STEPS:.1f} ms",
        flush=True,
    )
    return plain / live


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="make bench")
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    application = QApplication(sys.argv[:1])
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, medians of {rounds}")
    missed = 0
    for title, ratio, target, below in (
        ("toggle ÷ bare", toggle_against_bare("resnet50", rounds), 1.15, True),
        ("captum ÷ probe", captum_against_probe("resnet50", max(2, rounds // 3)), 9.0, False),
        ("showing ÷ bare forward", shown_against_bare("resnet152", rounds), 0.5, True),
        ("live training ÷ bare loop", bare_against_training(rounds), 0.9, False),
    ):
        met = ratio <= target if below else ratio >= target
        missed += not met
        print(
            f"{title}: {ratio:.2f} (target {'≤' if below else '≥'} {target:g})"
            f"{'' if met else ', MISSED'}",
            flush=True,
        )
    del application
    return 1 if missed else 0


raise SystemExit(main())
