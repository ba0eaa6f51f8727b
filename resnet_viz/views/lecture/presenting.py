"""Presentations: a lecture or the present page over a whole screen, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication, QScreen
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QWidget

from resnet_viz.engine.explorer import Explorer
from resnet_viz.export.handout import questions_of
from resnet_viz.export.lecture import Lecture, LectureError, read_lecture
from resnet_viz.export.lecture_state import recorded
from resnet_viz.export.lectures import shipped
from resnet_viz.export.session import Session
from resnet_viz.figures.figure import Figure
from resnet_viz.results.handout import Question
from resnet_viz.views.lecture.audience import Audience, Console, PresenterKeys
from resnet_viz.views.lecture.editor import LectureEditor
from resnet_viz.views.lecture.presenter import Presenter
from resnet_viz.views.widgets import theme

LEAST_POINTS = 18.0
"""The size of ordinary text on the projector."""

_SAID = 3  # mistakes that are said at once
SCREEN = "presentation_screen"


class Presenting(QObject):
    """Opens lectures, and presents them; the host of a `Presenter`.

    ``window`` is the program's main window. ``lecture`` is the one that is open, or None. While
    one is presented ``presenter`` runs it in ``audience``, and with a second screen ``console`` is
    on the lecturer's own.
    """

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._window = window
        self.engine: Explorer = window.engine
        self.actions_by_name: dict[str, QAction] = window.actions_by_name
        self.lecture: Lecture | None = None
        self.presenter: Presenter | None = None
        self.audience: Audience | None = None
        self.console: Console | None = None
        self.editor: LectureEditor | None = None
        self._keys: PresenterKeys | None = None
        self._step = 0
        self._measured: dict[int, float] = {}
        """What was measured for the questions of the open lecture, by the steps' numbers."""
        window.handouts.lecture = self._questions
        QGuiApplication.instance().screenRemoved.connect(self._screen_removed)  # type: ignore[union-attr]

    # ---- lectures

    def fill_lectures(self, menu: QMenu) -> None:
        """Those that come with the program, and another one from a file."""
        for title, path in shipped().items():
            menu.addAction(title.replace("&", "&&")).triggered.connect(
                lambda _=False, path=path: self.open(path)
            )
        menu.addSeparator()
        menu.addAction("Open a lecture…").triggered.connect(self.ask_to_open)

    def ask_to_open(self) -> None:
        """Let the user pick a lecture's file."""
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Open a lecture", "", "Lectures (*.md *.markdown);;All files (*)"
        )
        if path:
            self.open(Path(path))

    def open(self, path: Path) -> None:
        """Open a lecture and present it from its first step; say what is wrong with it."""
        try:
            lecture = read_lecture(path)
        except LectureError as error:
            self._window.message.say(str(error))
            return
        if not lecture.steps:
            self._window.message.say(
                f"{path.name} has no step of a lecture; a step begins with a line ---"
            )
            return
        self.lecture, self._step, self._measured = lecture, 0, {}
        if self.editor is not None:
            self.editor.close()
            self.editor.deleteLater()
            self.editor = None
        if path not in shipped().values():
            self._window.opening.remember(str(path))
        self._window.preparing.tell("This lecture", lecture.networks)
        said = lecture.sentences()
        if said:
            more = f" … and {len(said) - _SAID} more mistakes." if len(said) > _SAID else ""
            self._window.message.say(" ".join(said[:_SAID]) + more)
        self.present()

    def _questions(self) -> tuple[str, tuple[Question, ...]]:
        if self.lecture is None:
            return "", ()
        return self.lecture.title, questions_of(self.lecture, self._measured)

    def _note(self, value: float) -> None:
        """Keep what was measured for a question, for the hand-out."""
        if self.presenter is not None and not self.presenter.free and not math.isnan(value):
            self._measured[self.presenter.number] = value

    def record(self) -> None:
        """Open the panel that makes what is on screen a step of the open, or of a new lecture."""
        if self.editor is None:
            lecture = self.lecture or Lecture("My lecture")
            if lecture.path in shipped().values():
                # What comes with the program stays as it is.
                lecture = replace(lecture, path=None)
            self.editor = LectureEditor(lecture, self._recorded, self._window)
            self.editor.changed.connect(self._edited)
            self.editor.shown.connect(self._show_step)
        self.editor.show()
        self.editor.raise_()

    def _recorded(self, folder: Path | None) -> dict[str, Any]:
        result = self.engine.result
        labels = result.labels if result is not None else ()
        return recorded(self._window.sessions.now(), self.engine.structure, labels, folder)

    def _edited(self, lecture: Lecture) -> None:
        self.lecture = lecture if lecture.steps else None
        self._measured = {}  # its steps may be others by now
        if lecture.path is not None:
            self._window.opening.remember(str(lecture.path))

    def _show_step(self, number: int) -> None:
        self._step = number
        self.present()

    # ---- presenting

    def toggle(self) -> None:
        """Begin, or end."""
        if self.presenter is None:
            self.present()
        else:
            self.end()

    def present(self) -> None:
        """Present the open lecture from where it was left, or the present page."""
        self.end()
        window = self._window
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        look = theme.PROJECTOR
        size = max(1.0, LEAST_POINTS / look.point_size)
        theme.apply(application, look, size)
        window.retheme()
        page = window.pages.current
        presenter = Presenter(self, self.lecture, page)
        audience = Audience(presenter)
        self.presenter, self.audience = presenter, audience
        self._keys = PresenterKeys(presenter, audience, window)
        presenter.ended.connect(self.end)
        audience.closed.connect(self.end)
        presenter.moved.connect(self._moved)
        presenter.marked.connect(self._note)
        screen = self.screen()
        presenter.go(min(self._step, len(presenter.steps) - 1))
        audience.show_on(screen)
        if screen is not window.screen():
            minutes = None if self.lecture is None else self.lecture.minutes
            self.console = Console(presenter, minutes, window)
            self.console.show()

    def end(self) -> None:
        """Back to the window as it was, with what the last step has set."""
        presenter, audience = self.presenter, self.audience
        if presenter is None or audience is None:
            return
        self.presenter = self.audience = None
        if self._keys is not None:
            self._keys.let_go()
            self._keys = None
        if self.console is not None:
            self.console.close()
            self.console.deleteLater()
            self.console = None
        presenter.close()
        audience.hide()
        audience.deleteLater()
        presenter.deleteLater()
        self._window.choices.draw_as_set()
        self._window.activateWindow()

    def close_lecture(self) -> None:
        """Forget the lecture: what is presented next is the present page."""
        self.end()
        self.lecture = None

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        if self.presenter is not None:
            self.presenter.stage.retheme()
        if self.console is not None:
            self.console.retheme()
        if self.editor is not None:
            self.editor.retheme()

    # ---- screens

    def screen(self) -> QScreen:
        """The one to present on: the one that was chosen, else another than the window's."""
        screens = QGuiApplication.screens()
        chosen = str(self._window.settings.value(SCREEN, ""))
        for one in screens:
            if one.name() == chosen:
                return one
        own: QScreen = self._window.screen()
        return next((one for one in screens if one is not own), own)

    def fill_screens(self, menu: QMenu) -> None:
        """The screens to present on."""
        group = QActionGroup(menu)
        now = self.screen()
        for one in QGuiApplication.screens():
            size = one.size()
            here = ", this one" if one is self._window.screen() else ""
            action: QAction = menu.addAction(f"{one.name()} ({size.width()}×{size.height()}{here})")
            action.setCheckable(True)
            action.setChecked(one is now)
            action.triggered.connect(partial(self._choose_screen, one.name()))
            group.addAction(action)

    def _choose_screen(self, name: str) -> None:
        self._window.settings.setValue(SCREEN, name)
        if self.presenter is not None:
            self.present()

    def _screen_removed(self, screen: QScreen) -> None:
        """The projector is gone: go on with the window, at the same step."""
        if self.audience is not None and self.audience.screen() in (None, screen):
            self.end()
            self._window.message.say(
                "The screen of the presentation is gone; connect it again and press F5 to go on "
                "with the same step"
            )

    def _moved(self) -> None:
        if self.presenter is not None:
            self._step = self.presenter.number

    # ---- as a presenter's host

    def apply_session(self, session: Session) -> None:
        """Choose everything as a step says."""
        self._window.sessions.apply(session, "lecture's step")

    @property
    def settled(self) -> bool:
        """True if the page shows what is chosen there."""
        return bool(self._window.pages.shown.settled)

    def figures_on_screen(self) -> Sequence[Figure]:
        """Those of the page."""
        found: Sequence[Figure] = self._window.pages.shown.figures()
        return found

    def results_on_screen(self) -> Sequence[object]:
        """What the page, or the instrument that is chosen, has measured."""
        found: Sequence[object] = self._window.pages.shown.results
        return found

    def begin_measuring(self) -> None:
        """Let the chosen instrument measure on this photo."""
        self._window.pages.shown.begin()

    def make_part(self, name: str) -> QWidget:
        """The diagram, or a panel of the explorer, made anew for the stage."""
        made: QWidget = self._window.explorer.another(name)
        return made

    def say(self, sentence: str) -> None:
        """Into the window's message area."""
        self._window.message.say(sentence)
