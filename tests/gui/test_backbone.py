"""The backbone page with real clicks: the pyramid."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.export.figure import write_figure
from resnet_viz.export.script import NoScript
from resnet_viz.figures.figure import Map
from resnet_viz.results.backbone import Features, Level, Pyramid
from resnet_viz.results.measured import Measured
from resnet_viz.views.backbone.page import BackbonePage
from resnet_viz.views.backbone.point_picture import PointPicture
from resnet_viz.views.backbone.pyramid import PyramidPart
from tests import fakes

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(backbone: BackbonePage) -> BackbonePage:
    return backbone


def pyramid(state: ExplorerState, skips: bool = True) -> Pyramid:
    """Two stages whose features point along one axis in the left half, along another in the
    right."""
    levels = []
    for number, side in ((1, 8), (2, 4)):
        values = np.zeros((3, side, side), np.float32)
        values[0, :, : side // 2] = 2.0
        values[1, :, side // 2 :] = 3.0
        off = Features.of(np.ones((3, side, side), np.float32)) if skips else None
        levels.append(
            Level(f"stage {number}", number, f"layer{number}.2", number, Features.of(values), off)
        )
    result = fakes.result()
    return Pyramid(Measured(state.snapshot, "ResNet-20", result.weights), 32, tuple(levels))


def part_with(page: BackbonePage, given: Pyramid) -> PyramidPart:
    part = page.panel("pyramid")
    assert isinstance(part, PyramidPart)
    part.channel.updated.emit(given)
    QApplication.processEvents()
    return part


def click(qtbot: QtBot, picture: PointPicture, x: float, y: float) -> None:
    rect = picture.image_rect()
    at = QPoint(round(rect.x() + x * rect.width()), round(rect.y() + y * rect.height()))
    qtbot.mouseClick(picture, LEFT, pos=at)


def shown(part: PyramidPart) -> list[Map]:
    (figure,) = part.figures()
    return [panel for panel in figure.panels if isinstance(panel, Map)]


def test_another_result_stands_in_the_same_columns(
    page: BackbonePage, state: ExplorerState
) -> None:
    """One of them may be enlarged while the skips are toggled."""
    first = pyramid(state)
    part = part_with(page, first)
    before = list(part.columns)
    other = tuple(replace(level, title=f"C{level.number}") for level in first.levels)
    part_with(page, replace(first, levels=other))
    assert part.columns == before
    assert [column.heading.text() for column in part.columns] == ["C1", "C2"]
    fewer = replace(first, levels=first.levels[:1])
    part_with(page, fewer)
    assert len(part.columns) == 1


def test_the_pyramid_is_measured_when_it_is_looked_at(
    qtbot: QtBot, page: BackbonePage, state: ExplorerState, said: list[str]
) -> None:
    part = page.panel("pyramid")
    assert not page.figures()
    assert page.table() is None
    result = fakes.result()

    page.show_result(replace(result, snapshot=state.snapshot))
    qtbot.waitUntil(lambda: part.settled, timeout=90_000)
    assert isinstance(part, PyramidPart)
    assert [column.heading.text() for column in part.columns] == ["stage 1", "stage 2", "stage 3"]
    assert part.columns[0].size_text.text() == "16 × 32×32, stride 1"
    assert not "".join(said)
    first = part.result
    state.set_photo(fakes.photo(200, 200))
    page.show_result(replace(result, snapshot=state.snapshot))
    assert not part.settled
    qtbot.waitUntil(lambda: part.settled, timeout=90_000)
    assert part.result is not first


def test_a_click_shows_what_is_like_the_place(
    qtbot: QtBot, page: BackbonePage, state: ExplorerState
) -> None:
    part = part_with(page, pyramid(state))
    click(qtbot, part.photo, 0.1, 0.2)
    left = shown(part)
    assert [one.values[0, 0] for one in left[:2]] == [1.0, 1.0]
    assert [one.values[0, -1] for one in left[:2]] == [0.0, 0.0]
    assert left[2].values == pytest.approx(1.0), "without skips all places are alike"
    assert [one.title for one in left] == [
        "stage 1, skips on: mean 0.50", "stage 2, skips on: mean 0.50",
        "stage 1, skips off: mean 1.00", "stage 2, skips off: mean 1.00",
    ]  # fmt: skip
    click(qtbot, part.columns[1].maps[0], 0.9, 0.9)
    right = shown(part)
    assert right[0].values[0, -1] == 1.0
    assert part.where.text().startswith("Pixel (28, 28) of 32×32.")
    # The boxes are the places that hold the point, the coarsest stage's first.
    boxes = [(box.x(), box.y(), box.width()) for box, _ in part.photo.boxes]
    assert boxes == [(0.75, 0.75, 0.25), (0.875, 0.875, 0.125)]


def test_arrow_keys_move_the_place(qtbot: QtBot, page: BackbonePage, state: ExplorerState) -> None:
    part = part_with(page, pyramid(state))
    part.point_to(0.5, 0.5)
    qtbot.keyClick(part.photo, Qt.Key.Key_Left)
    qtbot.keyClick(part.photo, Qt.Key.Key_Down)
    assert part.point == (0.375, 0.625)
    for _ in range(12):
        qtbot.keyClick(part.photo, Qt.Key.Key_Up)
    assert 0 < part.point[1] < 0.125, "it stays inside"


def test_components_are_drawn_as_colours(
    qtbot: QtBot, page: BackbonePage, state: ExplorerState, tmp_path: Path
) -> None:
    part = part_with(page, pyramid(state))
    qtbot.keyClicks(part.kind, "Main")
    assert part.kind.currentData() == "components"
    (figure,) = part.figures()
    assert "cannot be compared" in figure.caption
    first = figure.panels[0]
    assert isinstance(first, Map)
    assert first.picture is not None
    assert first.picture[0, 0].tolist() != first.picture[0, -1].tolist()
    assert first.title == "stage 1, skips on: 100.0 % of variance"
    assert not any(bar.isVisible() for bar in part.scales.values())
    table = part.table()
    assert table is not None
    assert table.rows[0][-3:] == pytest.approx((1.0, 0.0, 0.0), abs=1e-9)
    write_figure(figure, tmp_path / "components.png", dpi=60)
    assert (tmp_path / "components.png").stat().st_size > 1000


def test_the_table_says_where_and_how_alike(page: BackbonePage, state: ExplorerState) -> None:
    part = part_with(page, pyramid(state, skips=False))
    part.point_to(0.0, 0.99)
    assert len(shown(part)) == 2
    table = page.table()
    assert table is not None
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert (row["row"], row["column"], row["skips"], row["stride, pixels"]) == (7, 0, "none", 1)
    assert (row["least cosine"], row["greatest cosine"]) == (0.0, 1.0)
    compile(page.script(None), "pyramid", "exec")
    assert "term:feature-pyramid" in part.sentence.text()
    page.panel("transfer")
    with pytest.raises(NoScript, match="nothing to write"):
        page.script(fakes.result())


def test_choices_are_kept_and_odd_ones_are_passed_over(
    page: BackbonePage, state: ExplorerState
) -> None:
    part = part_with(page, pyramid(state))
    part.point_to(0.25, 0.75)
    part.kind.setCurrentIndex(1)
    kept = json.loads(json.dumps(page.choices()))
    part.point_to(0.5, 0.5)
    part.kind.setCurrentIndex(0)
    page.restore(kept)
    assert page.choices() == kept
    for odd in ({"x": 7, "y": "up"}, {"x": float("nan")}, {"show": 3}, {}):
        page.restore({"part": "of the future", "parts": {"pyramid": odd, "other": {}}})
        assert page.choices() == kept


def test_a_failure_is_said(page: BackbonePage, said: list[str]) -> None:
    part = page.panel("pyramid")
    part.channel.failed.emit("There is no such network")
    assert said[-1] == "There is no such network"
