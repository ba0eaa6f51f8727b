"""The story page in the real window: pointing, clicking, keys, links, chapters and themes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.networks import catalog
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.story.depth import DepthFigure
from resnet_viz.views.story.figure import Figure
from resnet_viz.views.story.page import CHAPTERS, StoryPage
from resnet_viz.views.story.shipped import ShippedTwins
from resnet_viz.views.story.size import SizeFigure
from resnet_viz.views.widgets import theme

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot: QtBot, made: MainWindow) -> MainWindow:
    """The window at the first chapter of the story, with ResNet-20 chosen."""
    with qtbot.waitActive(made):
        made.activateWindow()
    made.resize(1366, 768)
    made.state.set_network("resnet20")
    made.message.clear()
    made.turn_to_page("story")
    made.pages["story"].chapters.setCurrentIndex(0)  # type: ignore[attr-defined]
    QApplication.processEvents()
    return made


@pytest.fixture
def page(window: MainWindow) -> StoryPage:
    page = window.pages["story"]
    assert isinstance(page, StoryPage)
    return page


def turn_to(qtbot: QtBot, page: StoryPage, number: int) -> None:
    at = page.chapters.tabRect(number).center()
    qtbot.mouseClick(page.chapters, LEFT, pos=at)
    QApplication.processEvents()


def middle(figure: Figure, key: str) -> QPoint:
    return figure.mark(key).area.center().toPoint()


def test_the_story_is_the_last_page(qtbot: QtBot, window: MainWindow, page: StoryPage) -> None:
    assert list(window.pages)[-1] == "story"
    window.turn_to_page("explorer")
    qtbot.keyClick(
        window, Qt.Key(Qt.Key.Key_0 + len(window.pages)), Qt.KeyboardModifier.ControlModifier
    )
    assert window.pages.shown is page
    assert window.tabs.tabText(window.tabs.currentIndex()) == "Story"


@pytest.mark.parametrize("name", ["LeNet-5", "AlexNet", "VGG-19", "GoogLeNet", "ResNet-152"])
def test_a_click_on_a_tower_opens_its_network(
    qtbot: QtBot, window: MainWindow, page: StoryPage, name: str
) -> None:
    qtbot.mouseClick(page.depth_figure, LEFT, pos=middle(page.depth_figure, name))
    assert window.pages.shown is window.explorer
    assert catalog.find(window.state.snapshot.network).title == name


@pytest.mark.parametrize("key", ["resnet50 V1", "resnet50 V2", "vgg16 V1", "alexnet V1"])
def test_a_click_on_a_dot_opens_its_network(
    qtbot: QtBot, window: MainWindow, page: StoryPage, key: str
) -> None:
    turn_to(qtbot, page, 1)
    qtbot.mouseClick(page.size_figure, LEFT, pos=middle(page.size_figure, key))
    assert window.pages.shown is window.explorer
    assert window.state.snapshot.network == key.split()[0]


def test_every_dot_and_tower_opens_or_says_why_not(
    qtbot: QtBot, window: MainWindow, page: StoryPage
) -> None:
    asked: list[str] = []
    page.network_asked.disconnect()
    page.network_asked.connect(asked.append)
    for number, figure in enumerate((page.depth_figure, page.size_figure)):
        turn_to(qtbot, page, number)
        for mark in figure.marks:
            asked.clear()
            window.message.clear()
            qtbot.mouseClick(figure, LEFT, pos=mark.area.center().toPoint())
            if mark.opens:
                assert asked == [mark.network]
            else:
                assert asked == []
                assert mark.title in window.message.text.text()
    page.network_asked.disconnect()
    page.network_asked.connect(window.explore)


def test_what_was_no_network_says_so(qtbot: QtBot, window: MainWindow, page: StoryPage) -> None:
    qtbot.mouseClick(page.depth_figure, LEFT, pos=middle(page.depth_figure, "XRCE"))
    assert window.pages.shown is page
    assert "XRCE: there is no network to open" in window.message.text.text()


def test_a_network_that_the_catalog_lacks_is_drawn_but_does_not_open(
    qtbot: QtBot, window: MainWindow, page: StoryPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = {name: spec for name, spec in catalog.CATALOG.items() if name != "vgg19"}
    monkeypatch.setattr(catalog, "CATALOG", rest)
    column = next(c for c in page.depth_figure.columns() if c.entry.name == "VGG-19")
    assert column.tower is not None
    qtbot.mouseClick(page.depth_figure, LEFT, pos=middle(page.depth_figure, "VGG-19"))
    assert window.pages.shown is page
    assert "cannot be opened yet" in window.message.text.text()


def test_pointing_shows_a_card_with_the_places_in_the_papers(qtbot: QtBot, page: StoryPage) -> None:
    figure = page.depth_figure
    qtbot.mouseMove(figure, middle(figure, "AlexNet"))
    assert figure.card.isVisible()
    said = figure.card.text()
    for words in ("AlexNet", "2012", "8 layers", "16.4 %", "15.3 %", "Table 2", "Click to open"):
        assert words in said
    assert figure.rect().contains(figure.card.geometry())
    assert not figure.card.geometry().contains(middle(figure, "AlexNet"))
    qtbot.mouseMove(figure, figure._human_box().center().toPoint())
    assert "Table 9" in figure.card.text()
    assert "1,500" in figure.card.text()
    qtbot.mouseMove(figure, QPoint(figure.width() - 1, figure.height() - 1))
    assert not figure.card.isVisible()


def test_pointing_at_a_dot_shows_the_figures_of_its_weights(qtbot: QtBot, page: StoryPage) -> None:
    turn_to(qtbot, page, 1)
    figure = page.size_figure
    qtbot.mouseMove(figure, middle(figure, "resnet50 V2"))
    for words in ("ResNet-50", "V2", "25.6 million", "80.9 %", "95.4 %", "4.1×10⁹"):
        assert words in figure.card.text()
    qtbot.mouseMove(figure, middle(figure, "resnet50 V1"))
    assert "76.1 %" in figure.card.text()


def test_arrow_keys_and_enter_do_without_a_mouse(
    qtbot: QtBot, window: MainWindow, page: StoryPage
) -> None:
    figure = page.depth_figure
    figure.setFocus()
    for _ in figure.marks:
        qtbot.keyClick(figure, Qt.Key.Key_Right)
    assert figure.current is not None
    assert figure.current.title == "ResNet-152"
    qtbot.keyClick(figure, Qt.Key.Key_Left)
    assert "GoogLeNet" in figure.card.text()
    qtbot.keyClick(figure, Qt.Key.Key_Escape)
    assert not figure.card.isVisible()
    qtbot.keyClick(figure, Qt.Key.Key_Left)
    qtbot.keyClick(figure, Qt.Key.Key_Return)
    assert window.state.snapshot.network == "resnet152"


def test_the_towers_are_as_high_as_the_networks_are_deep(page: StoryPage) -> None:
    columns = page.depth_figure.columns()
    deep = {c.entry.name: c.tower.height() for c in columns if c.tower is not None}
    assert deep["ResNet-152"] == pytest.approx(19 * deep["AlexNet"])
    assert deep["VGG-19"] / deep["GoogLeNet"] == pytest.approx(19 / 22)
    dots = [c.dot.y() for c in columns if c.dot is not None]
    assert dots == sorted(dots), "the error falls"
    assert columns[0].entry.name == "LeNet-5"
    assert columns[0].dot is None


def test_dots_lie_where_their_figures_put_them(page: StoryPage) -> None:
    figure = page.size_figure
    rows = {f"{row.network} {row.version}": figure.dot(row) for row in figure.rows}
    assert rows["resnet50 V1"].x() == rows["resnet50 V2"].x()
    assert rows["resnet50 V2"].y() < rows["resnet50 V1"].y()
    # A logarithmic axis: equal ratios are equal distances.
    axes = figure._axes()
    steps = [axes.at(millions * 1e6, 60).x() for millions in (10, 20, 40, 80)]
    assert steps[1] - steps[0] == pytest.approx(steps[3] - steps[2])


def test_a_tower_is_drawn_in_its_colour_and_follows_the_theme(
    qtbot: QtBot, window: MainWindow, page: StoryPage
) -> None:
    for style in (theme.LIGHT, theme.PROJECTOR, theme.DARK):
        window.set_theme(style.name)
        QApplication.processEvents()
        figure: DepthFigure = page.depth_figure
        picture = figure.grab().toImage()
        for name, colour in (("ResNet-152", style.skip), ("VGG-19", style.branch)):
            tower = next(c.tower for c in figure.columns() if c.entry.name == name)
            assert tower is not None
            found = {
                picture.pixelColor(round(tower.center().x()), round(tower.bottom()) - down).name()
                for down in range(1, 12)
            }
            assert any(_near(QColor(hue), QColor(colour)) for hue in found), (style.name, name)
        assert picture.pixelColor(2, figure.height() - 2) == QColor(style.panel)
        assert f"color: {style.text}" in page.text.text(), "calm links"
        assert style.raised in figure.card.styleSheet()


def _near(one: QColor, other: QColor) -> bool:
    pairs = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return all(abs(a - b) < 60 for a, b in pairs)  # type: ignore[operator]


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
@pytest.mark.parametrize("style", theme.THEMES)
def test_names_hide_no_dot_and_no_name(
    window: MainWindow, page: StoryPage, style: str, size: tuple[int, int]
) -> None:
    window.set_theme(style)
    window.resize(*size)
    page.chapters.setCurrentIndex(1)
    QApplication.processEvents()
    figure: SizeFigure = page.size_figure
    boxes = [label.box for label in figure.labels]
    assert len(boxes) == len({row.network for row in figure.rows})
    field = figure._axes().field
    for number, box in enumerate(boxes):
        assert field.adjusted(-1, -1, 1, 1).contains(box)
        assert not any(box.contains(figure.dot(row)) for row in figure.rows)
        for other in boxes[number + 1 :]:
            both = box.intersected(other)
            assert max(0.0, both.width()) * max(0.0, both.height()) < 0.05 * box.width() * 14


def test_chapters_bring_their_words_and_sources(qtbot: QtBot, page: StoryPage) -> None:
    assert page.chapters.count() == len(CHAPTERS)
    assert "Russakovsky et al. 2015" in page.sources.text()
    turn_to(qtbot, page, 1)
    assert page.stack.currentWidget() is page.size_figure
    assert "torchvision" in page.sources.text()
    assert "6.6 million" in page.text.text()
    turn_to(qtbot, page, 2)
    assert page.stack.currentWidget() is page.degradation
    assert not page.sources.isVisible()


def test_the_twins_of_the_paper_open_where_there_are_any(
    qtbot: QtBot, window: MainWindow, page: StoryPage
) -> None:
    turn_to(qtbot, page, 2)
    figure = page.degradation.figure
    qtbot.mouseMove(figure, middle(figure, "Plain-34"))
    assert "28.54 %" in figure.card.text()
    dots = {row.name: figure.dot(row) for row in figure.rows}
    assert dots["Plain-34"].y() < dots["Plain-18"].y(), "worse is higher"
    assert dots["ResNet-34"].y() > dots["ResNet-18"].y()
    qtbot.mouseClick(figure, LEFT, pos=middle(figure, "Plain-34"))
    assert window.pages.shown is page
    qtbot.mouseClick(figure, LEFT, pos=middle(figure, "ResNet-34"))
    assert window.state.snapshot.network == "resnet34"


def test_the_third_chapter_leads_to_the_degradation_page(
    qtbot: QtBot, window: MainWindow, page: StoryPage
) -> None:
    turn_to(qtbot, page, 2)
    qtbot.mouseClick(page.degradation.button, LEFT)
    if "degradation" in window.pages:
        assert window.pages.shown is window.pages["degradation"]
    else:
        assert "degradation" in window.message.text.text()


def test_a_mark_nearer_to_the_mouse_wins(page: StoryPage) -> None:
    figure = page.size_figure
    figure.resize(900, 400)
    first, second = figure.mark("resnext50_32x4d V2"), figure.mark("resnet50 V2")
    assert first.area.intersects(second.area)
    for mark, other in ((first, second), (second, first)):
        at = mark.area.center() + 0.1 * (mark.area.center() - other.area.center())
        assert figure._mark_at(QPointF(at)) is mark


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    """Made-up cards of three of the four twins."""
    for name, right in (("plain20", 0.88), ("plain56", 0.75), ("resnet56", 0.91)):
        history = {
            "train_loss": [2.0, 1.0],
            "train_accuracy": [0.5, right],
            "test_loss": [2.0, 1.0],
            "test_accuracy": [0.4, 0.7],
        }
        card = {"network": name, "recipe": {}, "history": history}
        (tmp_path / f"{name}-cifar10.json").write_text(json.dumps(card), encoding="utf-8")
    return tmp_path


def test_the_programs_own_twins_are_drawn_from_their_cards(qtbot: QtBot, cards: Path) -> None:
    shown = ShippedTwins(cards)
    qtbot.addWidget(shown)
    look = theme.current()
    drawn = [(curve.name, curve.values[-1], curve.colour) for curve in shown.plot.curves]
    assert [name for name, *_ in drawn] == ["Plain-20", "Plain-56", "ResNet-56"]
    assert [value for _, value, _ in drawn] == pytest.approx([12, 25, 9])
    assert [colour for *_, colour in drawn] == ["branch", "branch", "skip"]
    inked = [line.opts["pen"].color().name() for line in shown.plot.items]
    assert inked == [look.branch, look.branch, look.skip]
    assert [curve.thick for curve in shown.plot.curves] == [False, True, True]
    assert "25.0 %" in shown.key.said
    assert "No card yet: ResNet-20" in shown.key.said
    with qtbot.waitSignal(shown.network_asked) as asked:
        shown.key.linkActivated.emit("plain56")
    assert asked.args == ["plain56"]


def test_without_cards_there_is_no_empty_plot(qtbot: QtBot, tmp_path: Path) -> None:
    shown = ShippedTwins(tmp_path)
    qtbot.addWidget(shown)
    assert shown.isHidden()
