"""The degradation page: its curves, its sentences whatever was measured, and its links."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.degradation_words import collapse_text, compared, ending, seeds_text
from resnet_viz.figures.figure import Chart
from resnet_viz.networks import catalog
from resnet_viz.networks.cards import CardError, derived_path, read_card, read_seeds
from resnet_viz.views.degradation.page import DegradationPage
from resnet_viz.views.plots.curves_plot import spread
from resnet_viz.views.widgets import theme
from tests import fakes

ENDS = {"plain20": (13.2, 14.0), "plain56": (21.3, 22.0), "resnet20": (10.0, 12.0),
        "resnet56": (7.0, 10.0)}  # fmt: skip


EPOCHS = 12
NORMS = {"conv1": 0.5, "layer1.0.conv1": 1.0, "layer3.8.conv2": 2.0}


def write_card(folder: Path, name: str, train: float, test: float, **changes: Any) -> None:
    """An older card of three epochs that ends at these errors in per cent."""
    card: dict[str, Any] = {
        "network": name,
        "recipe": {"epochs": 3},
        "history": {
            "train_loss": [2.0, 1.5, 1.0],
            "train_accuracy": [0.3, 0.5, 1 - train / 100],
            "test_loss": [2.1, 1.6, 1.1],
            "test_accuracy": [0.35, 0.55, 1 - test / 100],
        },
        "sha256": f"hash of {name}",
        **changes,
    }
    (folder / f"{name}-cifar10.json").write_text(json.dumps(card), encoding="utf-8")


def write_new_card(
    folder: Path, name: str, train: float, test: float, seed: int = 0, slope: float = 0.0
) -> None:
    """A card of twelve epochs, the last eight at the last rate, of which the training error falls
    by ``slope`` points an epoch."""
    falling = [1 - (train + slope * (EPOCHS - 1 - epoch)) / 100 for epoch in range(EPOCHS)]
    flat = [1.0] * EPOCHS
    card = {
        "network": name,
        "recipe": {"epochs": EPOCHS, "seed": seed},
        "history": {
            "train_loss": flat,
            "train_accuracy": [0.5] * EPOCHS,
            "fixed_loss": [0.9] * EPOCHS,
            "fixed_accuracy": falling,
            "test_loss": flat,
            "test_accuracy": [1 - test / 100] * EPOCHS,
            "rate": [0.1] * 4 + [0.01] * 8,
            "gradient_norms": {name: [norm] * EPOCHS for name, norm in NORMS.items()},
        },
        "sha256": f"hash of {name}",
    }
    name = name if seed == 0 else f"{name}-seed{seed}"
    (folder / f"{name}-cifar10.json").write_text(json.dumps(card), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, ends in ENDS.items():
        write_card(tmp_path, name, *ends)
    return tmp_path


@pytest.fixture
def make(qtbot: QtBot, folder: Path) -> Callable[[], DegradationPage]:
    def made() -> DegradationPage:
        page = DegradationPage(
            ExplorerState(fakes.photo()), Worker(), lambda sentence: None, folder
        )
        qtbot.addWidget(page)
        page.resize(1000, 700)
        page.show()
        qtbot.waitExposed(page)
        return page

    return made


def test_the_curves_are_those_of_the_cards(make: Callable[[], DegradationPage]) -> None:
    page = make()
    for kind, plot in page.plots.items():
        assert [curve.name for curve in plot.curves] == [
            f"{title}, {part}"
            for title in (catalog.find(f"{kind}20").title, catalog.find(f"{kind}56").title)
            for part in ("test", "training")
        ]
        for curve, item in zip(plot.curves, plot.items, strict=True):
            name = curve.name.split(",")[0].lower().replace("-", "")
            end = ENDS[name][0 if curve.dashed else 1]
            x, y = item.getData()
            np.testing.assert_array_equal(x, [1, 2, 3])
            assert y[-1] == pytest.approx(end)
            assert curve.thick == name.endswith("56")
    ranges = [plot.plot.getViewBox().viewRange() for plot in page.plots.values()]
    np.testing.assert_allclose(ranges[0], ranges[1])
    assert ranges[0][1] == [0, 70]


def test_the_loss_is_shown_on_request(qtbot: QtBot, make: Callable[[], DegradationPage]) -> None:
    page = make()
    qtbot.mouseClick(page.loss, Qt.MouseButton.LeftButton, pos=page.loss.rect().center() / 4)
    assert page.loss.isChecked()
    assert page.plots["plain"].curves[1].values == (2.0, 1.5, 1.0)
    assert page.plots["plain"].plot.getViewBox().viewRange()[1] == [0, 4.5 / 2 + 0.25]


def test_a_curve_that_still_falls_shows_no_degradation_yet(
    make: Callable[[], DegradationPage],
) -> None:
    plain, residual = make().findings.said.split("\n")
    assert plain == (
        "After 3 epochs Plain-56's training error is 21.3 %, 8.1 points above Plain-20's: deeper "
        "and worse, in training too (8.0 points worse on the test set), so this is not "
        "overfitting; whether it is degradation or only slower learning these curves do not say, "
        "because they end too early. Plain-56 was still falling: the mean training error of its "
        "last epoch is 28.7 points below that of the one before; up to 0.3 counts as flat."
    )
    assert residual.startswith(
        "After 3 epochs ResNet-56's training error is 7.0 %, 3.0 points below ResNet-20's: "
        "deeper and better in training, no degradation; on the test set it is 2.0 points below it."
    )


def test_newer_cards_show_degradation_gradients_and_what_seeds_change(
    folder: Path, make: Callable[[], DegradationPage]
) -> None:
    for name, ends in ENDS.items():
        write_new_card(folder, name, *ends)
    write_new_card(folder, "resnet20", 10.4, 12.1, seed=1)
    write_new_card(folder, "plain20", 13.1, 14.6, seed=1)
    page = make()
    plain, _, seeds, gradients = page.findings.said.split("\n")
    assert "so this is not overfitting but degradation." in plain
    assert plain.endswith(
        "Plain-56 has stopped improving: the mean training error of its last 4 epochs is 0.0 "
        "points above that of the 4 before, all at the last rate, 0.01; up to 0.3 counts as flat."
    )
    assert seeds == (
        "Two runs that differ in their seed alone end apart (points): Plain-20 by 0.1 in training "
        "and 0.6 on the test set; ResNet-20 by 0.4 in training and 0.1 on the test set."
    )
    assert "Plain-56 0.50 to 0.50" in gradients
    assert "the same training images as they are" in page.caveat.said
    for kind, plot in page.gradients.items():
        assert plot.isVisible()
        title = catalog.find(f"{kind}56").title
        assert [curve.name for curve in plot.curves][2:] == [f"{title}, first", f"{title}, last"]
        np.testing.assert_allclose(plot.items[0].getData()[1], np.log10(0.5))
        assert plot.curves[1].values == (2.0,) * EPOCHS
    # The training curve is that of the fixed images.
    assert page.plots["plain"].curves[1].values[-1] == pytest.approx(13.2)


def test_figure_and_table_hold_what_is_on_screen(
    folder: Path, make: Callable[[], DegradationPage]
) -> None:
    write_new_card(folder, "plain56", 21.3, 22.0)
    page = make()
    (figure,) = page.figures()
    charts = [panel for panel in figure.panels if isinstance(panel, Chart)]
    assert len(charts) == 4
    for chart, plot in zip(charts, page.plots.values(), strict=False):
        assert [one.name for one in chart.series] == [curve.name for curve in plot.curves]
        assert [tuple(one.values) for one in chart.series] == [one.values for one in plot.curves]
    assert [one.name for one in charts[2].series] == ["Plain-56, first", "Plain-56, last"]
    assert charts[2].y.log
    assert page.findings.said.split("\n")[0] in figure.caption
    table = page.table()
    assert table is not None
    assert len(table.rows) == 3 * 3 + EPOCHS
    assert all(len(row) == len(table.columns) for row in table.rows)
    last = next(row for row in table.rows if row[:2] == ("Plain-56", EPOCHS))
    assert last[2:4] == (pytest.approx(21.3), pytest.approx(22.0))
    assert last[6:] == (0.01, 0.5, 2.0)
    assert next(iter(table.rows))[6:] == (None, None, None)


def test_older_cards_have_no_gradients(make: Callable[[], DegradationPage]) -> None:
    page = make()
    assert not any(plot.isVisible() for plot in page.gradients.values())
    assert "while the network still learns" in page.caveat.said


@pytest.mark.parametrize(("slope", "flat"), [(0.0, True), (0.05, True), (0.2, False)])
def test_an_end_is_flat_or_falls(folder: Path, slope: float, flat: bool) -> None:
    write_new_card(folder, "plain56", 20.0, 22.0, slope=slope)
    found = ending(read_card(catalog.find("plain56"), folder))
    assert found is not None
    assert found.flat == flat
    assert found.fell == pytest.approx(4 * slope)
    assert (found.epochs, found.rate) == (4, 0.01)


def test_seeds_of_another_recipe_are_not_compared(folder: Path) -> None:
    spec = catalog.find("plain20")
    write_new_card(folder, "plain20", 13.1, 14.6, seed=1)
    shipped, others = read_card(spec, folder), read_seeds(spec, folder)
    assert len(others) == 1
    assert seeds_text([(shipped, others[0])]) == ""


@pytest.mark.parametrize("theme_name", list(theme.THEMES))
@pytest.mark.parametrize("size", [(1280, 740), (1920, 1020)])
def test_names_at_the_ends_do_not_overlap(
    qtbot: QtBot,
    qapp: QApplication,
    make: Callable[[], DegradationPage],
    theme_name: str,
    size: tuple[int, int],
) -> None:
    before = theme.current()
    theme.apply(qapp, theme.THEMES[theme_name])
    try:
        page = make()
        page.retheme()
        page.resize(*size)
        qtbot.waitUntil(lambda: page.plots["plain"].width() > 0.45 * size[0])
        page.grab()  # texts find their places when they are painted
        for plot in page.plots.values():
            assert all(label.toPlainText() for label in plot.labels)
            boxes = [label.mapRectToScene(label.boundingRect()) for label in plot.labels]
            inside = plot.plot.sceneRect()
            for number, box in enumerate(boxes):
                assert inside.adjusted(-1, -1, 1, 1).contains(box)
                for other in boxes[number + 1 :]:
                    # A text item has a margin of 4 pixels all round.
                    assert box.intersected(other).height() <= 2 * 4
    finally:
        theme.apply(qapp, before)


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        (13.3, 14.1, "no degradation in training; on the test set it is about the same."),
        (10.0, 18.0, "better in training but 4.0 points worse on the test set, as in overfitting."),
        (15.2, 12.0, "deeper and worse in training, though on the test set it is 2.0 points below"),
    ],
)
def test_the_sentences_stay_right_where_it_was_not(
    folder: Path, train: float, test: float, words: str
) -> None:
    write_card(folder, "plain56", train, test)
    cards = [read_card(catalog.find(name), folder) for name in ("plain20", "plain56")]
    said = compared(*cards)
    assert words in said
    assert "not overfitting" not in said


def test_unlike_recipes_are_said(folder: Path) -> None:
    write_card(folder, "plain20", 13.2, 14.0, recipe={"epochs": 30})
    cards = [read_card(catalog.find(name), folder) for name in ("plain20", "plain56")]
    said = compared(*cards)
    assert "the recipes differ" in said
    assert "so nothing follows about depth" in said
    assert "degradation" not in said


def test_a_missing_and_a_damaged_card_are_named_and_the_rest_is_shown(
    folder: Path, make: Callable[[], DegradationPage]
) -> None:
    (folder / "plain56-cifar10.json").unlink()
    (folder / "resnet20-cifar10.json").write_text("{")
    page = make()
    assert page.missing.isVisible()
    assert "card of Plain-56, plain56-cifar10.json, is missing" in page.missing.text()
    assert "card of ResNet-20, resnet20-cifar10.json, is damaged" in page.missing.text()
    assert len(page.plots["plain"].curves) == len(page.plots["resnet"].curves) == 2
    assert page.findings.said == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"network": "resnet20"},
        {"history": {"train_loss": [1.0]}},
        {"history": {"train_loss": [1.0], "train_accuracy": [float("nan")], "test_loss": [1.0],
                     "test_accuracy": [0.1]}},
        {"history": {"train_loss": [1.0], "train_accuracy": [0.1, 0.2], "test_loss": [1.0],
                     "test_accuracy": [0.1]}},
    ],
)  # fmt: skip
def test_odd_cards_are_refused(folder: Path, changes: dict[str, Any]) -> None:
    write_card(folder, "plain20", 1.0, 2.0, **changes)
    with pytest.raises(CardError, match="Plain-20"):
        read_card(catalog.find("plain20"), folder)


@pytest.mark.parametrize("curve", ["rate", "fixed_accuracy", "gradient_norms"])
def test_newer_cards_have_a_value_for_each_epoch(folder: Path, curve: str) -> None:
    write_new_card(folder, "plain20", 13.2, 14.0)
    path = folder / "plain20-cifar10.json"
    card = json.loads(path.read_text())
    told = card["history"][curve]
    (told["conv1"] if curve == "gradient_norms" else told).pop()
    path.write_text(json.dumps(card))
    with pytest.raises(CardError, match="Plain-20"):
        read_card(catalog.find("plain20"), folder)


def test_a_damaged_card_of_another_seed_is_named(
    folder: Path, make: Callable[[], DegradationPage]
) -> None:
    (folder / "plain20-seed1-cifar10.json").write_text("{")
    page = make()
    assert "card of Plain-20, plain20-seed1-cifar10.json, is damaged" in page.missing.text()
    assert len(page.plots["plain"].curves) == 4


@pytest.mark.parametrize("name", ENDS)
def test_every_network_can_be_opened(
    qtbot: QtBot, make: Callable[[], DegradationPage], name: str
) -> None:
    page = make()
    with qtbot.waitSignal(page.network_asked) as asked:
        qtbot.mouseClick(page.buttons[name], Qt.MouseButton.LeftButton)
    assert asked.args == [name]
    assert f"{ENDS[name][1]:.1f} %" in page.buttons[name].toolTip()


def test_the_measured_collapse_is_told(folder: Path) -> None:
    on = {"accuracy": 0.9, "loss": 0.3, "gradient_norms": {"conv1": 1.3, "layer3.8.conv1": 0.5}}
    off = {"accuracy": 0.1, "loss": 2.6, "gradient_norms": {"conv1": 1.8e-15}}
    collapse = {"images": 10_000, "gradient_images": 500, "skips_on": on, "skips_off": off}

    def told(name: str, **changes: Any) -> str:
        spec = catalog.find(name)
        made_from = {"weights_sha256": f"hash of {name}", **collapse, **changes}
        derived_path(spec, "collapse", folder).write_text(json.dumps(made_from))
        return collapse_text(read_card(spec, folder))

    assert told("resnet56") == (
        "All skips removed from the trained ResNet-56: accuracy on 10,000 test images 90 % → 10 %, "
        "loss 0.30 → 2.6 nats; its gradient at the first convolution's weights, on 500 of them, "
        "1.3 → 1.8×10⁻¹⁵."
    )
    assert told("plain56", skips_off=None) == ""
    assert told("resnet20", weights_sha256="of other weights") == ""
    assert collapse_text(read_card(catalog.find("plain20"), folder)) == ""


def test_labels_are_moved_apart_in_their_order() -> None:
    values = [13.2, 13.0, 40.0, 0.1]
    places = spread(values, 4.0, 50.0)
    assert np.argsort(places).tolist() == np.argsort(values).tolist()
    assert np.diff(sorted(places)).min() >= 4.0 - 1e-9
    assert min(places) >= 2.0
    assert max(spread([49.0, 49.5], 4.0, 50.0)) <= 48.0
