"""The degradation page: its curves, its sentences whatever was measured, and its links."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.degradation_words import collapse_text, compared
from resnet_viz.networks import catalog
from resnet_viz.networks.cards import CardError, read_card
from resnet_viz.views.degradation.page import DegradationPage
from resnet_viz.views.plots.curves_plot import spread
from tests import fakes

ENDS = {"plain20": (13.2, 14.0), "plain56": (21.3, 22.0), "resnet20": (10.0, 12.0),
        "resnet56": (7.0, 10.0)}  # fmt: skip


def write_card(folder: Path, name: str, train: float, test: float, **changes: Any) -> None:
    """A card of three epochs that ends at these errors in per cent."""
    card: dict[str, Any] = {
        "network": name,
        "recipe": {"epochs": 3},
        "history": {
            "train_loss": [2.0, 1.5, 1.0],
            "train_accuracy": [0.3, 0.5, 1 - train / 100],
            "test_loss": [2.1, 1.6, 1.1],
            "test_accuracy": [0.35, 0.55, 1 - test / 100],
        },
        **changes,
    }
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


def test_the_sentences_say_what_was_expected_where_it_was_measured(
    make: Callable[[], DegradationPage],
) -> None:
    plain, residual = make().findings.said.split("\n")
    assert plain.startswith(
        "After 3 epochs Plain-56's training error is 21.3 %, 8.1 points above Plain-20's: "
        "deeper and worse, in training too, so this is not overfitting but degradation"
    )
    assert residual == (
        "After 3 epochs ResNet-56's training error is 7.0 %, 3.0 points below ResNet-20's: "
        "deeper and better in training, no degradation; on the test set it is 2.0 points below it."
    )


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
    on = {"accuracy": 0.9, "gradient_norms": {"conv1": 1.3, "layer3.8.conv1": 0.5}}
    off = {"accuracy": 0.1, "gradient_norms": {"conv1": 1.8e-15, "layer3.8.conv1": 2.6e-3}}
    collapse = {"images": 50, "skips_on": on, "skips_off": off}
    write_card(folder, "resnet56", 7.0, 10.0, collapse=collapse)
    said = collapse_text(read_card(catalog.find("resnet56"), folder))
    assert "accuracy 90 → 10 %" in said
    assert "1.3 → 1.8×10⁻¹⁵" in said
    write_card(folder, "plain56", 7.0, 10.0, collapse={**collapse, "skips_off": None})
    assert collapse_text(read_card(catalog.find("plain56"), folder)) == ""
    assert collapse_text(read_card(catalog.find("plain20"), folder)) == ""


def test_labels_are_moved_apart_in_their_order() -> None:
    values = [13.2, 13.0, 40.0, 0.1]
    places = spread(values, 4.0, 50.0)
    assert np.argsort(places).tolist() == np.argsort(values).tolist()
    assert np.diff(sorted(places)).min() >= 4.0 - 1e-9
    assert min(places) >= 2.0
    assert max(spread([49.0, 49.5], 4.0, 50.0)) <= 48.0
