"""Transfer: classes of the user's, told apart by probes on the frozen backbone's features."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.session import file_of, kept_file
from resnet_viz.figures import transfer
from resnet_viz.figures.figure import Chart, Figure
from resnet_viz.images.photo import (
    Crop,
    Photo,
    PhotoError,
    clamp_crop,
    decode_photo,
    find_photos,
    network_picture,
)
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.results.transfer import MOST, Group, LabelPhoto, TransferRequest, TransferResult
from resnet_viz.views.backbone.part import Part
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json
from resnet_viz.views.widgets.picture import Picture
from resnet_viz.views.widgets.plain_text import PlainLabel

_KEPT = 256  # pixels of a side of a crop, at most
STALE = "The explorer has another network now; train again."


class CropPicture(Picture):
    """The open photo; a drag draws a square. ``drawn`` carries it in shares of the width."""

    drawn = Signal(float, float, float)

    def __init__(self) -> None:
        super().__init__("Drag over the photo to give an example")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._from: QPointF | None = None
        self._square = QRectF()

    def paint_over(self, painter: QPainter, rect: QRect) -> None:
        if not self._square.isEmpty():
            look = theme.current()
            painter.setPen(QPen(QColor(look.accent), look.line_width))
            painter.drawRect(self._square)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        inside = self.image_rect().contains(event.position().toPoint())
        if inside and event.button() == Qt.MouseButton.LeftButton:
            self._from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is None:
            return
        by = event.position() - self._from
        side = max(abs(by.x()), abs(by.y()))
        left = self._from.x() - (side if by.x() < 0 else 0)
        top = self._from.y() - (side if by.y() < 0 else 0)
        self._square = QRectF(left, top, side, side)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        square, rect = self._square, self.image_rect()
        self._from, self._square = None, QRectF()
        self.update()
        if square.width() >= 4:
            width = rect.width()
            self.drawn.emit(
                (square.x() - rect.x()) / width, (square.y() - rect.y()) / width,
                square.width() / width,
            )  # fmt: skip


class TransferPart(Part):
    """Examples at the left, accuracy by stage at the right, and what the open photo is called."""

    NAME = "transfer"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: TransferResult | None = None
        self.examples: dict[str, list[str | Photo]] = {}
        self._encoded: dict[Photo, dict[str, Json]] = {}
        self.folder = QPushButton("Add a folder…")
        self.folder.setToolTip("The photos in a folder are examples of a class of its name")
        self.group = QComboBox()
        self.group.setEditable(True)
        self.group.addItems(["A", "B"])
        self.group.setAccessibleName("The class that drawn squares are examples of")
        self.group.setMinimumWidth(90)
        self.clear = QPushButton("Clear")
        self.train = QPushButton("Train")
        self.cifar10 = QPushButton("Train on CIFAR-10’s test images")
        self.photo = CropPicture()
        self.counts = PlainLabel()
        self.counts.setWordWrap(True)
        self.plot = Plot(transfer.TITLE, least=90)
        # Where the page is low the plot gives way before anything is cut off below.
        self.plot.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.sentence = LinkedLabel()
        self.caption = PlainLabel()
        self.label = PlainLabel()
        for words in (self.caption, self.label):
            words.setWordWrap(True)
        self._arrange()
        self.folder.clicked.connect(self._ask_for_folder)
        self.clear.clicked.connect(self._clear)
        self.train.clicked.connect(self._train)
        self.cifar10.clicked.connect(lambda: self._begin(()))
        self.photo.drawn.connect(self._drawn)
        self.channel.updated.connect(self._show)
        self.channel.failed.connect(self.say)
        state.photo_changed.connect(lambda _: self._show_photo())
        state.snapshot_changed.connect(lambda _: self._draw())
        self._show_photo()
        self._count()
        self.retheme()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        for widget in (self.cifar10, self.folder, PlainLabel("Squares are of"), self.group):
            top.addWidget(widget)
        for widget in (self.train, self.clear):
            top.addWidget(widget)
        top.addStretch(1)
        left, right, halves = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        left.addWidget(self.photo, 1)
        left.addWidget(self.counts)
        right.addWidget(self.plot, 1)
        halves.addLayout(left, 2)
        halves.addLayout(right, 3)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.sentence)
        rows.addLayout(top)
        rows.addWidget(self.progress)
        rows.addLayout(halves, 1)
        rows.addWidget(self.caption)
        rows.addWidget(self.label)

    # ---- examples

    def add_folder(self, folder: str) -> None:
        """Take the photos in and below a folder as examples of a class of its name."""
        try:
            paths = find_photos([folder])
        except PhotoError as error:
            self.say(str(error))
            return
        self.say("")
        self.examples.setdefault(Path(folder).name, []).extend(map(str, paths[:MOST]))
        self._count()

    def _ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "A folder of examples of one class")
        if folder:
            self.add_folder(folder)

    def _drawn(self, x: float, y: float, side: float) -> None:
        """A square over the open photo becomes an example of the class that is written above."""
        photo, name = self.state.snapshot.photo, self.group.currentText().strip()
        if not name:
            self.say("Write the name of a class beside the buttons first")
            return
        wide = photo.width
        crop = clamp_crop(Crop(x * wide, y * wide, side * wide), photo)
        pixels = network_picture(photo, crop, max(8, min(_KEPT, round(crop.size))))
        kept = self.examples.setdefault(name, [])
        if len(kept) >= MOST:
            self.say(f"“{name}” has {MOST} examples, which is the most; train now")
            return
        kept.append(Photo(f"{name} {len(kept) + 1} of {photo.name}", pixels))
        self._count()
        self.edited.emit("an example")

    def _clear(self) -> None:
        self.examples.clear()
        self._count()

    def _count(self) -> None:
        names = [f"{name}: {len(kept)}" for name, kept in self.examples.items()]
        self.counts.setText(
            f"Examples of {', '.join(names)}." if names else "There are no examples yet."
        )
        self.train.setEnabled(len(self.examples) > 1)
        self.clear.setEnabled(bool(names))

    def choices(self) -> dict[str, Json]:
        """The examples: files by their paths, squares as pictures."""
        return {
            "examples": {
                name: [kept_file(one) if isinstance(one, str) else self._png(one) for one in kept]
                for name, kept in self.examples.items()
            }
        }

    def restore(self, choices: Mapping[str, Json]) -> None:
        if not isinstance(groups := choices.get("examples"), Mapping):
            return
        self.examples = {}
        for name, kept in groups.items():
            some = [self._example(one) for one in (kept if isinstance(kept, list) else ())[:MOST]]
            if there := [one for one in some if one]:
                self.examples[str(name)] = there
        self._count()

    def _png(self, photo: Photo) -> dict[str, Json]:
        """A square as it stands in a session; each is encoded once."""
        if photo not in self._encoded:
            stream = io.BytesIO()
            Image.fromarray(photo.pixels).save(stream, "PNG")
            text = base64.b64encode(stream.getvalue()).decode("ascii")
            self._encoded[photo] = {"name": photo.name, "png": text}
        return self._encoded[photo]

    def _example(self, kept: Json) -> str | Photo | None:
        """What `choices` kept; None if that is no example."""
        if not isinstance(kept, Mapping):
            return None
        if file_of(kept):
            return file_of(kept)
        for photo, known in self._encoded.items():
            if known == kept:
                return photo
        try:
            data = base64.b64decode(kept["png"], validate=True)
            photo = decode_photo(data, str(kept["name"]))
        except (KeyError, TypeError, ValueError, PhotoError):
            return None
        self._encoded[photo] = dict(kept)
        return photo

    # ---- training

    def _train(self) -> None:
        self._begin(tuple(Group(name, tuple(kept)) for name, kept in self.examples.items()))

    def _begin(self, groups: tuple[Group, ...]) -> None:
        self.say("")
        self.channel.start(TransferRequest(self.state.snapshot, groups))

    @property
    def stale(self) -> bool:
        """True if what is on screen was measured on another network than the explorer shows."""
        if self.result is None:
            return False
        return _network(self.result.on.snapshot) != _network(self.state.snapshot)

    @property
    def settled(self) -> bool:
        return not self.progress.isVisible()

    def show_result(self, result: Result) -> None:
        """Let the probes name each photo that is opened."""
        if self.result is None or self.stale or not self.channel.running:
            return
        if result.snapshot.photo.stream is not None and not self.isVisible():
            return  # frames come too often
        self.channel.tell(LabelPhoto(replace(result.snapshot, gates=GateSettings())))

    def _show(self, update: object) -> None:
        assert isinstance(update, TransferResult)
        before, self.result = self.result, update
        if before is not None and before.complete and before.accuracies is update.accuracies:
            self._say_answer(update)
            return
        if update.complete:
            self.progress.hide()
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_photo()

    def _show_photo(self) -> None:
        if self.isVisible():
            self.photo.set_image(theme.to_qimage(self.state.snapshot.photo.pixels))

    def _draw(self) -> None:
        self.plot.setVisible(self.result is not None)
        if self.result is None:
            self.caption.setText("Accuracies appear once the probes are trained.")
            self.label.clear()
            return
        (chart,) = transfer.transfer(self.result).panels
        assert isinstance(chart, Chart)
        self.plot.show_chart(chart)
        self.caption.setText(transfer.caption(self.result))
        self._say_answer(self.result)

    def _say_answer(self, result: TransferResult) -> None:
        """What the probes say of the open photo."""
        look = theme.current()
        self.label.setText(STALE if self.stale else transfer.label(result))
        self.label.setStyleSheet(f"color: {look.warning if self.stale else look.text}")

    def retheme(self) -> None:
        look = theme.current()
        self.caption.setStyleSheet(f"color: {look.muted}")
        self.counts.setStyleSheet(f"color: {look.muted}")
        self.sentence.say(
            "Transfer: classes of your choice, told apart by a linear probe on what each stage "
            "hands on; the network stays as it is. "
            f'<span style="color: {look.muted}">Alain and Bengio 2016, '
            f'<a style="color: {look.accent}" href="https://arxiv.org/abs/1610.01644">'
            "arXiv:1610.01644</a>.</span>"
        )
        self.plot.retheme()
        self._draw()

    def figures(self) -> Sequence[Figure]:
        return () if self.result is None else (transfer.transfer(self.result),)


def _network(snapshot: Snapshot) -> tuple[object, ...]:
    return snapshot.network, snapshot.weights
