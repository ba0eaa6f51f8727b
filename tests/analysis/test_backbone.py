"""The pyramid against independent computations: torchvision, torch's cosine, scikit-learn's PCA."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torchvision.models import resnet18
from torchvision.models.feature_extraction import create_feature_extractor

from resnet_viz.analysis.backbone import run
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.backbone import Features, Pyramid, PyramidRequest, principal
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import IDLE, Progress, TaskError
from tests import fakes


def pyramid(snapshot: Snapshot, session: Session | None = None) -> Pyramid:
    context = TaskContext(session or Session(), list, lambda: False)
    for update in run(PyramidRequest(snapshot), context):
        if isinstance(update, Pyramid):
            return update
        assert isinstance(update, Progress)
    raise AssertionError("nothing was measured")


@pytest.fixture(scope="module")
def small() -> Pyramid:
    return pyramid(Snapshot("resnet20", fakes.photo(), device="cpu"))


def test_sizes_strides_and_features_are_those_of_torchvision(tmp_path: Path) -> None:
    torch.manual_seed(3)
    network = resnet18().eval()
    path = tmp_path / "random.pt"
    torch.save(network.state_dict(), path)
    snapshot = Snapshot(
        "resnet18", fakes.photo(), weights=WeightsChoice("file", str(path)), device="cpu"
    )
    session = Session()
    found = pyramid(snapshot, session)
    image = session.subject(snapshot).image
    stages = [f"layer{number}" for number in (1, 2, 3, 4)]
    with torch.no_grad():
        outputs = create_feature_extractor(network, stages)(image)
    assert [level.title for level in found.levels] == ["C2", "C3", "C4", "C5"]
    for level, name in zip(found.levels, stages, strict=True):
        wanted = outputs[name]
        assert level.on.shape == tuple(wanted.shape[1:])
        assert level.stride == image.shape[-1] // wanted.shape[-1]
        assert level.size == "{} × {}×{}".format(*wanted.shape[1:])
        row, column = 2, wanted.shape[-1] - 1
        cosine = torch.nn.functional.cosine_similarity(
            wanted[0], wanted[0][:, row, column, None, None].expand_as(wanted[0]), dim=0
        )
        np.testing.assert_allclose(level.on.similarity(row, column), cosine.numpy(), atol=1e-5)


def test_similarity_is_one_at_the_place_itself_with_and_without_skips(small: Pyramid) -> None:
    assert [level.title for level in small.levels] == ["stage 1", "stage 2", "stage 3"]
    assert [level.stride for level in small.levels] == [1, 2, 4]
    for level in small.levels:
        assert level.off is not None
        for x, y in ((0.0, 0.0), (0.3, 0.7), (0.999, 0.999)):
            row, column = level.cell(x, y)
            for features in (level.on, level.off):
                values = features.similarity(row, column)
                assert values[row, column] == pytest.approx(1.0, abs=1e-6)
                assert np.nanmax(values) <= 1.0
    on, off = small.levels[-1].on, small.levels[-1].off
    assert off is not None
    assert not np.allclose(on.similarity(4, 4), off.similarity(4, 4), atol=0.01)


def test_a_network_without_skips_has_one_side() -> None:
    found = pyramid(Snapshot("plain20", fakes.photo(), device="cpu"))
    assert all(level.off is None for level in found.levels)


@pytest.mark.parametrize("shape", [(6, 9, 9), (40, 5, 4)], ids=["places", "channels"])
def test_components_are_those_of_scikit_learn(shape: tuple[int, int, int]) -> None:
    values = (
        np.random.default_rng(5).normal(size=shape) * np.linspace(3, 0.1, shape[0])[:, None, None]
    )
    colours, shares = principal(values)
    reference = PCA(3, svd_solver="full").fit(values.reshape(shape[0], -1).T)
    np.testing.assert_allclose(shares, reference.explained_variance_ratio_, rtol=1e-6)
    scores = reference.transform(values.reshape(shape[0], -1).T)
    assert colours.min() == 0.0
    assert colours.max() == 1.0
    for number in range(3):
        mine = colours.reshape(-1, 3)[:, number]
        its = scores[:, number]
        its = its * np.sign(its[np.abs(its).argmax()])
        np.testing.assert_allclose(mine, (its - its.min()) / np.ptp(its), atol=1e-5)


def test_tiny_and_huge_features_have_the_same_directions_and_colours() -> None:
    values = np.random.default_rng(1).normal(size=(5, 4, 4)).astype(np.float32)
    usual = Features.of(values)
    for factor in (1e-30, 1e30):
        scaled = Features.of(values * np.float32(factor))
        np.testing.assert_allclose(scaled.similarity(1, 2), usual.similarity(1, 2), atol=1e-6)
        np.testing.assert_allclose(scaled.colours, usual.colours, atol=1e-5)


def test_what_has_no_direction_is_not_a_number() -> None:
    values = np.ones((3, 2, 2), np.float32)
    values[:, 0, 0] = 0.0
    values[1, 1, 1] = np.inf
    found = Features.of(values)
    assert np.isnan(found.similarity(0, 0)).all()
    cosines = found.similarity(0, 1)
    assert np.isnan(cosines[0, 0])
    assert np.isnan(cosines[1, 1])
    assert cosines[0, 1] == pytest.approx(1.0)
    assert math.isnan(found.shares[0])
    assert np.isnan(found.colours).all()
    even = Features.of(np.ones((3, 2, 2), np.float32))
    assert even.shares == (0.0, 0.0, 0.0)
    assert (even.colours == 0.5).all()


def test_the_task_waits_for_the_next_photo_and_takes_the_newest() -> None:
    first, second, third = (Snapshot("resnet20", fakes.photo(), device="cpu") for _ in range(3))
    told: list[object] = []

    def take() -> list[object]:
        given = list(told)
        told.clear()
        return given

    steps = run(PyramidRequest(first), TaskContext(Session(), take, lambda: False))
    seen = [update for update in steps_until(steps) if isinstance(update, Pyramid)]
    assert [one.on.snapshot for one in seen] == [first]
    told += [PyramidRequest(second), PyramidRequest(third)]
    seen = [update for update in steps_until(steps) if isinstance(update, Pyramid)]
    assert [one.on.snapshot for one in seen] == [third]


def steps_until(steps: object) -> list[object]:
    found: list[object] = []
    for update in steps:  # type: ignore[attr-defined]
        if update is IDLE:
            return found
        found.append(update)
    return found


def test_a_network_without_stages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:

    session = Session()
    whole = session.run

    def bare(*arguments: object) -> object:
        result = whole(*arguments)  # type: ignore[arg-type]
        return replace(result, structure=replace(result.structure, stages=()))

    monkeypatch.setattr(session, "run", bare)
    with pytest.raises(TaskError, match="ResNet-20 has no stages; choose a residual network"):
        pyramid(Snapshot("resnet20", fakes.photo(), device="cpu"), session)
