"""Figures on paper: every feature's value is painted, and the file is opened again."""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from resnet_viz.export.figure import PRESETS, draw, write_figure
from resnet_viz.export.table import write_table
from resnet_viz.figures import story
from resnet_viz.figures.cascade import cascade
from resnet_viz.figures.comparison import comparison
from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.gradient_flow import gradient_flow
from resnet_viz.figures.laboratory import laboratory
from resnet_viz.figures.lesions import lesions
from resnet_viz.figures.looks import LIGHT, THEMES
from resnet_viz.figures.loss_surface import loss_surface
from resnet_viz.figures.maps import activations, grad_cam
from resnet_viz.figures.paths import paths
from resnet_viz.figures.predictions import predictions
from resnet_viz.figures.series import Series
from resnet_viz.figures.shattering import shattering
from resnet_viz.figures.strength import strength
from resnet_viz.figures.table import Table
from resnet_viz.figures.training import training
from resnet_viz.figures.training_history import History
from resnet_viz.networks.choice import WeightsInfo
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.cascade import TracePoint
from resnet_viz.results.comparison import Comparison
from resnet_viz.results.laboratory import (
    LaboratoryRequest,
    LaboratoryResult,
    LayerFlow,
    NetworkFlow,
)
from resnet_viz.results.lesions import Lesions, LesionsRequest, LesionsResult, Scores
from resnet_viz.results.live_training import Standing, TwinStep, layer_names
from resnet_viz.results.loss_surface import Surface, SurfaceRequest, SurfaceResult
from resnet_viz.results.measured import Measured
from resnet_viz.results.paths import PathsRequest, PathsResult
from resnet_viz.results.result import Snapshot
from resnet_viz.results.shattering import Curve, ShatteringRequest, ShatteringResult
from resnet_viz.results.strength import StrengthPoint, StrengthRequest, StrengthResult
from resnet_viz.views.plots.plot import Plot
from tests import fakes

OFF = GateSettings.of(dict.fromkeys(fakes.structure().skips, 0.0))
SVG = "{http://www.w3.org/2000/svg}"


def odd() -> Figure:
    """A gradient flow with a row for each sign."""
    made = fakes.result(gates=OFF)
    blocks = [
        replace(block, gradient_norm=norm)
        for block, norm in zip(made.now.blocks, (0.0, math.nan, math.inf), strict=False)
    ]
    now = replace(made.now, blocks=(*blocks, *made.now.blocks[3:]))
    return gradient_flow(replace(made, now=now))


def on(snapshot: Snapshot) -> Measured:
    return Measured(snapshot, "ResNet-20", WeightsInfo("here", True))


def the_cascade() -> Figure:
    points = [TracePoint(n, "b" * bool(n), 0.1**n, 1 - n / 10, "cat", 0.5) for n in range(4)]
    return cascade(points, 9, 2, "cat", "ResNet-20")


def the_lesions() -> Figure:
    snapshot, blocks = fakes.result().snapshot, fakes.structure().blocks[1:]
    names = tuple(block.name for block in blocks)
    scores = tuple(Scores(0.1 * n, 1.0, float(n)) for n in range(len(names)))
    screen = Lesions(
        on(snapshot), False, names, frozenset({"layer2.0"}), (("Stage 1", 0, 2),), "cat",
        Scores(0.9, 1.0, math.inf), scores,
    )  # fmt: skip
    return lesions(LesionsResult(LesionsRequest(snapshot), 1, False, screen), "probability")


def the_paths() -> Figure:
    snapshot = fakes.result().snapshot
    blocks = tuple(block.name for block in fakes.structure().blocks[1:])
    norms = 0.1 ** np.arange(10.0)[:, None]
    PathsRequest(snapshot)
    made = PathsResult(on(snapshot), "cat", blocks, 0, norms, norms[:, 0] * 2, 3.0, (0.25,) * 9)
    return paths(made, fakes.result())


def the_strength() -> Figure:
    snapshot = fakes.result().snapshot
    request = StrengthRequest(snapshot, ("layer1.0",))
    points = tuple(StrengthPoint(s, (s, 1.0), 3, 0.9, s) for s in (1.0, 0.95, 0.9))
    labels = fakes.result().labels
    return strength(StrengthResult(request, on(snapshot), labels, ("stem", "layer1.0"), 3, points))


def the_shattering() -> Figure:
    curve = Curve(np.sin(np.arange(256.0)), 0.7, 0.9 ** np.arange(33.0))
    plain = Curve(np.zeros(256), 0.0, np.full(33, np.nan))
    request = ShatteringRequest(fakes.result().snapshot)
    positions = np.linspace(-2, 2, 256)
    return shattering(ShatteringResult(request, 10, positions, curve, plain, curve, curve), 5)


def the_surface() -> Figure:
    request = SurfaceRequest(fakes.result().snapshot, 11)
    x, y = np.meshgrid(request.axis, request.axis)
    loss = 0.3 + 5 * (x**2 + y**2)
    loss[0, 0], loss[-1, -1] = math.nan, math.inf
    surfaces = (Surface(on(request.snapshot), False, loss, 0.9),)
    return loss_surface(SurfaceResult(request, surfaces, "64 crops", "their classes"))


def the_training() -> Figure:
    layers = layer_names(8)
    history = History(len(layers))
    for step in range(1, 30):
        for twin in ("residual", "plain"):
            norms = tuple(0.1 * n for n in range(len(layers)))
            history.append(TwinStep(twin, step, 2.3 / step, step / 30, norms))  # type: ignore[arg-type]
    return training(history, 20, Standing(20, 29, False, 0.1, (20,)), layers, "Twins of 8 layers")


def the_laboratory() -> Figure:
    layers = tuple(
        LayerFlow(name, int(name[5]) if name.startswith("layer") else 0, 0.1**n, 0.0, 1.0, 2.0)
        for n, name in enumerate(layer_names(8))
    )
    flows = [
        NetworkFlow(title, title[0] == "R", layers, 2.3, 0.1) for title in ("ResNet-8", "Plain-8")
    ]
    return laboratory(LaboratoryResult(LaboratoryRequest(depth=8), flows[0], flows[1], "CPU"))


def the_maps() -> Figure:
    made = fakes.result()
    return activations(made, made.now.blocks[-1], (3, 1, 2, 0), [(0.0, 2.0)] * 4)


FIGURES: dict[str, Callable[[], Figure]] = {
    "gradient flow": odd,
    "plain": lambda: gradient_flow(fakes.result("plain20")),
    "cascade": the_cascade,
    "predictions": lambda: predictions(fakes.result(gates=OFF)),
    "grad-cam": lambda: grad_cam(fakes.result(), "layer3.2"),
    "activations": the_maps,
    "laboratory": the_laboratory,
    "training": the_training,
    "lesions": the_lesions,
    "paths": the_paths,
    "strength": the_strength,
    "shattering": the_shattering,
    "surface": the_surface,
    "compare": lambda: comparison(Comparison(fakes.result(), fakes.result(gates=OFF)), "stem"),
    "compare depths": lambda: comparison(Comparison(fakes.result(), fakes.result("resnet50"))),
    "depth": story.depth,
    "size": story.size,
    "twins": story.twins,
}


def words_of(path: Path) -> str:
    """All text of an SVG file, with single spaces."""
    found = ET.parse(path).getroot().iter(f"{SVG}text")  # noqa: S314: our own file
    return " ".join(" ".join(" ".join(text.itertext()).split()) for text in found)


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_painted_on_paper(tmp_path: Path, name: str) -> None:
    figure = FIGURES[name]()
    path = tmp_path / "figure.svg"
    write_figure(figure, path)
    said = words_of(path)
    assert " ".join(figure.title.split())[:40] in said
    assert " ".join(figure.caption.split())[:30] in said
    for panel in figure.panels:
        axes = [axis for axis in (panel.x, panel.y) if axis is not None]
        if len(figure.panels) <= 6:
            assert all(axis.title in said for axis in axes)
    assert any(character.isdigit() for character in said)


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_values_are_painted_on_screen(qtbot: QtBot, name: str) -> None:
    for panel in FIGURES[name]().panels:
        if isinstance(panel, Chart):
            plot = Plot()
            qtbot.addWidget(plot)
            plot.resize(500, 300)
            plot.show()
            plot.show_chart(panel)
            for line, one in zip(plot.lines, panel.series, strict=True):
                if not one.right and len(one.values):
                    drawn = line.getData()[1]
                    np.testing.assert_allclose(drawn, panel.y.places(one.values), rtol=1e-6)
            assert not plot.grab().isNull()


def test_rows_for_zero_infinity_and_nan_are_on_paper_as_on_screen(
    qtbot: QtBot, tmp_path: Path
) -> None:
    figure = odd()
    chart = figure.panels[0]
    assert isinstance(chart, Chart)
    plot = Plot()
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.show()
    plot.show_chart(chart)
    axes = draw(figure, LIGHT).axes[0]
    labels = {
        text.get_text(): y
        for text, y in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)
    }
    for row in ("0", "∞", "NaN"):
        assert row in plot.ticks("left")
        assert row in labels
    order = sorted(labels, key=lambda text: labels[text])
    assert (order[0], order[-2:]) == ("0", ["∞", "NaN"])
    points = {
        (line.get_xdata()[0], line.get_ydata()[0])
        for line in axes.lines
        if len(line.get_xdata()) == 1
    }
    assert {(0.0, labels["0"]), (1.0, labels["NaN"]), (2.0, labels["∞"])} <= points


@pytest.mark.parametrize("look", THEMES)
def test_a_picture_file_opens_and_names_what_it_shows(tmp_path: Path, look: str) -> None:
    path, figure = tmp_path / "flow.png", odd()
    write_figure(figure, path, look=look, dpi=80)
    with Image.open(path) as picture:
        assert picture.width > 400
        assert picture.text["Title"] == figure.title  # type: ignore[attr-defined]
        assert picture.text["Description"] == figure.caption  # type: ignore[attr-defined]
        corner = "#" + "".join(f"{c:02x}" for c in picture.convert("RGB").getpixel((1, 1)))
    assert corner == THEMES[look].panel


def test_a_document_embeds_its_fonts(tmp_path: Path) -> None:
    path = tmp_path / "flow.pdf"
    write_figure(odd(), path)
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/Type0" in data  # fonttype 42: TrueType, which can be searched and edited
    assert b"/FontFile2" in data


def test_other_names_and_empty_figures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"flow\.bmp"):
        write_figure(odd(), tmp_path / "flow.bmp")
    with pytest.raises(ValueError, match="no look 'blue'"):
        write_figure(odd(), tmp_path / "flow.png", look="blue")
    with pytest.raises(ValueError, match="nothing to draw"):
        write_figure(Figure("a", "Empty", ""), tmp_path / "flow.png")
    with pytest.raises(ValueError, match=r"a\.txt"):
        write_table(Table("a", (), ()), tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


def test_text_from_outside_is_only_text(tmp_path: Path) -> None:
    hostile = r"$\frac{1}{0}$ <script> & “$x$” \n"
    series = (Series(hostile, (1.0, 2.0), "skip"),)
    chart = Chart(hostile, Axis.named(hostile, (hostile, "b")), Axis(hostile, 0, 3), series)
    write_figure(Figure("a", hostile, hostile, (chart,)), tmp_path / "a.svg")
    assert "<script>" not in (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert r"\frac{1}{0}" in words_of(tmp_path / "a.svg")


def test_tables_come_back_from_their_files(tmp_path: Path) -> None:
    table = Table("t", ("block", "norm"), (("stem", 1.8e-15), ("é", math.nan), ("b", None)))
    write_table(table, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["block", "norm"], ["stem", "1.8e-15"], ["é", "NaN"], ["b", ""]]
    write_table(table, tmp_path / "t.json")
    given = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert [row["norm"] for row in given["rows"]] == [1.8e-15, "NaN", None]


def test_matplotlib_is_not_imported_before_a_figure_is_written() -> None:
    code = "import sys, resnet_viz.export.figure; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.long
@pytest.mark.parametrize("name", ["gradient flow", "training", "lesions", "strength", "shattering"])
def test_a_legend_lies_over_nothing(name: str) -> None:
    """Neither over the names below an axis nor over its title, however small the panel."""
    for preset in PRESETS.values():
        sheet = draw(FIGURES[name](), LIGHT, preset)
        found = 0
        for axes in sheet.axes:
            legend = axes.get_legend()
            if legend is not None:
                box, found = legend.get_window_extent(), found + 1
                assert sheet.bbox.containsx(box.x0)
                assert sheet.bbox.containsx(box.x1)
                for text in (axes.xaxis.label, *axes.get_xticklabels()):
                    assert not text.get_text() or not box.overlaps(text.get_window_extent()), preset
        assert found
