"""Takes one pixel of a convolution apart: window times kernel, channel by channel, and the sum."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.analysis.task import TaskContext
from resnet_viz.results.convolution import (
    MOST_KERNELS,
    MOST_TERMS,
    ConvolutionRequest,
    ConvolutionResult,
    PixelAt,
    Term,
)
from resnet_viz.results.task import IDLE, Progress, TaskError


def run(request: ConvolutionRequest, context: TaskContext) -> Iterator[object]:
    """Yields a `ConvolutionResult`, and another one for each `PixelAt` that it is told.

    Raises:
        TaskError: the network has no convolution of that name, or does not use it.
    """
    yield Progress(f"Following {request.layer}", 0, 0)
    subject = context.session.subject(request.snapshot, context.cancelled)
    subject.gates.set(request.snapshot.gates)
    try:
        layer = subject.network.get_submodule(request.layer)
    except AttributeError:
        layer = None
    if not isinstance(layer, nn.Conv2d):
        raise TaskError(
            f"{subject.spec.title} has no convolution called {request.layer!r}; double-click one "
            "at the level of layers"
        )
    given, made = _watch(subject.network, layer, subject.image, request.layer)
    yield take_apart(layer, request.layer, given, made, PixelAt())
    while True:
        commands = [told for told in context.commands() if isinstance(told, PixelAt)]
        if commands:
            yield take_apart(layer, request.layer, given, made, commands[-1])
        else:
            yield IDLE


@torch.no_grad()
def _watch(network: nn.Module, layer: nn.Conv2d, image: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """What enters and what leaves the layer, (C, h, w) and (C', h', w')."""
    caught: list[tuple[Tensor, Tensor]] = []

    def hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        # Copies: layers that follow may work in place.
        caught.append((inputs[0][0].float().cpu().clone(), output[0].float().cpu().clone()))

    handle = layer.register_forward_hook(hook)
    try:
        network(image)
    finally:
        handle.remove()
    if not caught:
        raise TaskError(
            f"{name} is not computed with the gates as they are; switch its skip on and try again"
        )
    return caught[0]


@torch.no_grad()
def take_apart(
    layer: nn.Conv2d, name: str, given: Tensor, made: Tensor, at: PixelAt
) -> ConvolutionResult:
    """The sum behind one pixel of ``made``, (C', h', w'), that came of ``given``, (C, h, w)."""
    channels, _, width = made.shape
    channel = at.channel
    if channel is None or not 0 <= channel < channels:
        channel = int(made.flatten(1).amax(dim=1).argmax())
    row, column = at.row, at.column
    if row is None or column is None:
        row, column = divmod(int(made[channel].argmax()), width)
    row, column = min(row, made.shape[1] - 1), min(column, width - 1)
    weight = layer.weight.detach().float().cpu()
    inputs, side = weight.shape[1], weight.shape[2]
    step, reach = layer.stride[0], layer.dilation[0]
    border = layer.padding[0] if isinstance(layer.padding[0], int) else 0
    first = channel // (channels // layer.groups) * inputs
    padded = functional.pad(given[first : first + inputs], (border, border, border, border))
    span = reach * (side - 1) + 1
    top, left = row * step, column * step
    window = padded[:, top : top + span : reach, left : left + span : reach]
    products = window * weight[channel]
    totals = products.double().sum(dim=(1, 2))
    order = totals.abs().argsort(descending=True)[:MOST_TERMS].tolist()
    terms = tuple(
        Term(
            first + index,
            given[first + index].numpy().copy(),
            window[index].numpy().copy(),
            weight[channel, index].numpy().copy(),
            products[index].numpy().copy(),
            float(totals[index]),
        )
        for index in order
    )
    colour = inputs == 3 and layer.groups == 1
    kernels = weight[:MOST_KERNELS] if colour else weight[:MOST_KERNELS, order[0]]
    bias = 0.0 if layer.bias is None else float(layer.bias[channel])
    return ConvolutionResult(
        name,
        channels,
        inputs,
        step,
        border,
        channel,
        row,
        column,
        (top - border, left - border),
        made[channel].numpy().copy(),
        kernels.numpy().copy(),
        terms,
        float(totals.sum() - totals[order].sum()),
        bias,
        float(made[channel, row, column]),
    )
