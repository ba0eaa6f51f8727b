"""One pixel of a convolution, taken apart, against the convolution itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from resnet_viz.analysis.convolution import run, take_apart
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.convolution import ConvolutionRequest, ConvolutionResult, PixelAt
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import IDLE, Progress, TaskError
from tests import fakes


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "groups", "bias"),
    [(3, 1, 1, 1, False), (3, 2, 1, 1, True), (1, 2, 0, 1, False), (7, 2, 3, 1, True),
     (3, 1, 1, 4, False)],
)  # fmt: skip
def test_terms_rest_and_bias_make_the_pixel(
    kernel: int, stride: int, padding: int, groups: int, bias: bool
) -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(16, 8, kernel, stride, padding, groups=groups, bias=bias)
    given = torch.randn(16, 12, 10)
    made = layer(given[None])[0].detach()
    height, width = made.shape[1:]
    for row, column in ((0, 0), (height - 1, width - 1), (2, 3)):
        result = take_apart(layer, "conv", given, made, PixelAt(5, row, column))
        whole = sum(term.total for term in result.terms) + result.rest + result.bias
        assert whole == pytest.approx(float(made[5, row, column]), abs=1e-4)
        assert result.value == pytest.approx(float(made[5, row, column]))
        for term in result.terms:
            assert term.window.shape == term.kernel.shape == (kernel, kernel)
            assert np.allclose(term.products, term.window * term.kernel)
            assert term.total == pytest.approx(float(term.products.sum()), abs=1e-4)
        sizes = [abs(term.total) for term in result.terms]
        assert sizes == sorted(sizes, reverse=True)
        assert result.corner == (row * stride - padding, column * stride - padding)


def test_the_window_is_cut_out_of_the_input_with_zeros_around_it() -> None:
    layer = nn.Conv2d(2, 1, 3, 1, 1, bias=False)
    given = torch.arange(32.0).view(2, 4, 4)
    made = layer(given[None])[0].detach()
    result = take_apart(layer, "conv", given, made, PixelAt(0, 0, 1))
    term = next(term for term in result.terms if term.channel == 1)
    assert term.window.tolist() == [[0, 0, 0], [16, 17, 18], [20, 21, 22]]


def test_without_a_place_the_largest_output_is_taken() -> None:
    torch.manual_seed(1)
    layer = nn.Conv2d(3, 8, 3, 1, 1)
    given = torch.randn(3, 9, 9)
    made = layer(given[None])[0].detach()
    result = take_apart(layer, "conv", given, made, PixelAt())
    assert result.value == pytest.approx(float(made.max()))
    assert result.kernels.shape == (8, 3, 3, 3)
    other = take_apart(layer, "conv", given, made, PixelAt(channel=2))
    assert other.value == pytest.approx(float(made[2].max()))


def context(commands: list[object]) -> TaskContext:
    def told() -> list[object]:
        taken, commands[:] = list(commands), []
        return taken

    return TaskContext(Session(), told, lambda: False)


def test_the_task_follows_commands_on_the_image_and_gates_on_screen() -> None:
    gates = GateSettings.of({"layer1.1": 0.0})
    snapshot = Snapshot("resnet20", fakes.photo(), weights=WeightsChoice("untrained"), gates=gates)
    commands: list[object] = []
    task = run(ConvolutionRequest(snapshot, "layer2.0.conv1"), context(commands))
    assert isinstance(next(task), Progress)
    first = next(task)
    assert isinstance(first, ConvolutionResult)
    assert (first.channels, first.inputs, first.stride) == (32, 16, 2)
    assert next(task) is IDLE
    commands += [PixelAt(3, 1, 1), PixelAt(7, 2, 5)]
    second = next(task)
    assert isinstance(second, ConvolutionResult)
    assert (second.channel, second.row, second.column) == (7, 2, 5)


@pytest.mark.parametrize("layer", ["layer2.0.bn1", "layer9.0.conv1"])
def test_what_is_no_convolution_is_named(layer: str) -> None:
    snapshot = Snapshot("resnet20", fakes.photo(), weights=WeightsChoice("untrained"))
    task = run(ConvolutionRequest(snapshot, layer), context([]))
    next(task)
    with pytest.raises(TaskError, match=layer):
        next(task)
