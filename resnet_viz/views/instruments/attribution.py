"""The panel of attribution: where a class comes from, by several methods, skips on and off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_maps import attribution_script
from resnet_viz.figures import attribution
from resnet_viz.figures.figure import Figure
from resnet_viz.images import overlay
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.attribution import AttributionMap, AttributionRequest, AttributionResult
from resnet_viz.results.attribution_methods import FIRST, METHODS, Method
from resnet_viz.results.result import Result
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.instruments.maps_panel import MapsPanel, chosen, counted
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json, choose
from resnet_viz.views.widgets.picture import Picture
from resnet_viz.views.widgets.plain_text import PlainLabel
from resnet_viz.views.widgets.scale_bar import ScaleBar

EXPLORERS = "The explorer's class"
NOBODY = "no other class"
COLOURS = {"Inferno": "inferno", "Viridis": "viridis"}
_LEAST = 150  # pixels of a map
_MOST = 1024  # pixels of the photo under a map


class ClassBox(QComboBox):
    """Every class by name, found by typing a part of it; ``nothing`` stands for None."""

    def __init__(self, nothing: str, name: str) -> None:
        super().__init__()
        self._nothing = nothing
        self._wanted: int | None = None
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(14)
        self.setAccessibleName(name)
        completer = self.completer()
        assert completer is not None  # it is editable
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.set_labels(())

    def set_labels(self, labels: tuple[str, ...]) -> None:
        """Offer these classes; the first item is nothing."""
        self.clear()
        self.addItem(self._nothing, None)
        for number, label in enumerate(labels):
            self.addItem(label, number)
        if labels and self._wanted is not None:
            self.choose(self._wanted)
            self._wanted = None

    def choose(self, number: int | None) -> None:
        """Choose a class, or nothing; one that is not known yet once it is."""
        if number is None or 0 <= number < self.count() - 1:
            self.setCurrentIndex(0 if number is None else number + 1)
        else:
            self._wanted = number

    @property
    def number(self) -> int | None:
        """The class that is written in the field.

        Raises:
            ValueError: there is none of that name.
        """
        text = self.currentText().strip()
        if text == self.itemText(self.currentIndex()):
            place = self.currentIndex()
        else:
            place = self.findText(text, Qt.MatchFlag.MatchFixedString)
        if place < 0:
            raise ValueError(f"There is no class “{text}”; choose one from the list")
        found: int | None = self.itemData(place)
        return found


class _Cell(QWidget):
    """A method: its maps with skips on and off, one scale, and what they say in words."""

    def __init__(self, method: Method, sides: int, colours: str) -> None:
        super().__init__()
        self.method = method
        self.heading = LinkedLabel(method.title)
        self.heading.setStyleSheet("font-weight: 600")
        warning = f"\n{method.warning}." if method.warning else ""
        where = "the selected block" if method.at == "block" else "the input"
        self.setToolTip(
            f"{method.sentence}\n{method.paper}. Of {where}; costs {method.cost}.{warning}"
        )
        table = theme.colour_map(attribution.SIGNED if method.signed else colours)
        self.table = table
        self.bar = ScaleBar(table)
        self.pictures = [Picture() for _ in range(sides)]
        self.words = [PlainLabel() for _ in range(sides)]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 6)
        grid.addWidget(self.heading, 0, 0, 1, sides)
        for column, (picture, words) in enumerate(zip(self.pictures, self.words, strict=True)):
            picture.setMinimumSize(_LEAST, _LEAST)
            words.setWordWrap(True)
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            grid.addWidget(picture, 1, column)
            grid.addWidget(words, 2, column)
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(1, 1)
        grid.addWidget(self.bar, 3, 0, 1, sides)


class AttributionPanel(MapsPanel):
    """Chosen methods side by side; two classes give the map of their difference."""

    NAME = "attribution"
    SHOWS = (
        "Which places of the photo, or of the selected block's output, the class's logit comes "
        "from, as several methods see it, with all skips on and all off on one scale. With a "
        "second class: why the one rather than the other."
    )
    PAPER = "Selvaraju et al. 2017 §3; each method's own paper is in its tip"
    ARXIV = "1610.02391"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: AttributionResult | None = None
        self._labels: tuple[str, ...] = ()
        self._cells: list[_Cell] = []
        self._shown: tuple[object, ...] = ()
        self._photos: dict[int, np.ndarray] = {}
        self._of: object = None
        tips = {
            name: (one.title, f"{one.sentence} {one.paper}. Costs {one.cost}.")
            for name, one in METHODS.items()
        }
        self.methods, self.ticks = self.menu_of("Methods", tips, FIRST)
        self.target = ClassBox(EXPLORERS, "Class A, that is explained")
        self.against = ClassBox(NOBODY, "Class B, that it is not")
        self.options.addWidget(self.methods)
        self.options.addWidget(PlainLabel("Why"))
        self.options.addWidget(self.target, 1)
        self.options.addWidget(PlainLabel("and not"))
        self.options.addWidget(self.against, 1)

        self.opacity = self._slider(80, "Opacity of the maps, in per cent")
        self.threshold = self._slider(50, "Contour at this share of the scale, in per cent")
        self.colours = QComboBox()
        for text, value in COLOURS.items():
            self.colours.addItem(text, value)
        self.colours.setAccessibleName("Colours of maps without a sign")
        self.looks = QWidget()
        looks = QHBoxLayout(self.looks)
        looks.setContentsMargins(0, 0, 0, 0)
        for words, widget in (("Opacity", self.opacity), ("Contour at", self.threshold)):
            looks.addWidget(PlainLabel(words))
            looks.addWidget(widget, 1)
        looks.addWidget(PlainLabel("Colours"))
        looks.addWidget(self.colours)
        self.grid = QGridLayout()
        self.area.addWidget(self.looks)
        self.area.addLayout(self.grid, 1)
        self.looks.hide()
        self.colours.currentIndexChanged.connect(lambda _: self._draw())
        self._later = QTimer(self, singleShot=True, interval=60)
        self._later.timeout.connect(self._draw)
        self.ticked()

    def _slider(self, value: int, name: str) -> QSlider:
        made = QSlider(Qt.Orientation.Horizontal)
        made.setRange(0, 100)
        made.setValue(value)
        made.setAccessibleName(name)
        made.setToolTip(name)
        made.setMinimumWidth(60)
        made.valueChanged.connect(lambda _: self._draw())
        return made

    @property
    def chosen(self) -> tuple[str, ...]:
        """The methods that are ticked, in the order of the list."""
        return chosen(self.ticks)

    def methods_chosen(self) -> tuple[str, ...]:
        return self.chosen

    def work(self, costs: list[float]) -> float:
        return sum(costs)

    def taken(self) -> float | None:
        return None if self.result is None else self.result.seconds

    def shown_block(self) -> str | None:
        """That of the maps, if a method looks at it."""
        if self.result is None:
            return None
        of_block = any(METHODS[name].uses_block for name in self.result.request.methods)
        return self.result.block if of_block else None

    def request(self) -> AttributionRequest:
        """What is chosen, at the selected block."""
        if not self.chosen:
            raise ValueError("Choose at least one method first")
        self.promise()
        return AttributionRequest(
            self.state.snapshot, self.chosen, self.block(), self.target.number, self.against.number
        )

    def show_result(self, result: Result) -> None:
        """Offer the network's classes."""
        super().show_result(result)
        if result.labels != self._labels:
            self._labels = result.labels
            for box in (self.target, self.against):
                box.set_labels(result.labels)

    def show_update(self, update: object) -> None:
        """Draw the maps that there are so far."""
        assert isinstance(update, AttributionResult)
        self.result = update
        self.label(attribution.caption(update), update.on.snapshot)
        self._draw()

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        if self.result is None or not self.result.maps:
            return ()
        return (
            attribution.attribution(
                self.result,
                self.opacity.value() / 100,
                self.colours.currentData(),
                self.threshold.value() / 100,
            ),
        )

    def attribution(self) -> AttributionRequest | None:
        """What is on screen; where the explorer has moved on, its methods on what it shows now."""
        if self.result is None:
            return None
        request = self.result.request
        if self.stale:
            request = replace(request, block=self.block(), target=None, against=None)
        return replace(request, snapshot=replace(self.state.snapshot, gates=GateSettings()))

    def choices(self) -> dict[str, Json]:
        return {
            "methods": list(self.chosen),
            "target": _number(self.target),
            "against": _number(self.against),
            "opacity": self.opacity.value(),
            "contour": self.threshold.value(),
            "colours": self.colours.currentData(),
        }

    def restore(self, choices: Mapping[str, Json]) -> None:
        methods = choices.get("methods")
        if isinstance(methods, list):
            for name, tick in self.ticks.items():
                tick.setChecked(name in methods)
        for key, box in (("target", self.target), ("against", self.against)):
            number = choices.get(key)
            if key in choices and (number is None or type(number) is int):
                box.choose(number)
        for key, slider in (("opacity", self.opacity), ("contour", self.threshold)):
            value = choices.get(key)
            if isinstance(value, int) and not isinstance(value, bool):
                slider.setValue(value)
        choose(self.colours, choices.get("colours"))

    def script(self, result: Result | None) -> str:
        """That of what is on screen."""
        return super().script(None) if self.result is None else attribution_script(self.result)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        for cell in self._cells:
            for words in cell.words:
                words.setStyleSheet(f"color: {theme.current().muted}")

    def ticked(self) -> None:
        """Count the methods, and say how long they take."""
        self.methods.setText(counted(len(self.chosen), "method"))
        super().ticked()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._later.start()  # with as many pixels as there is room for

    def _draw(self) -> None:
        result = self.result
        if result is None:
            return
        sides = 1 if result.scores[1] is None else 2
        colours = self.colours.currentData()
        wanted = (result.request.methods, sides, colours)
        if wanted != self._shown:
            self._lay_out_cells(result.request.methods, sides, colours)
            self._shown = wanted
        self.looks.show()
        if self._of is not result.on:
            self._of, self._photos = result.on, {}
        for cell in self._cells:
            low, high = attribution.ends(result, cell.method.name)
            maps = [one for one in result.maps if one.method == cell.method.name]
            known = any(np.isfinite(one.values).any() for one in maps)
            cell.bar.setVisible(known)
            cell.bar.set_range(low, high, cell.method.unit)
            for side, (picture, words) in enumerate(zip(cell.pictures, cell.words, strict=True)):
                found = [one for one in maps if one.off == bool(side)]
                picture.setAccessibleName(cell.method.title)
                if not found:
                    picture.set_words("still to come")
                    words.setText("")
                    continue
                self._fill(picture, words, found[0], cell, (low, high), sides)

    def _fill(
        self,
        picture: Picture,
        words: QLabel,
        shown: AttributionMap,
        cell: _Cell,
        ends: tuple[float, float],
        sides: int,
    ) -> None:
        said = f"skips {'off' if shown.off else 'on'}: " if sides > 1 else ""
        if shown.refusal:
            picture.set_words(shown.refusal)
            words.setText("")
            return
        remark = attribution.remark(shown)
        words.setText(said + remark)
        picture.setAccessibleName(f"{cell.method.title}, {said}{remark}")
        contour = attribution.line_at(ends[1], self.threshold.value() / 100)
        pixels = overlay.laid(
            self._photo(picture),
            shown.values,
            ends,
            cell.table,
            self.opacity.value() / 100,
            contour,
        )
        picture.set_image(theme.to_qimage(pixels))

    def _photo(self, picture: Picture) -> np.ndarray:
        """The photo in as many pixels as ``picture`` has room for."""
        assert self.result is not None
        area = picture.area()
        room = round(min(area.width(), area.height()) * self.devicePixelRatioF())
        side = min(_MOST, max(_LEAST, room))
        if side not in self._photos:
            self._photos = {side: attribution.photo(self.result, side)}
        return self._photos[side]

    def _lay_out_cells(self, methods: tuple[str, ...], sides: int, colours: str) -> None:
        for cell in self._cells:
            self.grid.removeWidget(cell)
            cell.hide()
            cell.deleteLater()
        self._cells = [_Cell(METHODS[name], sides, colours) for name in methods]
        columns = 2 if sides > 1 else 3
        for number, cell in enumerate(self._cells):
            self.grid.addWidget(cell, number // columns, number % columns)
        self.retheme()


def _number(box: ClassBox) -> int | None:
    """The class in a field; what is not one, as while it is being written, is none."""
    try:
        return box.number
    except ValueError:
        return None
