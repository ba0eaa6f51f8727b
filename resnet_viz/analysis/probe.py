"""The pass: one forward and one backward give every figure of every block."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.networks.norms import l2_norm
from resnet_viz.networks.parts import parts_of
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.path_sum import PathSum
from resnet_viz.results.result import BlockPass, Pass
from resnet_viz.results.task import Cancelled


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
    cancelled: Callable[[], bool] = lambda: False,
) -> Pass:
    """Run ``network`` once forwards on ``image`` and once backwards from the target's logit.

    ``image`` is (1, 3, S, S), normalised, on the network's device; ``target`` None is the most
    probable class. The network is to be in evaluation mode. ``cancelled`` is asked at every block,
    forwards and backwards.

    Raises:
        Cancelled: ``cancelled`` said so; nothing is left behind on the network.
    """
    outputs: dict[str, Tensor] = {}
    moments: list[float] = []

    def stop_if_cancelled(_: Tensor | None = None) -> None:
        if cancelled():
            raise Cancelled

    def watch(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def hook(_: nn.Module, __: object, output: Tensor) -> Tensor:
            stop_if_cancelled()
            if not outputs:
                # Weights need no gradient here, so the graph begins at the stem's output.
                output = output.detach().requires_grad_()
            outputs[name] = output
            moments.append(time.perf_counter())
            output.register_hook(stop_if_cancelled)
            return output

        return module.register_forward_hook(hook)

    synchronise(image.device)
    start = time.perf_counter()
    handles = [watch(name, module) for name, module in probed_modules(network).items()]
    trained_parameters = [p for p in network.parameters() if p.requires_grad]
    for parameter in trained_parameters:
        parameter.requires_grad_(False)
    try:
        with torch.enable_grad(), gates.sums() as sums:
            logits = network(image)[0]
            if target is None:
                target = int(logits.argmax())
            gradients = torch.autograd.grad(
                logits[target], list(outputs.values()), allow_unused=True, materialize_grads=True
            )
    finally:
        for handle in handles:
            handle.remove()
        for parameter in trained_parameters:
            parameter.requires_grad_(True)
    synchronise(image.device)
    milliseconds = 1000 * (time.perf_counter() - start)

    stop_if_cancelled()
    with torch.no_grad():
        pairs = [(a[0], g[0]) for a, g in zip(outputs.values(), gradients, strict=True)]
        cams = [grad_cam(a, g).cpu().numpy() for a, g in pairs]
        norms = torch.stack([l2_norm(t) for pair in pairs for t in pair]).tolist()
        met = path_sums(sums)
        # A GPU is asked for work and not waited for, so these moments would mean nothing there.
        on_cpu = image.device.type == "cpu"
        taken = np.diff([start, *moments]) * 1000 if on_cpu else np.full(len(moments), np.nan)
        blocks = tuple(
            BlockPass(
                name,
                activation.detach().cpu().numpy(),
                gradient.cpu().numpy(),
                cam,
                gradient_norm=norms[2 * number + 1],
                activation_norm=norms[2 * number],
                skip_share=met[name].skip_share if name in met else None,
                paths=met.get(name),
                milliseconds=float(taken[number]),
            )
            for number, (name, (activation, gradient), cam) in enumerate(
                zip(outputs, pairs, cams, strict=True)
            )
        )
        logits = logits.detach().float()
        return Pass(
            logits.cpu().numpy(),
            _probabilities(network, logits).cpu().numpy(),
            target,
            blocks,
            milliseconds,
        )


def path_sums(sums: dict[str, list[Tensor]]) -> dict[str, PathSum]:
    """The figures that `SkipGates.sums` has collected, by block."""
    if not sums:
        return {}
    rows = torch.stack([torch.stack(figures) for figures in sums.values()]).double().tolist()
    met = {}
    for name, (skip, branch, both, inner, back_skip, back_branch) in zip(sums, rows, strict=True):
        product = skip * branch
        cosine = max(-1.0, min(1.0, inner / product)) if product > 0 else math.nan
        met[name] = PathSum(skip, branch, both, cosine, back_skip, back_branch)
    return met


def synchronise(device: torch.device) -> None:
    """Wait until the device has done what it was given, so that a clock can be read."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _probabilities(network: nn.Module, logits: Tensor) -> Tensor:
    """A softmax over the classes; a sigmoid of each logit where the network says that they are
    independent, and of a single one, since a softmax of it is 1."""
    independent = len(logits) == 1 or bool(getattr(network, "independent", False))
    return torch.sigmoid(logits) if independent else torch.softmax(logits, dim=0)
