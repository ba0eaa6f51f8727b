"""The window on the projector, and the lecturer's own on the laptop."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QElapsedTimer, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QScreen
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.views.lecture.keys import BINDINGS, binding
from resnet_viz.views.lecture.presenter import Presenter
from resnet_viz.views.lecture.words import Words
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel

_TYPED = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox)
_OF_LISTS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ELSEWHERE = ("next", "back", "black")
"""What a clicker does while the lecturer's own window has the keys."""


class Audience(QWidget):
    """The stage over a whole screen. ``closed`` says that it was closed from outside."""

    closed = Signal()

    def __init__(self, presenter: Presenter) -> None:
        super().__init__()
        self.setWindowTitle("Presentation")
        self.setObjectName("audience")
        self.presenter = presenter
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(presenter.stage)

    def show_on(self, screen: QScreen) -> None:
        """Fill a screen: it is chosen before the window is shown, for it cannot be moved on
        Wayland."""
        self.setScreen(screen)
        self.setGeometry(screen.geometry())
        self.showFullScreen()
        self.activateWindow()
        self.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()


class PresenterKeys(QObject):
    """Takes the keys of a presentation, before any view that has the focus, until it is let go."""

    def __init__(self, presenter: Presenter, audience: QWidget, window: QWidget) -> None:
        super().__init__(audience)
        self._presenter, self._audience, self._window = presenter, audience, window
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    def let_go(self) -> None:
        """Leave the keys to the windows again."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        if event.type() not in kinds or not isinstance(event, QKeyEvent):
            return False
        if not isinstance(watched, QWidget) or QApplication.activeModalWidget() is not None:
            return False
        found = binding(event.key(), event.modifiers())
        if found is None:
            return False
        if watched.window() is not self._audience:
            typing = isinstance(QApplication.focusWidget(), _TYPED)
            ours = watched.window() is self._window or isinstance(watched.window(), Console)
            if not (ours and found.clicker and found.deed in _ELSEWHERE) or typing:
                return False
        elif self._presenter.stage.overview.isVisible() and event.key() in _OF_LISTS:
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._presenter.do(found)
        return True


class Console(QWidget):
    """On the lecturer's own screen: the notes, the clock, the next step and the most used keys."""

    def __init__(self, presenter: Presenter, minutes: float | None, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setWindowTitle("Lecture")
        self.presenter, self._minutes = presenter, minutes
        self._elapsed = QElapsedTimer()
        self._elapsed.start()
        self.clock = PlainLabel()
        self.clock.setAccessibleName("Time")
        self.now = PlainLabel(wordWrap=True)
        self.notes = Words(1.1)
        self.notes.setAccessibleName("Notes")
        self.following = PlainLabel(wordWrap=True)
        self.measured = PlainLabel(wordWrap=True)
        rows = QVBoxLayout(self)
        rows.addWidget(self.clock)
        rows.addWidget(self.now)
        rows.addWidget(self.notes, 1)
        rows.addWidget(self.measured)
        rows.addWidget(self.following)
        buttons = QHBoxLayout()
        for text, deed in (
            ("Back", "back"),
            ("Next", "next"),
            ("Set again", "again"),
            ("Black", "black"),
            ("Freeze", "freeze"),
            ("End", "end"),
        ):
            button = QPushButton(text)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            its = next(one for one in BINDINGS if one.deed == deed)
            button.setToolTip(its.text)
            button.clicked.connect(lambda _=False, its=its: presenter.do(its))
            buttons.addWidget(button)
        rows.addLayout(buttons)
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        presenter.moved.connect(self.refresh)
        self.retheme()
        self.refresh()
        self._tick()
        self.resize(46 * self.fontMetrics().averageCharWidth(), 22 * self.fontMetrics().height())

    def refresh(self) -> None:
        """Tell of the step on the stage."""
        presenter = self.presenter
        asks = " – the hall is asked" if presenter.asking else ""
        self.now.setText(f"{presenter.place}   {presenter.step.title}{asks}")
        self.notes.say(presenter.step.notes or "*No notes for this step.*")
        following = presenter.following
        self.following.setText(
            "This is the last step." if following is None else f"Next: {following.title}"
        )
        value = presenter.values.get(presenter.number)
        text = presenter.stage.question.verdict.text() if value is not None else ""
        self.measured.setText(text)
        self.measured.setVisible(bool(text))

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self.clock.setStyleSheet(f"color: {look.muted}; font-weight: 600")
        self.now.setStyleSheet("font-weight: 600")
        self.following.setStyleSheet(f"color: {look.muted}")
        self.measured.setStyleSheet(f"color: {look.warning}")
        self.notes.retheme()

    def _tick(self) -> None:
        seconds = self._elapsed.elapsed() // 1000
        planned = f" of {self._minutes:g} min" if self._minutes else ""
        time = QDateTime.currentDateTime().toString("HH:mm")
        self.clock.setText(f"{seconds // 60}:{seconds % 60:02d}{planned}   ·   {time}")
