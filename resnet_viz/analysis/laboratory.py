"""The gradient laboratory: twins built on the spot, one forward and one backward pass each."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.analysis import devices, memory
from resnet_viz.analysis.task import TaskContext
from resnet_viz.analysis.training_run import augment, normalise, to_tensor
from resnet_viz.images import gallery
from resnet_viz.images.photo import clamp_crop, default_crop, network_picture
from resnet_viz.networks.cifar import STAGE_WIDTHS, CifarBlock, CifarResNet
from resnet_viz.networks.initialisation import initialise
from resnet_viz.networks.norms import l2_norm
from resnet_viz.results.laboratory import (
    MOST_DEPTH,
    LaboratoryRequest,
    LaboratoryResult,
    LayerFlow,
    NetworkFlow,
    cost,
    title,
    titles,
)
from resnet_viz.results.task import Progress, TaskError

SIDE = 32
CLASSES = 10
_DATA_SEED = 1_000_003


def run(request: LaboratoryRequest, context: TaskContext) -> Iterator[object]:
    """Measure the twins of ``request``; yields `Progress` after each block, then the result.

    Raises:
        ValueError: the depth is none of the family's, or initialisation and norm do not agree.
        devices.DeviceError: there is no such device.
        TaskError: it needs more memory than is free.
    """
    if request.depth > MOST_DEPTH:
        raise ValueError(
            f"depth {request.depth} is more than {MOST_DEPTH}, the deepest network of He 2015; "
            f"choose a depth 6n + 2 from 8 to {MOST_DEPTH}"
        )
    device = devices.resolve(request.device)
    _look_for_room(request, device)
    yield Progress("Building the networks", 0, 0)
    networks = build_twins(request)
    images, labels = (part.to(device) for part in make_batch(request))
    total = len(networks) * steps_of(request.depth)
    done = 0
    flows = []
    while networks:
        network = networks.pop(0).to(device)
        name = title(request.depth, network.combine)
        steps = measure(network, images, labels, name)
        while True:
            context.stop_if_cancelled()
            try:
                doing = next(steps)
            except StopIteration as end:
                flows.append(end.value)
                break
            done += 1
            yield Progress(f"{name}: {doing}", done, total)
    residual = flows[0] if len(flows) == 2 else None
    yield LaboratoryResult(request, residual, flows[-1], devices.title(device))


def _look_for_room(request: LaboratoryRequest, device: torch.device) -> None:
    needed, free = cost(request).bytes, memory.free(device)
    if free is not None and needed > free:
        raise TaskError(
            f"{titles(request)} with a batch of {request.batch} need about "
            f"{memory.size_text(needed)} of memory, and {memory.size_text(free)} are free; choose "
            "a smaller batch or fewer layers, or close other programs"
        )


def build_twins(request: LaboratoryRequest) -> list[CifarResNet]:
    """The residual network, unless ``request`` asks for none, and the plain one, in training mode.

    Both have the same numbers in all convolutions and classifiers that both have. Zero-init is
    for the residual one alone: without a second path, γ = 0 would let nothing through.

    Raises:
        ValueError: as `CifarResNet` and `initialise`.
    """

    def build(asked: LaboratoryRequest) -> CifarResNet:
        network = CifarResNet(
            asked.depth, asked.combine, norm=asked.norm, nonlinearity=asked.nonlinearity
        )
        initialise(network, asked.initialisation)
        return network.train()

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(request.seed)
        network = build(request)
        if request.combine == "none":
            return [network]
        plain = build(replace(request, combine="none"))
    for name, module in plain.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.load_state_dict(network.get_submodule(name).state_dict())
    return [network, plain]


def make_batch(request: LaboratoryRequest) -> tuple[Tensor, Tensor]:
    """Images (N, 3, 32, 32), normalised, and labels (N,) drawn at random: photos have none."""
    generator = torch.Generator().manual_seed(_DATA_SEED + request.seed)
    labels = torch.randint(CLASSES, (request.batch,), generator=generator)
    if request.data == "noise":
        return torch.randn(request.batch, 3, SIDE, SIDE, generator=generator), labels
    pictures = [*_sample_pictures()]
    if request.photo is not None:
        asked = request.crop or default_crop(request.photo, 1.0)
        crop = clamp_crop(asked, request.photo)
        pictures.insert(0, network_picture(request.photo, crop, SIDE))
    chosen = np.stack([pictures[index % len(pictures)] for index in range(request.batch)])
    return normalise(augment(to_tensor(chosen), 0.0, generator)), labels


@cache
def _sample_pictures() -> tuple[np.ndarray, ...]:
    photos = (gallery.load_sample(sample.name) for sample in gallery.SAMPLES)
    return tuple(gallery.thumbnail(photo, SIDE) for photo in photos)


def steps_of(depth: int) -> int:
    """How often `measure` yields: at the stem, each block and the classifier, both ways."""
    return 2 * ((depth - 2) // 2 + 2)


def measure(
    network: CifarResNet, images: Tensor, labels: Tensor, name: str
) -> Generator[str, None, NetworkFlow]:
    """One forward and one backward pass of the mean cross-entropy, a block at a time.

    Yields what is being done, after each block; returns the `NetworkFlow`. The graph is cut between
    blocks and the gradient handed on across the cuts, which gives the same gradients as one
    backward pass, in pieces short enough to give way to other work. Weights are left without
    gradients.
    """
    start = time.perf_counter()
    waited = 0.0
    blocks = {
        f"layer{stage}.{index}": block
        for stage in range(1, len(STAGE_WIDTHS) + 1)
        for index, block in enumerate(network.get_submodule(f"layer{stage}").children())
    }
    variances: dict[str, float] = {}
    gradients: dict[str, float] = {}
    handles = []
    for block_name, block in blocks.items():
        assert isinstance(block, CifarBlock)
        watch = _watch_inside(f"{block_name}.conv1", variances, gradients)
        handles.append(block.conv2.register_forward_pre_hook(watch))

    def stem(x: Tensor) -> Tensor:
        return network.relu(network.bn1(network.conv1(x)))

    def head(x: Tensor) -> Tensor:
        logits = network.fc(torch.flatten(network.avgpool(x), 1))
        variances["fc"] = _variance(logits)
        logits.register_hook(lambda gradient: gradients.update(fc=l2_norm(gradient).item()))
        return functional.cross_entropy(logits, labels)

    parts: list[tuple[str, Callable[[Tensor], Tensor]]] = [("conv1", stem)]
    parts += [(f"{block_name}.conv2", block) for block_name, block in blocks.items()]
    parts.append(("fc", head))
    try:
        entries, outputs = [images], []
        for layer, part in parts:
            output = part(entries[-1])
            outputs.append(output)
            if layer != "fc":
                variances[layer] = _variance(output)
                entries.append(output.detach().requires_grad_())
            paused = time.perf_counter()
            yield f"forwards, {layer}"
            waited += time.perf_counter() - paused
        loss = outputs[-1].item()
        gradient: Tensor | None = None
        for layer, _ in reversed(parts):
            entry, output = entries.pop(), outputs.pop()
            output.backward(gradient)
            del output  # frees the block's part of the graph
            gradient = entry.grad
            if entries:
                assert gradient is not None
                gradients[parts[len(entries) - 1][0]] = l2_norm(gradient).item()
            paused = time.perf_counter()
            yield f"backwards, {layer}"
            waited += time.perf_counter() - paused
    finally:
        for handle in handles:
            handle.remove()
    layers = []
    for layer in variances:
        weight = network.get_submodule(layer).weight
        assert isinstance(weight, Tensor)
        assert weight.grad is not None
        in_float32 = torch.linalg.vector_norm(weight.grad).item()
        stage = int(layer[5]) if layer.startswith("layer") else 0
        layers.append(
            LayerFlow(
                layer,
                stage,
                l2_norm(weight.grad).item(),
                in_float32,
                gradients[layer],
                variances[layer],
            )
        )
    network.zero_grad(set_to_none=True)
    seconds = time.perf_counter() - start - waited
    return NetworkFlow(name, network.combine != "none", tuple(layers), loss, seconds)


def _watch_inside(
    layer: str, variances: dict[str, float], gradients: dict[str, float]
) -> Callable[[nn.Module, tuple[Tensor]], None]:
    """Notes the activation between a block's convolutions, which is the second one's input."""

    def hook(_: nn.Module, inputs: tuple[Tensor]) -> None:
        variances[layer] = _variance(inputs[0])

        def note(gradient: Tensor) -> None:
            gradients[layer] = l2_norm(gradient).item()

        inputs[0].register_hook(note)

    return hook


def _variance(values: Tensor) -> float:
    """The variance over all numbers, computed in float64, where no square overflows."""
    return _double(values.detach()).var(correction=0).item()


def _double(values: Tensor) -> Tensor:
    # By way of the CPU, because Apple's GPUs know no float64.
    return (values.cpu() if values.device.type == "mps" else values).double()
