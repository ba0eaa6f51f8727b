"""Animations: written, opened again, cancelled."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from resnet_viz.analysis.laboratory import run as measure
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.export import animation
from resnet_viz.export.animation import Animated, AnimateRequest, SweepRequest, run, steps_of
from resnet_viz.figures.figure import Chart
from resnet_viz.figures.laboratory import laboratory
from resnet_viz.results.laboratory import LaboratoryRequest, LaboratoryResult
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Cancelled, Progress, TaskError
from tests import fakes

SNAPSHOT = Snapshot("resnet20", fakes.photo(), device="cpu")


@pytest.fixture(scope="module")
def context() -> TaskContext:
    return TaskContext(Session(), list, lambda: False)


def test_a_gif_of_skips_going_off(context: TaskContext, tmp_path: Path) -> None:
    request = AnimateRequest(SNAPSHOT, "cascade", tmp_path / "a.gif", width=480)
    *before, last = run(request, context)
    assert last == Animated(request.path, 10)
    progress = [one for one in before if isinstance(one, Progress)]
    assert [one.done for one in progress] == list(range(progress[0].total))
    with Image.open(request.path) as film:
        frames = [np.asarray(one.convert("RGB")) for one in ImageSequence.Iterator(film)]
        assert film.info["loop"] == 0
    assert len(frames) == 10
    assert frames[0].shape == (270, 480, 3)
    assert all((one != two).any() for one, two in pairwise(frames))
    assert [file.name for file in tmp_path.iterdir()] == ["a.gif"]


@pytest.mark.skipif(not animation.has_film(), reason="PyAV is not installed")
def test_a_film_of_the_strength(
    context: TaskContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import av

    monkeypatch.setattr(animation, "STRENGTHS", (1.0, 0.5, 0.0))
    request = AnimateRequest(SNAPSHOT, "strength", tmp_path / "a.mp4", width=480, seconds=0.2)
    *_, last = run(request, context)
    assert last == Animated(request.path, 3)
    with av.open(str(request.path)) as film:
        frames = list(film.decode(video=0))
    assert len(frames) == 6
    assert (frames[0].width, frames[0].height) == (480, 270)


def test_cancelled_half_way_it_leaves_nothing(context: TaskContext, tmp_path: Path) -> None:
    asked: list[str] = []
    cancelling = replace(context, cancelled=lambda: "Drawing" in "".join(asked))
    request = AnimateRequest(SNAPSHOT, "cascade", tmp_path / "a.gif", width=480)

    def go() -> None:
        for one in run(request, cancelling):
            assert isinstance(one, Progress)
            asked.append(one.text)

    with pytest.raises(Cancelled):
        go()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_is_said(
    context: TaskContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gif = AnimateRequest(SNAPSHOT, "cascade", tmp_path / "a.gif", width=480)
    plain = replace(gif, snapshot=replace(SNAPSHOT, network="plain20"))
    with pytest.raises(TaskError, match="no skips"):
        list(run(plain, context))
    with pytest.raises(TaskError, match=r"must end in \.gif or \.mp4"):
        list(run(replace(gif, path=tmp_path / "a.avi"), context))
    monkeypatch.setattr(animation, "has_film", lambda: False)
    with pytest.raises(TaskError, match="PyAV"):
        list(run(replace(gif, path=tmp_path / "a.mp4"), context))


def test_the_last_skip_goes_first_and_each_step_says_so(context: TaskContext) -> None:
    result = context.session.run(SNAPSHOT)
    steps = steps_of(AnimateRequest(SNAPSHOT, "cascade", Path("a.gif")), result)
    assert [title for title, _ in steps[:2]] == ["0 of 9 skips off", "1 of 9 skips off"]
    assert steps[1][1].skips == {"layer3.2": 0.0}
    assert set(steps[-1][1].skips) == set(result.structure.skips)


def test_the_laboratorys_sweep_comes_back_from_the_loss(
    context: TaskContext, tmp_path: Path
) -> None:
    *_, made = measure(LaboratoryRequest(8, batch=2, device="cpu"), context)
    assert isinstance(made, LaboratoryResult)
    count = len(made.plain.layers)
    shown = animation.swept(laboratory(made), count - 1)
    lengths = [len(p.series[0].values) for p in shown.panels if isinstance(p, Chart)]
    assert lengths == [1, 1, count]  # the loss's own layer, and all of the variance
    request = SweepRequest(made, tmp_path / "sweep.gif", width=480)
    *_, last = animation.sweep(request, context)
    assert last == Animated(request.path, count + 1)
    with Image.open(request.path) as film:
        assert getattr(film, "n_frames", 1) == count + 1
