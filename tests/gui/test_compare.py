"""The compare page in the real window."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from resnet_viz.figures.comparison import points_text, sentence
from resnet_viz.figures.figure import Map
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.attribution import Pair
from resnet_viz.results.comparison import Comparison
from resnet_viz.results.result import Result
from resnet_viz.views.compare.page import ComparePage
from resnet_viz.views.compare.side import AS_EXPLORER, Side
from resnet_viz.views.widgets import theme
from tests.gui.conftest import Driver


class Comparing:
    """The compare page and what it has been given."""

    def __init__(self, driver: Driver) -> None:
        self.qtbot = driver.qtbot
        self.window = driver.show().window
        page = self.window.pages["compare"]
        assert isinstance(page, ComparePage)
        self.page = page
        self.seen: list[Comparison] = []
        page.channel.updated.connect(self.seen.append)
        number = list(self.window.pages).index("compare")
        spot = self.window.tabs.tabRect(number).center()
        self.qtbot.mouseClick(self.window.tabs, Qt.MouseButton.LeftButton, pos=spot)
        self.wait(1)

    def wait(self, count: int) -> Comparison:
        self.qtbot.waitUntil(lambda: len(self.seen) >= count, timeout=60_000)
        return self.seen[-1]

    def pick(self, box: QComboBox, value: str) -> Comparison:
        """Choose in a box as a user does, with the keyboard."""
        box.setFocus()
        self.qtbot.keyClick(box, Qt.Key.Key_Home)
        for _ in range(box.findData(value)):
            self.qtbot.keyClick(box, Qt.Key.Key_Down)
        self.qtbot.waitUntil(self.up_to_date, timeout=60_000)
        return self.seen[-1]

    def up_to_date(self) -> bool:
        """True if what is chosen on both sides is what was compared last."""
        found = self.seen[-1]
        return all(
            self.chosen(side, result)
            for side, result in ((self.page.left, found.left), (self.page.right, found.right))
        )

    def chosen(self, side: Side, result: Result) -> bool:
        now, gates = self.window.state.snapshot, result.snapshot.gates
        same = side.network.currentData() in (AS_EXPLORER, now.network)
        skips = {
            "on": GateSettings(),
            "off": GateSettings().with_skips(result.structure.skips, 0.0),
            "explorer": now.gates if same else GateSettings(),
        }
        network = now.network if same else side.network.currentData()
        return result.snapshot.network == network and gates == skips[side.skips.currentData()]


@pytest.fixture
def comparing(driver: Driver) -> Comparing:
    return Comparing(driver)


def test_it_opens_with_skips_on_beside_skips_off(comparing: Comparing) -> None:
    found, page = comparing.seen[-1], comparing.page
    assert found.left.snapshot.gates.all_on
    assert set(found.right.snapshot.gates.skips) == set(found.right.structure.skips)
    assert found.left.snapshot.network == comparing.window.state.snapshot.network
    assert page.sentence.said == sentence(found)
    assert "times smaller" in page.sentence.said
    compile(page.script(None), "compare", "exec")
    norms = [b.gradient_norm for b in found.right.now.blocks]
    drawn = page.plot.lines[1].getData()[1]
    np.testing.assert_allclose(drawn, np.log10(norms), rtol=1e-6)


def test_selection_is_shared(qtbot: QtBot, comparing: Comparing) -> None:
    page = comparing.page
    spot = page.right.strip.cell_rect(2).center().toPoint()
    qtbot.mouseClick(page.right.strip, Qt.MouseButton.LeftButton, pos=spot)
    name = comparing.seen[-1].right.structure.blocks[2].name
    assert page.maps.heads[0].text() == f"Left · {name}"
    assert page.maps.heads[1].text() == f"Right · {name}"
    box = page.plot.plot.getViewBox()
    scene = box.mapViewToScene(QPointF(4, box.viewRange()[1][0] + 1))
    qtbot.mouseClick(
        page.plot.plot.viewport(),
        Qt.MouseButton.LeftButton,
        pos=page.plot.plot.mapFromScene(scene),
        delay=5,
    )
    assert page.maps.heads[0].text().endswith(comparing.seen[-1].left.structure.blocks[4].name)


def test_the_difference_map_is_white_where_both_are_equal(comparing: Comparing) -> None:
    comparing.pick(comparing.page.right.skips, "on")
    found, page = comparing.seen[-1], comparing.page
    assert found.right.snapshot.gates.all_on
    picture = page.maps._rows[0].pictures[2].image
    assert picture is not None
    middle = QColor(*(int(v) for v in theme.colour_map("CET-D1")[128]))
    assert picture.pixelColor(0, 0) == middle
    assert "0.0" in [row[3] for row in page.odds.rows()]
    assert "Both say" in page.sentence.said


def test_a_preset_chooses_both_sides(qtbot: QtBot, comparing: Comparing) -> None:
    button = next(b for b in comparing.page.presets if b.text() == "20 | 56 layers")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: (
            comparing.seen[-1].right.snapshot.network == "resnet56"
            and comparing.seen[-1].left.snapshot.network == "resnet20"
        ),
        timeout=60_000,
    )
    page = comparing.page
    assert "ResNet-56" in page.right.summary.text()
    assert page.left.strip.colour_of(0) is not None
    spot = page.left.strip.cell_rect(9).center().toPoint()
    qtbot.mouseClick(page.left.strip, Qt.MouseButton.LeftButton, pos=spot)
    assert page.maps.heads[1].text() == "Right · layer3.8"


def test_missing_weights_are_said_and_the_last_comparison_stays(
    qtbot: QtBot, comparing: Comparing
) -> None:
    page, before = comparing.page, comparing.page.sentence.said
    page.right.network.setCurrentIndex(page.right.network.findData("resnet18"))
    page.right.network.activated.emit(page.right.network.currentIndex())
    qtbot.waitUntil(lambda: comparing.window.message.isVisible())
    assert "ResNet-18" in comparing.window.message.text.text()
    assert page.sentence.said == before
    count = len(comparing.seen)
    page.right.network.setCurrentIndex(page.right.network.findData("plain20"))
    page.right.network.activated.emit(page.right.network.currentIndex())
    assert comparing.wait(count + 1).right.snapshot.network == "plain20"


def test_it_follows_the_explorer_and_draws_in_every_theme(
    qtbot: QtBot, comparing: Comparing
) -> None:
    count = len(comparing.seen)
    comparing.window.opening.open_sample("rocket")
    found = comparing.wait(count + 1)
    assert "ocket" in found.left.snapshot.photo.name
    for name in theme.THEMES:
        comparing.window.set_theme(name)
        assert not comparing.page.grab().isNull()
    comparing.window.set_theme("dark")


@pytest.mark.parametrize(
    ("left", "right", "text"),
    [(0.9, 0.1, "−80.0"), (0.1, 0.223, "+12.3"), (0.5, 0.5, "0.0"), (0.5, float("nan"), "NaN")],
)
def test_differences_in_points(left: float, right: float, text: str) -> None:
    assert points_text(left, right) == text


def test_both_sides_are_mapped_by_any_method(qtbot: QtBot, comparing: Comparing) -> None:
    page = comparing.page
    pairs: list[Pair] = []
    page.mapping.updated.connect(pairs.append)

    def title() -> str:
        return page.figures()[1].title

    assert title().startswith("Grad-CAM of")
    page.method.setFocus()
    qtbot.keyClick(page.method, Qt.Key.Key_Down)  # HiRes-CAM
    qtbot.waitUntil(lambda: len(pairs) == 1, timeout=60_000)
    found = comparing.seen[-1]
    left, right, change = (one for one in page.figures()[1].panels if isinstance(one, Map))
    assert title().startswith("HiRes-CAM of")
    last = found.left.now.blocks[-1]
    wanted = np.maximum((last.activation * last.gradient).sum(axis=0), 0)
    np.testing.assert_allclose(left.values, wanted, rtol=1e-3, atol=1e-3 * wanted.max())
    last = found.right.now.blocks[-1]
    wanted = np.maximum((last.activation * last.gradient).sum(axis=0), 0)
    np.testing.assert_allclose(right.values, wanted, rtol=1e-3, atol=1e-3 * wanted.max())
    np.testing.assert_allclose(change.values, right.values - left.values)
    assert (left.low, left.high) == (right.low, right.high)
    # Another block asks for other maps; a method of the input is indifferent to blocks.
    spot = page.right.strip.cell_rect(2).center().toPoint()
    qtbot.mouseClick(page.right.strip, Qt.MouseButton.LeftButton, pos=spot)
    qtbot.waitUntil(lambda: len(pairs) == 2, timeout=60_000)
    assert pairs[-1].request.right.block == found.right.structure.blocks[2].name
    page.restore({"method": "input_gradient"})
    qtbot.waitUntil(lambda: len(pairs) == 3, timeout=60_000)
    qtbot.mouseClick(page.right.strip, Qt.MouseButton.LeftButton, pos=spot * 2)
    qtbot.waitUntil(lambda: not page.mapping.running, timeout=60_000)
    assert len(pairs) == 3
    left = page.figures()[1].panels[0]  # type: ignore[assignment]
    assert left.low == -left.high
    assert page.choices()["method"] == "input_gradient"


def test_it_greets_with_words_instead_of_empty_axes(driver: Driver) -> None:
    page = driver.window.pages["compare"]
    assert isinstance(page, ComparePage)
    assert page.body.isHidden()
    assert not page.empty.isHidden()
    shown = Comparing(driver)
    assert not shown.page.body.isHidden()
    assert shown.page.empty.isHidden()
