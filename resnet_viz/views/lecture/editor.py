"""Recording a lecture: what is on screen as a step, with its title, text, notes and question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.export.lecture import (
    Lecture,
    LectureError,
    Step,
    front_text,
    read_front,
    save_lecture,
)
from resnet_viz.export.session import Json
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel

QUESTION: dict[str, Json] = {
    "question": "What happens to the gradient at the stem?",
    "measure": "stem_gradient_ratio",
    "answers": [
        {"text": "It stays", "from": 0.1, "to": 10.0},
        {"text": "It falls", "to": 0.1},
    ],
}
"""What a new question begins with, to be changed."""


class LectureEditor(QWidget):
    """``recorded`` gives the front matter of a step that sets what is on screen, for files in a
    folder. ``changed`` carries the lecture each time that it is another one, ``shown`` the place of
    a step that is to be presented.
    """

    changed = Signal(object)
    shown = Signal(int)

    def __init__(
        self,
        lecture: Lecture,
        recorded: Callable[[Path | None], Mapping[str, Json]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setWindowTitle("Record a lecture")
        self.lecture = lecture
        self._recorded = recorded
        self._filling = False
        self.name = QLineEdit(lecture.title)
        self.name.setAccessibleName("The lecture's title")
        self.steps = QListWidget()
        self.steps.setAccessibleName("Steps")
        self.title = QLineEdit()
        self.text, self.notes, self.front = QPlainTextEdit(), QPlainTextEdit(), QPlainTextEdit()
        for field, words in (
            (self.title, "The step's title"),
            (self.text, "Text for the audience, Markdown"),
            (self.notes, "Notes for the speaker"),
            (self.front, "What the step sets and asks, YAML"),
        ):
            field.setAccessibleName(words)
            field.setPlaceholderText(words)
        for box in (self.text, self.notes, self.front):
            box.setTabChangesFocus(True)
        self.sentence = PlainLabel(wordWrap=True)
        self.buttons: dict[str, QPushButton] = {}
        rows = QVBoxLayout(self)
        rows.addWidget(self.name)
        rows.addLayout(
            self._row((("Add what is on screen", self.add), ("Set to it", self.update_state)))
        )
        rows.addWidget(self.steps, 2)
        rows.addLayout(
            self._row(
                (
                    ("Up", lambda: self.move_step(-1)),
                    ("Down", lambda: self.move_step(1)),
                    ("Delete", self.delete),
                    ("Show", lambda: self.shown.emit(self.steps.currentRow())),
                )
            )
        )
        form = QFormLayout()
        form.addRow("Title", self.title)
        form.addRow("Text", self.text)
        form.addRow("Notes", self.notes)
        form.addRow("Sets", self.front)
        rows.addLayout(form, 4)
        rows.addWidget(self.sentence)
        rows.addLayout(self._row((("Add a question", self.ask), ("Save…", self.save))))
        self.name.textEdited.connect(lambda _: self._rename())
        self.steps.currentRowChanged.connect(lambda _: self._show())
        self.title.textEdited.connect(lambda _: self._edit())
        for box in (self.text, self.notes, self.front):
            box.textChanged.connect(self._edit)
        self._list(0)
        metrics = self.fontMetrics()
        self.resize(54 * metrics.averageCharWidth(), 40 * metrics.height())
        self.retheme()

    @property
    def folder(self) -> Path | None:
        """Where the lecture's file is, None for one that was never saved."""
        return self.lecture.path.parent if self.lecture.path is not None else None

    # ---- steps

    def add(self) -> None:
        """Add a step that sets what is on screen, after the one that is chosen."""
        front = dict(self._recorded(self.folder))
        step = Step("New step").edited(self.folder, front=front)
        place = self.steps.currentRow() + 1
        steps = list(self.lecture.steps)
        self._take([*steps[:place], step, *steps[place:]], place)
        self.title.setFocus()
        self.title.selectAll()

    def update_state(self) -> None:
        """Let the chosen step set what is on screen; its question and what it shows stay."""
        step = self._chosen()
        if step is not None:
            kept = {key: step.front[key] for key in _KEPT if key in step.front}
            self._replace(step.edited(self.folder, front={**self._recorded(self.folder), **kept}))
            self._show()

    def move_step(self, by: int) -> None:
        """Move the chosen step up (−1) or down (1)."""
        place = self.steps.currentRow()
        steps = list(self.lecture.steps)
        if 0 <= place < len(steps) and 0 <= place + by < len(steps):
            steps.insert(place + by, steps.pop(place))
            self._take(steps, place + by)

    def delete(self) -> None:
        """Delete the chosen step."""
        place = self.steps.currentRow()
        steps = list(self.lecture.steps)
        if 0 <= place < len(steps):
            del steps[place]
            self._take(steps, min(place, len(steps) - 1))

    def ask(self) -> None:
        """Give the chosen step a question to begin with."""
        step = self._chosen()
        if step is not None and "predict" not in step.front:
            self._replace(step.edited(self.folder, front={**step.front, "predict": QUESTION}))
            self._show()

    def save(self) -> None:
        """Write the lecture to its file, or ask for one."""
        path = self.lecture.path
        if path is None:
            text, _ = QFileDialog.getSaveFileName(
                self, "Save the lecture", "lecture.md", "Lectures (*.md)"
            )
            if not text:
                return
            path = Path(text if text.endswith(".md") else f"{text}.md")
        try:
            self.lecture = save_lecture(self.lecture, path)
        except LectureError as error:
            self.sentence.setText(str(error))
            return
        self.sentence.setText(f"Saved as {path.name}")
        self.changed.emit(self.lecture)

    # ---- inside

    def _row(self, buttons: tuple[tuple[str, Callable[[], None]], ...]) -> QHBoxLayout:
        row = QHBoxLayout()
        for text, deed in buttons:
            button = QPushButton(text)
            button.clicked.connect(lambda _=False, deed=deed: deed())
            self.buttons[text] = button
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _chosen(self) -> Step | None:
        place = self.steps.currentRow()
        return self.lecture.steps[place] if 0 <= place < len(self.lecture.steps) else None

    def _rename(self) -> None:
        self.lecture = self.lecture.retitled(self.name.text())
        self.changed.emit(self.lecture)

    def _take(self, steps: list[Step], place: int) -> None:
        self.lecture = self.lecture.with_steps(steps)
        self._list(place)
        self.changed.emit(self.lecture)

    def _replace(self, step: Step) -> None:
        steps = list(self.lecture.steps)
        place = self.steps.currentRow()
        steps[place] = step
        self.lecture = self.lecture.with_steps(steps)
        self.steps.item(place).setText(f"{place + 1}  {step.title}")
        self.changed.emit(self.lecture)

    def _list(self, place: int) -> None:
        self.steps.blockSignals(True)
        self.steps.clear()
        self.steps.addItems([f"{n}  {one.title}" for n, one in enumerate(self.lecture.steps, 1)])
        self.steps.setCurrentRow(place)
        self.steps.blockSignals(False)
        self._show()

    def _show(self) -> None:
        step = self._chosen()
        self._filling = True
        self.title.setText(step.title if step else "")
        self.text.setPlainText(step.text if step else "")
        self.notes.setPlainText(step.notes if step else "")
        self.front.setPlainText(front_text(step.front) if step else "")
        self._filling = False
        self.sentence.setText("")
        for field in (self.title, self.text, self.notes, self.front):
            field.setEnabled(step is not None)
        for text in ("Set to it", "Up", "Down", "Delete", "Show", "Add a question"):
            self.buttons[text].setEnabled(step is not None)

    def _edit(self) -> None:
        step = self._chosen()
        if self._filling or step is None:
            return
        front, problems = read_front(self.front.toPlainText(), self.folder)
        said = [f"Line {one.line}: {one.text}" for one in problems]
        self.sentence.setText(" ".join(said[:2]))
        self._replace(
            step.edited(
                self.folder,
                title=self.title.text(),
                text=self.text.toPlainText(),
                notes=self.notes.toPlainText(),
                front=front,
            )
        )

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        self.sentence.setStyleSheet(f"color: {theme.current().warning}")


_KEPT = ("show", "layout", "level", "do", "measured", "predict", "minutes")
"""What of a step's front matter is not the program's state."""
