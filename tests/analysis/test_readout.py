"""Readout: probes are logistic regressions, and what is read is what they say of the pass."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn import functional

from resnet_viz.analysis.readout import read, run, train_probe
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.figures.readout import readout, table
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.derived import precomputed_probes
from resnet_viz.results.readout import GRID, Probes, ReadoutRequest, ReadoutResult, packed
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import TaskError
from tests import fakes

SNAPSHOT = Snapshot("resnet20", fakes.photo(), device="cpu")


def measured(snapshot: Snapshot) -> ReadoutResult:
    *_, last = run(ReadoutRequest(snapshot), TaskContext(Session(), list, lambda: False))
    assert isinstance(last, ReadoutResult)
    return last


def test_a_probe_is_the_logistic_regression_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 200)
    features = (random.standard_normal((200, 6)) + labels[:, None] * np.arange(6) / 4) * 5 + 2
    found = train_probe(torch.from_numpy(features).float(), torch.from_numpy(labels), 3)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0, ddof=1)
    wanted = LogisticRegression(C=1 / (1e-2 * 200), max_iter=1000, tol=1e-8).fit(scaled, labels)
    logits = read(torch.from_numpy(found), torch.from_numpy(features).float())
    np.testing.assert_allclose(
        logits.softmax(dim=1).numpy(), wanted.predict_proba(scaled), atol=5e-3
    )


def test_what_is_read_is_what_the_probes_say_of_the_pass() -> None:
    result = measured(SNAPSHOT)
    probes = result.probes
    off = GateSettings().with_skips(probes.blocks, 0.0)
    for gates, readings in ((GateSettings(), result.with_skips), (off, result.without)):
        whole = Session().run(Snapshot("resnet20", SNAPSHOT.photo, gates=gates, device="cpu"))
        assert whole.all_on.top(1)[0] == result.followed
        for name, weights, one in zip(probes.blocks, probes.weights, readings, strict=True):
            maps = torch.from_numpy(whole.now.block(name).activation)[None]
            features = functional.adaptive_avg_pool2d(maps, GRID).flatten(1).numpy()[0]
            logits = weights @ np.append(features, 1.0)
            odds = np.exp(logits - logits.max())
            odds /= odds.sum()
            assert one.label == int(odds.argmax())
            assert one.probability == pytest.approx(float(odds.max()), abs=1e-3)
            assert one.followed == pytest.approx(float(odds[result.followed]), abs=1e-3)


@pytest.mark.parametrize("name", ["resnet20", "resnet56", "plain20", "plain56"])
def test_the_probes_that_ship_learn_with_depth(name: str) -> None:
    """At the last block a probe does about as well as the network's own classifier."""
    probes = precomputed_probes(Snapshot(name, fakes.photo(), device="cpu"))
    assert probes is not None
    assert probes.accuracy[0] < probes.accuracy[-1]
    assert probes.accuracy[-1] == pytest.approx(probes.final, abs=0.05)
    assert 0 < probes.overturned < 1
    if name == "resnet56":
        assert probes.accuracy_off[-1] < 0.3


def test_there_are_probes_only_for_the_weights_they_were_trained_on() -> None:
    for other in (
        Snapshot("resnet20", SNAPSHOT.photo, weights=WeightsChoice("untrained"), device="cpu"),
        Snapshot("resnet18", SNAPSHOT.photo, weights=WeightsChoice("untrained"), device="cpu"),
    ):
        with pytest.raises(TaskError, match="Probes come only with"):
            measured(other)


def test_probes_are_packed_small_and_come_out_again() -> None:
    weights = np.random.default_rng(0).standard_normal((10, 65)).astype(np.float32)
    values = {
        "blocks": ["layer1.0"], "probes": [packed(weights)], "accuracy": [0.5],
        "accuracy_off": [0.1], "final": 0.9, "overturned": 0.2, "readout_images": 40,
    }  # fmt: skip
    probes = Probes.of(values, 10)
    np.testing.assert_allclose(probes.weights[0], weights, rtol=1e-3)
    assert (probes.trained_on, probes.measured_on) == (20, 20)


def test_the_figure_and_the_table_say_the_same() -> None:
    result = measured(SNAPSHOT)
    photo, images = readout(result).panels
    assert [one.followed for one in result.with_skips] == photo.series[0].values  # type: ignore[union-attr]
    assert images.series[0].values == result.probes.accuracy  # type: ignore[union-attr]
    rows = table(result).rows
    assert [row[0] for row in rows] == list(result.probes.blocks)
    assert rows[-1][1] == result.labels[result.with_skips[-1].label]
