"""Shattering: the correlation against a direct sum, frozen statistics, and the paper's finding."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from resnet_viz.analysis import shattering
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.shattering import (
    autocorrelation,
    brown_noise,
    freeze_statistics,
    input_gradients,
    run,
)
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.cifar import CifarResNet
from resnet_viz.networks.fully_connected import FullyConnected
from resnet_viz.results import shattering as shattering_result
from resnet_viz.results.result import Snapshot
from resnet_viz.results.shattering import ShatteringRequest, ShatteringResult
from resnet_viz.results.task import Cancelled, Progress
from tests import fakes

SNAPSHOT = Snapshot("resnet20", fakes.photo())
CONTEXT = TaskContext(Session(), list, lambda: False)


def last(request: ShatteringRequest) -> ShatteringResult:
    *_, result = run(request, CONTEXT)
    assert isinstance(result, ShatteringResult)
    return result


def test_autocorrelation_is_the_mean_product_of_pairs() -> None:
    gradients = np.random.default_rng(0).standard_normal((20, 3)).cumsum(axis=0)
    centred = gradients - gradients.mean(axis=0)
    wanted = [
        np.mean([centred[i] @ centred[i + lag] for i in range(20 - lag)])
        / np.mean([row @ row for row in centred])
        for lag in range(6)
    ]
    np.testing.assert_allclose(autocorrelation(gradients, 5), wanted)
    np.testing.assert_allclose(autocorrelation(1e-200 * gradients, 5), wanted)


def test_equal_gradients_have_no_correlation() -> None:
    assert np.isnan(autocorrelation(np.full((8, 1), 2.0), 3)).all()
    assert np.isnan(autocorrelation(np.zeros((8, 1)), 3)).all()


def test_noises_are_what_they_are_called() -> None:
    white = np.random.default_rng(0).standard_normal((4000, 1))
    assert abs(autocorrelation(white, 1)[1]) < 0.05
    assert autocorrelation(brown_noise(white), 1)[1] > 0.99


def test_frozen_statistics_are_those_of_the_line_and_keep_inputs_apart() -> None:
    torch.manual_seed(0)
    network = CifarResNet(8)
    line = torch.rand(6, 3, 32, 32)
    seen = []
    network.bn1.register_forward_hook(lambda _, __, output: seen.append(output.clone()))
    freeze_statistics(network, line)
    together = input_gradients(network, line)
    normalised = seen[-1]
    torch.testing.assert_close(normalised.mean(dim=(0, 2, 3)), torch.zeros(16), atol=1e-4, rtol=0)
    torch.testing.assert_close(normalised.std(dim=(0, 2, 3)), torch.ones(16), atol=1e-2, rtol=0)
    for number in range(6):
        alone = input_gradients(network, line[number : number + 1])
        torch.testing.assert_close(alone[0], together[number], atol=1e-5, rtol=1e-4)


def test_layers_compute_what_they_say() -> None:
    torch.manual_seed(0)
    for residual in (True, False):
        network = FullyConnected(3, residual, norm=False, beta=0.5, width=7)
        x = torch.linspace(-2, 2, 5).unsqueeze(1)
        h = torch.relu(x @ network.first.weight.T + network.first.bias)
        for layer in network.layers:
            weight = layer.weight.T
            h = h + 0.5 * torch.relu(h) @ weight if residual else torch.relu(h @ weight)
        torch.testing.assert_close(network(x), h @ network.last.weight.T)


def test_plain_gradients_shatter_and_residual_ones_do_not() -> None:
    result = last(ShatteringRequest(SNAPSHOT, depth=24, runs=2))
    assert result.runs == 2
    assert result.residual.correlation[0] == pytest.approx(1)
    assert result.residual.correlation[1] > 0.6
    assert abs(result.plain.correlation[1]) < 0.2
    assert abs(result.white.correlation[1]) < 0.2
    assert result.brown.correlation[1] > 0.9
    assert result.step == pytest.approx(4 / 255)


def test_the_trace_is_the_derivative_along_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(shattering_result.POINTS, "convolutional", 4)
    monkeypatch.setitem(shattering_result.LAGS, "convolutional", 2)
    request = ShatteringRequest(SNAPSHOT, "convolutional", 8, norm=False, runs=1, second="coffee")
    result = last(request)
    line = shattering._line(request).double()
    network = shattering._draw(request, True, 0).double().eval()
    small = 1e-6
    with torch.no_grad():
        ends = [network(line[:1] + sign * small * (line[-1:] - line[:1]))[0, 0] for sign in (1, -1)]
    slope = float(ends[0] - ends[1]) / (2 * small)
    assert result.residual.trace[0] == pytest.approx(slope, rel=1e-3)


def test_the_same_seed_gives_the_same_and_another_does_not() -> None:
    one, same, other = (
        last(ShatteringRequest(SNAPSHOT, depth=4, runs=1, seed=seed)) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one.plain.trace, same.plain.trace)
    assert not np.array_equal(one.plain.trace, other.plain.trace)


def test_correlations_are_means_over_runs_and_traces_are_of_the_first() -> None:
    request = ShatteringRequest(SNAPSHOT, depth=4, runs=3)
    results = [update for update in run(request, CONTEXT) if isinstance(update, ShatteringResult)]
    singles = [last(ShatteringRequest(SNAPSHOT, depth=4, runs=1, seed=seed)) for seed in range(3)]
    wanted = np.mean([single.plain.correlation for single in singles], axis=0)
    np.testing.assert_allclose(results[-1].plain.correlation, wanted)
    np.testing.assert_array_equal(results[-1].plain.trace, singles[0].plain.trace)
    assert [result.runs for result in results] == [1, 2, 3]


def test_it_stops_when_it_is_cancelled_and_refuses_a_depth() -> None:
    stopped = TaskContext(Session(), list, lambda: True)
    with pytest.raises(Cancelled):
        list(run(ShatteringRequest(SNAPSHOT, depth=4), stopped))
    with pytest.raises(ValueError, match="depth 9 is not 6n"):
        list(run(ShatteringRequest(SNAPSHOT, "convolutional", 9), CONTEXT))
    assert isinstance(next(iter(run(ShatteringRequest(SNAPSHOT), CONTEXT))), Progress)
