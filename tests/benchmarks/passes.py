"""The pass against a bare forward and backward, and against the libraries that draw Grad-CAM."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from captum.attr import LayerGradCam
from PySide6.QtCore import QEventLoop

from resnet_viz.analysis.probe import Prober, probed_modules
from resnet_viz.engine.worker import Worker
from resnet_viz.images import gallery
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.parts import parts_of
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.result import Result, Snapshot
from tests.benchmarks.common import Beside, Measured, build, compare, image_for


def bare_pass(name: str) -> Callable[[], object]:
    """No hooks and no gates: the same network, forwards from the image and backwards to it."""
    network, image = build(name), image_for(name)

    def bare() -> None:
        given = image.clone().requires_grad_()
        logits = network(given)[0]
        torch.autograd.grad(logits[logits.argmax()], given)

    return bare


def pass_against_bare(name: str, rounds: int) -> Measured:
    """Every figure of every block of an image that was not seen before."""
    network, image = build(name), image_for(name)
    prober = Prober(network, SkipGates(network))
    shades = iter(np.linspace(1.0, 1.1, rounds + 1))

    def ours() -> None:
        prober.probe(image * float(next(shades)))

    return compare("pass with all figures, bare", ours, bare_pass(name), rounds)


def toggle_against_bare(name: str, place: float, rounds: int) -> Measured:
    """From a toggled skip to the result in the GUI's thread; ``place`` is 0 for the first skip and
    1 for the last."""
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
    skips = results[-1].structure.skips
    block = skips[round(place * (len(skips) - 1))]
    # Gates that were not used before, so that no result can come from a cache.
    gates = iter(np.linspace(0.1, 0.9, rounds + 1))

    def toggle() -> None:
        ask(replace(snapshot, gates=GateSettings.of({block: float(next(gates))})))

    bare = Beside(worker, partial(bare_pass, name))
    try:
        return compare(f"skip of {block} toggled, bare", toggle, bare, rounds)
    finally:
        worker.close()


def against_captum(name: str, rounds: int) -> Measured:
    """Grad-CAM of every block: captum block by block, against one pass with all figures."""
    network, image = build(name), image_for(name)
    prober = Prober(network, SkipGates(network))
    blocks = list(probed_modules(network).values())
    given = image.clone().requires_grad_()

    def block_by_block() -> None:
        for block in blocks:
            LayerGradCam(network, block).attribute(given, target=0, relu_attributions=True)

    def ours() -> None:
        prober.forget()
        prober.probe(image, 0)

    return compare("captum block by block, one pass", block_by_block, ours, rounds)


def against_torchcam(name: str, rounds: int) -> Measured:
    """Grad-CAM of every block by torch-cam, against one pass with all figures.

    Raises:
        ImportError: it is not installed; it comes with the extra "bench".
    """
    from torchcam.methods import GradCAM

    network, image = build(name), image_for(name)
    prober = Prober(network, SkipGates(network))
    other = build(name)
    extractor = GradCAM(other, target_layer=[part.module_name for part in parts_of(other)])

    def theirs() -> None:
        given = image.clone().requires_grad_()
        extractor(0, other(given))

    def ours() -> None:
        prober.forget()
        prober.probe(image, 0)

    return compare("torch-cam, one pass", theirs, ours, rounds)


def against_pytorch_grad_cam(name: str, rounds: int) -> Measured:
    """Grad-CAM of every block by pytorch-grad-cam, against one pass with all figures.

    Raises:
        ImportError: it is not installed; it comes with the extra "bench".
    """
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    network, image = build(name), image_for(name)
    prober = Prober(network, SkipGates(network))
    other = build(name)
    cam = GradCAM(model=other, target_layers=list(probed_modules(other).values()))

    def theirs() -> None:
        cam(input_tensor=image.clone().requires_grad_(), targets=[ClassifierOutputTarget(0)])

    def ours() -> None:
        prober.forget()
        prober.probe(image, 0)

    return compare("pytorch-grad-cam, one pass", theirs, ours, rounds)
