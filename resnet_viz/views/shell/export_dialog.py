"""File → Export: figures of the page on screen, and the diagram, as pictures or numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.channel import Channel
from resnet_viz.export.diagram import Diagram
from resnet_viz.export.figure import PRESETS
from resnet_viz.export.formats import (
    FORMATS,
    Format,
    Preview,
    PreviewRequest,
    Settings,
    Shown,
    WriteRequest,
    WrittenFiles,
    about,
)
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.looks import THEMES
from resnet_viz.figures.table import table_of
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from resnet_viz.views.shell.main_window import MainWindow

_PAGES_OF_THE_RESULT = ("explorer", "instruments")


class Exporting(QObject):
    """Asks what to write and where to, and lets the worker write it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.channel = Channel(window.worker, "export", self)
        self.channel.updated.connect(self._updated)
        self.channel.failed.connect(lambda sentence: window.message.say(sentence))

    def things(self) -> list[Figure | Diagram]:
        """What can be written: the figures of the page on screen, and the diagram on its page."""
        page = self._window.pages.shown
        found: list[Figure | Diagram] = [figure for figure in page.figures() if figure.panels]
        whole = page.drawing()
        return [whole, *found] if whole is not None else found

    def ask(self) -> None:
        """Open the dialog; a sentence where there is nothing to write."""
        things = self.things()
        if not things:
            self._window.message.say(
                "There is nothing to export on this page yet; measure something first"
            )
            return
        dialog = ExportDialog(things, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def preview_channel(self, dialog: QObject) -> Channel:
        return Channel(self._window.worker, "export preview", dialog)

    @property
    def window(self) -> MainWindow:
        return self._window

    def about(self) -> dict[str, str]:
        """What is said in the file about where it is from."""
        measured = self._window.pages.current in _PAGES_OF_THE_RESULT
        return about(self._window.engine.result if measured else None)

    def write(self, files: tuple[tuple[Shown, Path], ...], settings: Settings) -> None:
        """Write in the background."""
        self._window.message.say("")
        self.channel.start(WriteRequest(files, settings))

    def _updated(self, update: object) -> None:
        if isinstance(update, WrittenFiles):
            places = ", ".join(str(path) for path in update.paths)
            self._window.message.say(f"Written: {places}")


class ExportDialog(QDialog):
    """What, as what, and how; ``things`` are offered in a list with ticks."""

    def __init__(self, things: list[Figure | Diagram], exporting: Exporting) -> None:
        super().__init__(exporting.window)
        self._exporting, self._things = exporting, things
        self.setWindowTitle("Export")
        self.list = QListWidget()
        self.list.setAccessibleName("What to export")
        self.list.setWordWrap(True)
        self.list.setSpacing(2)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMinimumWidth(24 * self.fontMetrics().averageCharWidth() + 160)
        for thing in things:
            item = QListWidgetItem(thing.title)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.item(0).setCheckState(Qt.CheckState.Checked)
        self.list.setCurrentRow(0)
        self.format = _box([(form.title, form.suffix) for form in FORMATS], "Format")
        self.preset = _box([(one.title, name) for name, one in PRESETS.items()], "Size")
        self.look = _box([(one.title, name) for name, one in THEMES.items()], "Look")
        self.look.setCurrentIndex(self.look.findData("light"))
        self.scale = QDoubleSpinBox()
        self.scale.setRange(0.5, 6.0)
        self.scale.setSingleStep(0.5)
        self.scale.setDecimals(1)
        self.scale.setValue(2.0)
        self.scale.setAccessibleName("Scale")
        self.scale.setToolTip("1 is 100 dots an inch")
        self.preview = PlainLabel("Drawing…")
        self.preview.setAccessibleName("Preview")
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setFixedSize(360, 280)
        self.sentence = PlainLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setStyleSheet(f"color: {theme.current().warning}")
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        form = QFormLayout()
        rows = (("&Format", self.format), ("Si&ze", self.preset), ("&Look", self.look))
        for title, widget in rows:
            form.addRow(title, widget)
        form.addRow("S&cale", self.scale)
        left = QVBoxLayout()
        left.addWidget(self.list, 1)
        left.addLayout(form)
        middle = QHBoxLayout()
        middle.addLayout(left, 1)
        middle.addWidget(self.preview)
        column = QVBoxLayout(self)
        column.addLayout(middle, 1)
        column.addWidget(self.sentence)
        column.addWidget(self.buttons)
        self._channel = exporting.preview_channel(self)
        self._channel.updated.connect(self._drawn)
        self._channel.failed.connect(self._no_preview)
        self.finished.connect(lambda _: self._channel.stop())
        self.buttons.accepted.connect(self._save)
        self.buttons.rejected.connect(self.reject)
        self.list.itemChanged.connect(self._refresh)
        self.list.currentRowChanged.connect(self._refresh)
        for box in (self.format, self.preset, self.look):
            box.currentIndexChanged.connect(self._refresh)
        self._refresh()

    @property
    def form(self) -> Format:
        """The format that is chosen."""
        return next(one for one in FORMATS if one.suffix == self.format.currentData())

    @property
    def chosen(self) -> list[Figure | Diagram]:
        """What is ticked and can be written in that format."""
        checked = Qt.CheckState.Checked
        ticked = [
            thing
            for number, thing in enumerate(self._things)
            if self.list.item(number).checkState() == checked
        ]
        if self.form.of == "numbers":
            return [thing for thing in ticked if isinstance(thing, Figure)]
        return ticked

    @property
    def settings(self) -> Settings:
        return Settings(
            self.preset.currentData(),
            self.look.currentData(),
            self.scale.value(),
            self._exporting.about(),
        )

    def save_to(self, path: Path) -> None:
        """Write what is chosen: one thing to ``path``, more to files whose names begin so."""
        chosen, suffix = self.chosen, self.form.suffix
        stem = path.with_suffix("") if path.suffix.lower() == suffix else path
        places = [stem.with_name(stem.name + suffix)]
        if len(chosen) > 1:
            names = [f"{stem.name}-{number}-{one.name}" for number, one in enumerate(chosen, 1)]
            places = [stem.with_name(name + suffix) for name in names]
        numbers = self.form.of == "numbers"
        shown = [table_of(x) if numbers and isinstance(x, Figure) else x for x in chosen]
        self._exporting.write(tuple(zip(shown, places, strict=True)), self.settings)
        self.accept()

    def _save(self) -> None:
        form = self.form
        name = re.sub(r"[^\w-]+", "-", self.chosen[0].title).strip("-") + form.suffix
        path, _ = QFileDialog.getSaveFileName(
            self, "Export", name, f"{form.title} (*{form.suffix})"
        )
        if path:
            self.save_to(Path(path))

    def _refresh(self) -> None:
        form = self.form
        self.scale.setEnabled(form.scaled)
        self.preset.setEnabled(form.of == "picture")
        self.look.setEnabled(form.of == "picture")
        chosen = self.chosen
        self.buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(bool(chosen))
        numbers = form.of == "numbers"
        why = "The diagram has no numbers of its own; tick a figure" if numbers else ""
        self.sentence.setText("" if chosen else why or "Tick what is to be exported")
        shown = self._things[max(0, self.list.currentRow())]
        self._channel.start(PreviewRequest(shown, self.settings))

    def _drawn(self, update: object) -> None:
        if not isinstance(update, Preview):
            return
        pixmap = QPixmap()
        pixmap.loadFromData(update.png)
        ratio = Qt.AspectRatioMode.KeepAspectRatio
        smooth = Qt.TransformationMode.SmoothTransformation
        self.preview.setPixmap(pixmap.scaled(self.preview.size(), ratio, smooth))

    def _no_preview(self, sentence: str) -> None:
        self.preview.setText("No preview")
        self.sentence.setText(sentence)


def _box(items: list[tuple[str, str]], name: str, parent: QWidget | None = None) -> QComboBox:
    box = QComboBox(parent)
    box.setAccessibleName(name)
    for text, data in items:
        box.addItem(text, data)
    return box
