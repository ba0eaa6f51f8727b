"""The dialogue that fetches what a lecture will need, while there still is a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.channel import Channel
from resnet_viz.engine.explorer import Explorer
from resnet_viz.engine.worker import Worker
from resnet_viz.results.offline import (
    Need,
    Prepared,
    PrepareRequest,
    in_words,
    lacking,
    need,
    needs_of,
    offered,
)
from resnet_viz.views.widgets.plain_text import PlainLabel, plain
from resnet_viz.views.widgets.progress_row import ProgressRow

Say = Callable[[str, Sequence[tuple[str, Callable[[], None]]]], None]

_NAME = Qt.ItemDataRole.UserRole
MB = 2**20


class Preparing(QObject):
    """Opens the dialogue, and tells of what a lecture or a session still lacks."""

    def __init__(self, engine: Explorer, say: Say, window: QWidget) -> None:
        super().__init__(window)
        self._engine, self._say, self._window = engine, say, window

    def ask(self, names: Sequence[str] = ()) -> PrepareDialog:
        """Let the user choose what to fetch; ``names`` and the network on screen are ticked where
        they lack."""
        wanted = (*names, self._engine.state.snapshot.network)
        dialog = PrepareDialog(self._engine.worker, wanted, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    def tell(self, what: str, names: Sequence[str]) -> bool:
        """Say in the message area what ``what`` ("This lecture") lacks of ``names`` and offer to
        fetch it; False where nothing lacks."""
        sentence = in_words(what, lacking(names))

        def ask() -> None:
            self.ask(names)

        if sentence:
            self._say(sentence, [("Prepare…", ask)])
        return bool(sentence)


class PrepareDialog(QDialog):
    """A list of all that can be fetched, with ticks and sizes, and one progress bar for it.

    ``names`` are ticked at the beginning where they lack.
    """

    def __init__(
        self, worker: Worker, names: Sequence[str] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Prepare for a lecture")
        words = PlainLabel(
            "These are downloaded when they are first used. Fetch what the lecture will need while "
            "there is a network; everything else comes with the program."
        )
        words.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName("What can be fetched")
        self.list.itemChanged.connect(self._count)
        self.said = PlainLabel()
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.read = QPushButton("What does a file need?…")
        self.read.setToolTip("Tick what a session or a lecture needs")
        self.read.clicked.connect(self._ask_for_file)
        self._channel = Channel(worker, "prepare", self)
        self._channel.updated.connect(self._show)
        self._channel.ended.connect(self._end)
        self._channel.failed.connect(self._fail)
        self.progress = ProgressRow(self._channel)
        self.progress.cancel.clicked.connect(self._cancelled)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        self.fetch = buttons.addButton("Fetch", QDialogButtonBox.ButtonRole.ActionRole)
        self.fetch.clicked.connect(self._fetch)
        self.fetch.setDefault(True)
        last = QHBoxLayout()
        last.addWidget(self.read)
        last.addWidget(buttons, 1)
        column = QVBoxLayout(self)
        column.addWidget(words)
        column.addWidget(self.list, 1)
        column.addWidget(self.said)
        column.addWidget(self.progress)
        column.addLayout(last)
        self._sentences: list[str] = []
        self._fill(set(names))
        self.resize(
            62 * self.fontMetrics().averageCharWidth(), 30 * self.fontMetrics().lineSpacing()
        )

    def need_file(self, path: str) -> None:
        """Tick what the session or the lecture at ``path`` lacks, and say it in a sentence."""
        try:
            needs = needs_of(Path(path))
        except ValueError as error:
            self.said.setText(str(error))
            return
        name = Path(path).name
        self._fill(set(needs.names))
        lacks = in_words(name, lacking(needs.names))
        sentences = [lacks or f"{name} needs nothing that is to be fetched"]
        sentences += [f"{name} needs {file}, which is not there" for file in needs.files]
        self.said.setText("\n".join(sentences))

    def ticked(self) -> tuple[str, ...]:
        """The names of what is to be fetched."""
        return tuple(one.name for one in self._ticked())

    def _ticked(self) -> list[Need]:
        items = [self.list.item(row) for row in range(self.list.count())]
        names = [item.data(_NAME) for item in items if item.checkState() == Qt.CheckState.Checked]
        found = [need(name) for name in names]
        return [one for one in found if one is not None]

    def _fill(self, names: set[str]) -> None:
        """List all, with ticks for those of ``names`` that lack."""
        self.list.blockSignals(True)
        self.list.clear()
        for one in offered():
            state = "already here" if one.at_hand else one.megabytes
            item = QListWidgetItem(f"{one.title}: {state}", self.list)
            item.setData(_NAME, one.name)
            item.setToolTip(plain(f"Kept in {one.folder}"))
            wanted = one.name in names and not one.at_hand
            item.setCheckState(Qt.CheckState.Checked if wanted else Qt.CheckState.Unchecked)
        self.list.blockSignals(False)
        self._count()

    def _count(self) -> None:
        chosen = self._ticked()
        size = sum(one.size for one in chosen if not one.at_hand) / MB
        self.fetch.setText(f"Fetch {size:.0f} MB" if size else "Fetch")
        if chosen and not size:
            self.fetch.setText("Check")
        self.fetch.setEnabled(bool(chosen) and not self._channel.running)
        self.list.setEnabled(not self._channel.running)
        self.read.setEnabled(not self._channel.running)

    def _fetch(self) -> None:
        self._sentences = []
        self.said.clear()
        self._channel.start(PrepareRequest(self.ticked()))
        self._count()

    def _show(self, update: object) -> None:
        if isinstance(update, Prepared):
            self._sentences.append(update.sentence)
            self.said.setText("\n".join(self._sentences))

    def _end(self) -> None:
        self._fill(set(self.ticked()))

    def _fail(self, sentence: str) -> None:
        self._sentences.append(sentence)
        self.said.setText("\n".join(self._sentences))
        self._end()

    def _cancelled(self) -> None:
        self._sentences.append("Cancelled; what was fetched before is kept")
        self.said.setText("\n".join(self._sentences))
        self._end()

    def _ask_for_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "A session or a lecture", "", "Sessions and lectures (*.json *.md);;All files (*)"
        )
        if path:
            self.need_file(path)

    def done(self, code: int) -> None:
        """Closing ends the download."""
        self._channel.stop()
        super().done(code)
