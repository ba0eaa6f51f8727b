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
from resnet_viz.export.animation import (
    Animated,
    AnimateRequest,
    FilmRequest,
    SweepRequest,
    TrainingFilmRequest,
    run,
    steps_of,
    trained,
    training,
)
from resnet_viz.figures.figure import Axis, Chart, Figure, Map
from resnet_viz.figures.laboratory import laboratory
from resnet_viz.figures.series import Series
from resnet_viz.results.laboratory import LaboratoryRequest, LaboratoryResult
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Cancelled, Progress, TaskError
from tests import fakes

SNAPSHOT = Snapshot("resnet20", fakes.photo(), device="cpu")


@pytest.fixture(scope="module")
def context() -> TaskContext:
    return TaskContext(Session(), list, lambda: False)


@pytest.mark.long
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
    assert frames[0].shape[1:] == (480, 3)
    assert frames[0].shape[0] == pytest.approx(270, abs=4)
    assert all((one != two).any() for one, two in pairwise(frames))
    assert [file.name for file in tmp_path.iterdir()] == ["a.gif"]


@pytest.mark.long
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
    assert frames[0].width == 480
    assert frames[0].height == pytest.approx(270, abs=4)


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


@pytest.mark.long
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


def run_of(steps: int) -> Figure:
    """A figure as that of a training run."""
    values = np.log10(np.linspace(1, 9, 3 * steps)).reshape(3, steps)
    at = np.arange(1, steps + 1)
    curve = Series("residual", np.linspace(2.0, 0.5, steps), "skip", x=at)
    return Figure(
        "training",
        "Twins",
        "",
        (
            Map("Gradient", values, -1, 1, "norm", x=Axis("step", 0.5, steps + 0.5),
                y=Axis("layer", -0.5, 2.5)),
            Chart("Loss", Axis("step", 0, steps), Axis("nats", 0, 3), (curve,), marker=2.0),
        ),
        2,
    )  # fmt: skip


@pytest.mark.long
def test_a_training_run_grows_from_its_first_step_to_its_last(
    context: TaskContext, tmp_path: Path
) -> None:
    figure = run_of(12)
    part = trained(figure, 5, 12)
    shown, chart = part.panels
    assert isinstance(shown, Map)
    assert isinstance(chart, Chart)
    assert np.isnan(shown.values[:, 5:]).all()
    assert np.array_equal(shown.values[:, :5], figure.panels[0].values[:, :5])  # type: ignore[union-attr]
    assert [len(one.values) for one in chart.series] == [5]
    assert (chart.x, part.caption) == (figure.panels[1].x, "Step 5 of 12")
    request = TrainingFilmRequest(figure, tmp_path / "run.gif", width=480)
    *_, last = training(request, context)
    assert last == Animated(request.path, 12)
    with Image.open(request.path) as film:
        frames = [np.asarray(one.convert("RGB")) for one in ImageSequence.Iterator(film)]
    assert len(frames) == 12
    assert all((one != two).any() for one, two in pairwise(frames))


@pytest.mark.long
def test_a_gif_holds_one_frame_at_a_time_and_shows_each_whole(
    context: TaskContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written of a frame is its difference; decoded, it is the whole frame again."""
    figures = [trained(run_of(6), step, 6) for step in (1, 3, 3, 6)]
    path = tmp_path / "a.gif"
    sizes = []
    request = FilmRequest(tuple(figures), path, width=480)
    for _ in animation.film(request, context):
        sizes += [file.stat().st_size for file in tmp_path.iterdir()]
    assert sizes[1] < sizes[-1]
    with Image.open(path) as film:
        stays = []
        for figure, shown in zip(figures, ImageSequence.Iterator(film), strict=True):
            wanted = np.asarray(animation.picture(figure, request), np.int16)
            apart = np.abs(wanted - np.asarray(shown.convert("RGB"), np.int16))
            assert apart.max() <= 24  # 256 colours are not all there are; none is far away
            stays.append(film.info["duration"])
    assert stays == [400, 400, 400, 1900]


@pytest.mark.long
def test_the_diagram_stands_over_the_gradient(context: TaskContext, tmp_path: Path) -> None:
    request = AnimateRequest(SNAPSHOT, "cascade", tmp_path / "a.gif", width=640)
    *_, last = run(request, context)
    assert last == Animated(request.path, 10)
    with Image.open(request.path) as film:
        frames = [np.asarray(one.convert("RGB")) for one in ImageSequence.Iterator(film)]
    top = [frame[: frame.shape[0] * 40 // 100] for frame in frames]
    assert all((one != two).any() for one, two in pairwise(top))  # each step, a skip is off there
