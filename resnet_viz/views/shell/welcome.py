"""What there is to begin with: recent files, samples, lectures, one's own network, and the keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.images import gallery
from resnet_viz.views.shell import recent
from resnet_viz.views.shell.palette import LECTURE, listed
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel, plain

if TYPE_CHECKING:
    from resnet_viz.views.shell.main_window import MainWindow

SEEN = "welcomed"
"""The setting that says that it is no first start."""

_RECENT, _SAMPLES = 4, 4
_KEYS = ("skips_off", "skips_on", "cascade", "enlarge", "present", "palette", "shortcuts")
_INTRODUCTION = (
    "See what every block of a residual network does with your photo, forwards and backwards, "
    "and switch the skips off to see what they are for."
)
_END = "Escape or a click beside this closes it; Help → Welcome brings it back."


class Welcome(QFrame):
    """Lies over the middle of the window until something is chosen, Escape, or a click beside it.

    The program runs on behind it.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._main = window
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setAccessibleName("Welcome")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.buttons: dict[str, QPushButton] = {}
        self._inside = QWidget()
        self._rows = QVBoxLayout(self._inside)
        self._rows.setSpacing(10)
        self._heading = self._label("ResNet Explorer", self._rows)
        self._introduction = self._label(_INTRODUCTION, self._rows)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._rows.addLayout(self._grid)
        self._headings: list[QLabel] = []
        self._begin(0)
        self._photos(1)
        self._learn(2)
        self._rows.addStretch(1)
        self._end = self._label(_END, self._rows)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._around = QVBoxLayout(self)
        self._around.addWidget(self._scroll)
        self.retheme()
        self.place()
        window.installEventFilter(self)
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    # ---- what it offers

    def _begin(self, column: int) -> None:
        main, part = self._main, self._column("Begin", column)
        self._button("Open a photo…", main.opening.ask_for_photo, part)
        self._button("Open a folder of photos…", main.opening.ask_for_folder, part)
        self._button("Open your own network…", main.opening.ask_for_weights, part)
        for path in recent.paths(main.settings)[:_RECENT]:
            self._button(Path(path).name, partial(main.open_path, path), part, tip=path)
        part.addStretch(1)

    def _photos(self, column: int) -> None:
        part = self._column("Sample photos", column)
        for sample in gallery.SAMPLES[:_SAMPLES]:
            run = partial(self._main.opening.open_sample, sample.name)
            self._button(sample.title, run, part, sample.what)
        self._button("All of them…", self._main.opening.show_gallery, part)
        part.addStretch(1)

    def _learn(self, column: int) -> None:
        """The lectures, if there are any, and below them the keys."""
        found = listed(self._main, LECTURE)
        part = self._column("Lectures" if found else "Keys", column)
        for one in found:
            self._button(one.text, one.run, part)
        if found:
            part.addSpacing(8)
            self._headings.append(self._label("Keys", part))
        grid = QGridLayout()
        for row, name in enumerate(_KEYS):
            action = self._main.actions_by_name[name]
            keys = PlainLabel(action.shortcut().toString())
            keys.setStyleSheet("font-weight: 600")
            text = PlainLabel(action.text().replace("&", "").rstrip("…"))
            text.setWordWrap(True)
            grid.addWidget(keys, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(text, row, 1)
        grid.setHorizontalSpacing(14)
        grid.setColumnStretch(1, 1)
        part.addLayout(grid)
        part.addStretch(1)

    def _column(self, title: str, column: int) -> QVBoxLayout:
        part = QVBoxLayout()
        part.setSpacing(6)
        self._headings.append(self._label(title, part))
        self._grid.addLayout(part, 0, column)
        self._grid.setColumnStretch(column, 1)
        return part

    def _label(self, text: str, part: QVBoxLayout) -> QLabel:
        label = PlainLabel(text)
        label.setWordWrap(True)
        part.addWidget(label)
        return label

    def _button(
        self, text: str, run: Callable[[], object], part: QVBoxLayout, tip: str = ""
    ) -> None:
        button = QPushButton()
        metrics = button.fontMetrics()
        room = 34 * metrics.averageCharWidth()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room)
        button.setText(shown.replace("&", "&&"))
        button.setAccessibleName(text)
        button.setToolTip(plain(tip or text))
        button.clicked.connect(lambda: self._choose(run))
        self.buttons[text] = button
        part.addWidget(button)

    def _choose(self, run: Callable[[], object]) -> None:
        self.close()
        run()

    # ---- where it is, and when it goes

    def place(self) -> None:
        """Lie in the middle of the window, as large as is needed and fits."""
        room = self._main.size()
        wide = min(int(0.92 * room.width()), max(640, 110 * self.fontMetrics().averageCharWidth()))
        margins = self.contentsMargins() + self._around.contentsMargins()
        inside = self._inside
        high = inside.heightForWidth(wide - margins.left() - margins.right())
        high = max(high, inside.minimumSizeHint().height()) + margins.top() + margins.bottom() + 4
        self.resize(wide, min(high, int(0.95 * room.height())))
        self.move((room.width() - self.width()) // 2, (room.height() - self.height()) // 2)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        size = 1.7 * self.font().pointSizeF()
        self._heading.setStyleSheet(f"font-size: {size}pt; font-weight: 600")
        self._end.setStyleSheet(f"color: {look.muted}")
        for heading in self._headings:
            heading.setStyleSheet(f"color: {look.muted}; font-weight: 600")
        self.setStyleSheet(
            f"Welcome {{ background: {look.raised}; border: 2px solid {look.accent}; "
            "border-radius: 6px }"
        )
        self._inside.setStyleSheet(f".QWidget {{ background: {look.raised} }}")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._main and event.type() == QEvent.Type.Resize:
            self.place()
        ours = isinstance(watched, QWidget) and watched.window() is self._main
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress and ours:
            # What is pressed here goes on to the widgets behind, so the place decides.
            place = self.mapFromGlobal(event.globalPosition().toPoint())
            if self.isVisible() and not self.rect().contains(place):
                self.close()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)
