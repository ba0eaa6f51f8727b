"""Detection and segmentation: torchvision's models on a ResNet-50 backbone, on the whole photo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QColor, QIcon, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.session import file_of, kept_file
from resnet_viz.figures import downstream
from resnet_viz.figures.downstream import Look
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.numbers import per_cent
from resnet_viz.figures.table import Table
from resnet_viz.images import overlay
from resnet_viz.images.photo import Photo
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.downstream import DOWNSTREAM, Downstream
from resnet_viz.results.downstream import (
    NOWHERE,
    Aim,
    DownstreamRequest,
    DownstreamResult,
    ExplainRequest,
    Explanation,
    StageMap,
)
from resnet_viz.views.backbone.model_diagram import ModelDiagram
from resnet_viz.views.backbone.part import Part
from resnet_viz.views.backbone.point_picture import PointPicture
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.widgets import theme, zoom
from resnet_viz.views.widgets.feature import Json, choose
from resnet_viz.views.widgets.picture import Picture
from resnet_viz.views.widgets.plain_text import PlainLabel, plain
from resnet_viz.views.widgets.scale_bar import ScaleBar

WAITING = "Choose a model and press Run."
CHOOSE = (
    "Click a thing or a region, or choose it in the list, and see at each stage of the backbone "
    "where its logit comes from."
)
STALE = "Something else is chosen now; press Run."
OTHER_PHOTO = "This is of another photo than the explorer has now; press Run."
_UNTRAINED = "untrained"
_SENTENCES = {
    "segmentation": "Segmentation: with another head, the backbone gives each pixel a class.",
    "detection": "Detection: with other heads, the backbone says which things are where.",
}
_FIRST = {"segmentation": 0, "detection": 50}
"""The threshold of each task at the beginning, in per cent."""
_NUMBER = Qt.ItemDataRole.UserRole


class _StageCell(QWidget):
    """A stage's Grad-CAM over the photo, with its scale."""

    def __init__(self, stage: str) -> None:
        super().__init__()
        self.stage = stage
        self.heading = PlainLabel(stage)
        self.picture = Picture()
        self.picture.setMinimumSize(60, 40)
        # As low as it gets before the page scrolls.
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.table = theme.colour_map(downstream.COLOURS)
        self.bar = ScaleBar(self.table)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.heading)
        rows.addWidget(self.picture, 1)
        rows.addWidget(self.bar)
        zoom.offer(self, f"Grad-CAM at {stage}", self.heading)

    def show_map(self, one: StageMap, pixels: np.ndarray) -> None:
        """``pixels`` is the map over the photo."""
        self.heading.setText(downstream.cam_words(one))
        self.picture.setAccessibleName(f"Grad-CAM at {downstream.cam_words(one)}")
        self.picture.set_image(theme.to_qimage(pixels))
        self.bar.set_range(0.0, overlay.finite_range(one.values)[1], "logits")

    def retheme(self) -> None:
        colour = theme.current().colour(f"stage {int(self.stage[1:]) - 1}")
        self.heading.setStyleSheet(
            "QLabel { font-weight: 700; border: none; padding-left: 5px; "
            f"border-left: 6px solid {colour}; }}"
        )


class DownstreamPart(Part):
    """The model as a diagram; the answer over the photo, what is in it, and Grad-CAM beside it."""

    NAME = "downstream"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: DownstreamResult | None = None
        self.explanation: Explanation | None = None
        self.aim: Aim | None = None
        self._file = ""
        self._least = dict(_FIRST)
        self._photos: dict[tuple[int, int], np.ndarray] = {}
        self._of: Photo | None = None
        self._make()
        self._arrange()
        self._connect()
        self._fill_weights()
        self._show_photo()
        self.retheme()

    def _make(self) -> None:
        self.sentence = LinkedLabel()
        self.model = QComboBox()
        self.model.setAccessibleName("Model")
        for spec in DOWNSTREAM.values():
            self.model.addItem(spec.title, spec.name)
        self.weights = QComboBox()
        self.weights.setAccessibleName("Weights of the model")
        self.weights.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.open = QPushButton("Open a file…")
        self.open.setToolTip(
            "Your own weights of one of these models, as torchvision builds them, with any number "
            "of classes"
        )
        self.sides = QComboBox()
        self.sides.setAccessibleName("Size of the photo for the model")
        self.sides.setToolTip(
            "What the photo’s short side becomes in pixels; the first is the model’s own. Half of "
            "it takes a quarter of the time and memory, and small things are missed"
        )
        self.skips = QCheckBox("Backbone’s skips")
        self.skips.setChecked(True)
        self.skips.setToolTip(
            "Skips of the backbone; off, each of its blocks is its residual branch alone"
        )
        self.start = QPushButton("Run")
        self.diagram = ModelDiagram(self.spec)
        self.photo = PointPicture()
        self.photo.setMinimumSize(120, 80)
        zoom.offer(self.photo, "What the model sees", first=True)
        self.list = QListWidget()
        self.list.setAccessibleName("What the model sees")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self.threshold = self._slider(
            _FIRST[self.spec.task],
            "Threshold, in per cent",
            "What the model is less sure of is not shown; it is not run again for that",
        )
        self.opacity = self._slider(
            55, "Opacity of the colours, in per cent", "How strongly the colours cover the photo"
        )
        self.at = PlainLabel()
        self.cells = [_StageCell(title) for title in ("C2", "C3", "C4", "C5")]
        self.asked = PlainLabel(CHOOSE)
        self.asked.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.caption = PlainLabel()
        self.warning = PlainLabel()
        for words in (self.asked, self.caption, self.warning):
            words.setWordWrap(True)
        self._later = QTimer(self, singleShot=True, interval=60)
        self._fill_sizes()

    def _slider(self, value: int, name: str, tip: str) -> QSlider:
        made = QSlider(Qt.Orientation.Horizontal)
        made.setRange(0, 100)
        made.setValue(value)
        made.setAccessibleName(name)
        made.setToolTip(tip)
        made.setMinimumWidth(60)
        return made

    def _arrange(self) -> None:
        top = QHBoxLayout()
        for widget in (self.model, self.weights, self.open, self.sides, self.skips, self.start):
            top.addWidget(widget)
        top.addStretch(1)
        first = QHBoxLayout()
        first.addWidget(self.sentence, 2)
        first.addWidget(self.progress, 1)
        sliders = QHBoxLayout()
        sliders.addWidget(PlainLabel("Threshold"))
        sliders.addWidget(self.threshold, 1)
        sliders.addWidget(self.at)
        sliders.addWidget(PlainLabel("Opacity"))
        sliders.addWidget(self.opacity, 1)
        left = QVBoxLayout()
        left.addWidget(self.photo, 1)
        left.addLayout(sliders)
        self.grid = QGridLayout()
        self.grid.setHorizontalSpacing(8)
        for number, cell in enumerate(self.cells):
            self.grid.addWidget(cell, number // 2, number % 2)
        beside = QWidget()  # keeps its room while it has no maps
        beside.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        right = QVBoxLayout(beside)
        right.setContentsMargins(0, 0, 0, 0)
        right.addWidget(self.asked)
        right.addLayout(self.grid, 1)
        columns = QHBoxLayout()
        columns.addLayout(left, 5)
        columns.addWidget(self.list)
        columns.addWidget(beside, 5)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addLayout(first)
        rows.addLayout(top)
        rows.addWidget(self.diagram)
        rows.addLayout(columns, 1)
        rows.addWidget(self.caption)
        rows.addWidget(self.warning)

    def _connect(self) -> None:
        self.model.currentIndexChanged.connect(lambda _: self._model_changed())
        self.weights.currentIndexChanged.connect(lambda _: self._warn())
        self.sides.currentIndexChanged.connect(lambda _: self._size_changed())
        self.skips.toggled.connect(lambda _: self._warn())
        self.open.clicked.connect(self._ask_for_file)
        self.start.clicked.connect(self.run)
        self.diagram.chosen.connect(self._stage_chosen)
        self.threshold.valueChanged.connect(self._set_least)
        self.opacity.valueChanged.connect(lambda _: self._draw())
        self.photo.pointed.connect(self.point_to)
        self.list.itemClicked.connect(self._choose_item)
        self.list.itemActivated.connect(self._choose_item)
        self._later.timeout.connect(self._draw)
        for picture in (self.photo, *(cell.picture for cell in self.cells)):
            picture.resized.connect(self._later.start)
        self.channel.updated.connect(self._show)
        self.channel.failed.connect(self._failed)
        self.progress.cancel.clicked.connect(self._give_up)
        self.state.photo_changed.connect(lambda _: self._photo_changed())

    # ---- what is chosen

    @property
    def spec(self) -> Downstream:
        """The model that is chosen."""
        return DOWNSTREAM[self.model.currentData()]

    @property
    def shown(self) -> Downstream:
        """The model whose answer is on screen, else the one that is chosen."""
        return self.spec if self.result is None else self.result.spec

    @property
    def least(self) -> float:
        """The least probability or score that is shown."""
        return self._least[self.shown.task] / 100

    def request(self) -> DownstreamRequest:
        """What is chosen, on the explorer's photo and device."""
        snapshot = self.state.snapshot
        choice = WeightsChoice(self.weights.currentData())
        name = self.spec.name
        if choice.kind == "file":
            choice, name = WeightsChoice("file", self._file), ""
        side = self.sides.currentData()
        return DownstreamRequest(
            snapshot.photo, name, choice, self.skips.isChecked(), side, snapshot.device
        )

    def _fill_weights(self) -> None:
        kind = self.weights.currentData()
        with QSignalBlocker(self.weights):
            self.weights.clear()
            there = self.spec.availability
            size = "" if there.at_hand else f" {self.spec.published.megabytes:.0f} MB"
            self.weights.addItem(f"torchvision’s {there.sign}{size}", "default")
            self.weights.addItem(_UNTRAINED, _UNTRAINED)
            if self._file:
                self.weights.addItem(Path(self._file).name, "file")
            choose(self.weights, kind)
        title, measured = self.spec.title, self.spec.published.measured
        self.weights.setToolTip(
            f"torchvision’s weights of {title}, {self.spec.availability.text}, reach "
            + " and ".join(f"{value:.1f} % {what}" for what, value in measured)
            + " on COCO’s images of 2017"
        )

    def _fill_sizes(self) -> None:
        number = max(0, self.sides.currentIndex())
        with QSignalBlocker(self.sides):
            self.sides.clear()
            self.sides.addItem(f"{self.spec.side} px", 0)
            for part in (2, 4):
                self.sides.addItem(f"{self.spec.side // part} px", self.spec.side // part)
            self.sides.setCurrentIndex(number)

    def _model_changed(self) -> None:
        if self.weights.currentData() == "file":
            choose(self.weights, "default")
        self._fill_weights()
        self._fill_sizes()
        if self.result is None:
            self._show_least()
        self._size_changed()
        self.retheme()

    def _stage_chosen(self, stage: str) -> None:
        self._draw()
        self.edited.emit(stage or "all stages")

    def _size_changed(self) -> None:
        if self.result is None:
            self.diagram.set_model(self.spec, self.sides.currentData())
        self._warn()

    def _set_least(self, value: int) -> None:
        self._least[self.shown.task] = value
        self._show_least()
        self._list()
        self._draw()

    def _show_least(self) -> None:
        with QSignalBlocker(self.threshold):
            self.threshold.setValue(self._least[self.shown.task])
        self.at.setText(f"{self.threshold.value()} %")

    # ---- running

    @property
    def settled(self) -> bool:
        return (
            self.result is not None
            and not self.progress.isVisible()
            and self.result.request == self.request()
        )

    def begin(self) -> None:
        """Run it, unless its weights would have to be downloaded for that."""
        at_hand = self.weights.currentData() != "default" or self.spec.availability.at_hand
        if at_hand and not self.settled and not self.channel.running:
            self.run()

    def run(self) -> None:
        """Ask the chosen model about the explorer's photo."""
        self._send(self.request())

    def open_file(self, path: str) -> None:
        """Run the model whose weights are in the user's file, whichever of these it is."""
        snapshot = self.state.snapshot
        self._send(
            DownstreamRequest(
                snapshot.photo,
                "",
                WeightsChoice("file", path),
                self.skips.isChecked(),
                self.sides.currentData(),
                snapshot.device,
            )
        )

    def _ask_for_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self,
            "Weights of a model for detection or segmentation",
            "",
            "Weights (*.pth *.pt *.ckpt *.safetensors);;All files (*)",
        )
        if path:
            self.open_file(path)

    def _send(self, request: DownstreamRequest | ExplainRequest) -> None:
        self.say("")
        if self.channel.running:
            self.channel.tell(request)
        else:
            self.channel.start(request)

    def _failed(self, sentence: str) -> None:
        self.say(sentence)
        self._give_up()

    def _give_up(self) -> None:
        """What is on screen stays; what was asked for beside it does not come."""
        self.aim = None if self.explanation is None else self.explanation.request.aim
        self._draw()

    def _show(self, update: object) -> None:
        self.progress.hide()
        if isinstance(update, Explanation):
            if self.result is not None and update.request.of == self.result.request:
                self.explanation = update
                self._draw()
            return
        assert isinstance(update, DownstreamResult)
        self.result, self.explanation, self.aim = update, None, None
        if update.request.weights.kind == "file":
            self._take_file(update)
        self._fill_weights()  # what was to be downloaded is there now
        self.diagram.set_model(update.spec, update.request.side)
        self._show_least()
        self._list()
        self._draw()

    def _take_file(self, update: DownstreamResult) -> None:
        """A file that turned out to be of a model becomes a choice."""
        self._file = update.request.weights.path
        with QSignalBlocker(self.model):
            choose(self.model, update.model)
        self._fill_weights()
        with QSignalBlocker(self.weights):
            choose(self.weights, "file")
        with QSignalBlocker(self.sides):
            self._fill_sizes()

    def _photo_changed(self) -> None:
        if self.isVisible():
            self._warn()
            if self.result is None:
                self._show_photo()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fill_weights()  # which may have been fetched meanwhile
        self._draw()

    # ---- choosing what to explain

    def point_to(self, x: float, y: float) -> None:
        """Choose what is at a point, in shares of the photo's sides."""
        result = self.result
        if result is None:
            return
        self.photo.point = (x, y)
        if result.segmentation is not None:
            row, column = result.cell(x, y)
            label = int(result.segmentation.classes[row, column])
            if label == NOWHERE:
                self.say("The logits are not finite there, so that nothing can be explained")
                return
            if not result.segmentation.sure(self.least)[row, column]:
                self.say("The model is less sure there than the threshold; lower it first")
                return
            name = result.name(label)
            patch = result.segmentation.patch(row, column, self.least)
            self._explain(Aim(f"the patch of “{name}” at the click", label, region=patch))
            return
        photo = result.request.photo
        across, down = x * photo.width, y * photo.height
        there = [
            one
            for one in result.sure(self.least)
            if one.box[0] <= across <= one.box[2] and one.box[1] <= down <= one.box[3]
        ]
        if not there:
            self.say("There is no box there; click inside one, or lower the threshold")
            return
        # The smallest, which may lie inside others.
        sizes = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one.box for one in there)]
        self._explain_detection(result.detections.index(there[int(np.argmin(sizes))]))

    def _choose_item(self, item: QListWidgetItem) -> None:
        result, number = self.result, item.data(_NUMBER)
        if result is None:
            return
        if result.segmentation is None:
            self._explain_detection(number)
        elif number != NOWHERE:
            region = result.segmentation.all_of(number, self.least)
            name = result.name(number)
            self._explain(Aim(f"all that is “{name}”", number, region=region))

    def _explain_detection(self, number: int) -> None:
        assert self.result is not None
        one = self.result.detections[number]
        words = f"“{self.result.name(one.label)}”, {per_cent(one.score)}, read from {one.level}"
        self._explain(Aim(words, one.label, proposal=one.proposal))

    def _explain(self, aim: Aim) -> None:
        """Ask for the Grad-CAM of ``aim``, unless it is asked for already."""
        assert self.result is not None
        if self.aim is not None and _same(self.aim, aim):
            return
        self.aim = aim
        self._send(ExplainRequest(self.result.request, aim))
        self._draw()

    # ---- showing

    def _look(self) -> Look:
        look, ratio = theme.current(), self.devicePixelRatioF()
        return Look(
            self.least,
            self.opacity.value() / 100,
            1.4 * look.point_size * ratio,
            max(1, round(look.line_width * ratio)),
        )

    def _fitted(self, picture: Picture, photo: Photo) -> np.ndarray:
        """The photo at the size at which ``picture`` shows it, kept for the next time."""
        if self._of is not photo:
            self._of, self._photos = photo, {}
        area, ratio = picture.area(), self.devicePixelRatioF()
        size = (max(1, int(area.width() * ratio)), max(1, int(area.height() * ratio)))
        if size not in self._photos:
            if len(self._photos) > 8:
                self._photos.clear()
            self._photos[size] = downstream.fitted(photo, *size)
        return self._photos[size]

    def _show_photo(self) -> None:
        self.photo.set_image(theme.to_qimage(self._fitted(self.photo, self.state.snapshot.photo)))

    def _list(self) -> None:
        """What is seen, with its colours: the legend."""
        self.list.clear()
        result = self.result
        if result is None:
            return
        colours = downstream.colours(result)
        if result.segmentation is not None:
            rows = [
                (label, f"{result.name(label)} {per_cent(share)}", label)
                for label, share in result.segmentation.shares(self.least).items()
            ]
        else:
            rows = [
                (number, f"{result.name(one.label)} {per_cent(one.score)}", one.label)
                for number, one in enumerate(result.sure(self.least))
            ]
        for number, words, label in rows:
            item = QListWidgetItem(words, self.list)
            item.setData(_NUMBER, number)
            item.setIcon(_swatch(colours.get(label), self.fontMetrics().height()))
            item.setToolTip(plain(f"{words}. Click to see where it comes from"))

    def _draw(self) -> None:
        result, given = self.result, self.explanation
        stage = self.diagram.stage
        for cell in self.cells:
            cell.setVisible(given is not None and stage in ("", cell.stage))
        self.asked.setText(CHOOSE if given is None else f"{downstream.explained(given)}.")
        if self.aim is not None and (given is None or given.request.aim is not self.aim):
            self.asked.setText(f"Grad-CAM of {self.aim.words} is to come.")
        self._warn()
        if result is None:
            self.caption.setText(WAITING)
            self._show_photo()
            return
        look, photo = self._look(), result.request.photo
        fitted = self._fitted(self.photo, photo)
        pixels = downstream.answer(result, fitted, look, self.aim)
        self.photo.set_image(theme.to_qimage(pixels))
        said = downstream.summary(result, self.least)
        self.photo.setAccessibleName(f"{result.spec.title} on “{photo.name}”. {said}")
        self.caption.setText(f"{downstream.measured(result)}, {result.seconds:.1f} s. {said}")
        if given is None:
            return
        for cell, one in zip(self.cells, given.maps, strict=True):
            if cell.isVisibleTo(self):
                below = self._fitted(cell.picture, photo)
                drawn = downstream.cam(one, below, cell.table, 0.8)
                drawn = downstream.outlined(
                    drawn, given.request.aim, result, max(1, look.line // 2)
                )
                cell.show_map(one, drawn)

    def _warn(self) -> None:
        """What must be known of the answer on screen."""
        said = []
        result = self.result
        if result is not None and not result.weights.trained:
            said.append(downstream.UNTRAINED)
        if result is not None and result.request.photo is not self.state.snapshot.photo:
            said.append(OTHER_PHOTO)
        elif result is not None and result.request != self.request():
            said.append(STALE)
        self.warning.setText(" ".join(said))
        self.warning.setVisible(bool(said))

    def retheme(self) -> None:
        look, paper = theme.current(), self.spec.paper
        self.caption.setStyleSheet(f"color: {look.muted}")
        self.warning.setStyleSheet(f"color: {look.warning}")
        self.sentence.say(
            f"{_SENTENCES[self.spec.task]} "
            f'<span style="color: {look.muted}">{paper[0]}, '
            f'<a style="color: {look.accent}" href="https://arxiv.org/abs/{paper[1]}">'
            f"arXiv:{paper[1]}</a>.</span>"
        )
        self.at.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %"))
        self.list.setFixedWidth(27 * self.fontMetrics().averageCharWidth())
        for cell in self.cells:
            cell.retheme()
        self.diagram.updateGeometry()
        self._show_least()
        self._list()
        self._draw()

    # ---- keeping

    def figures(self) -> Sequence[Figure]:
        if self.result is None:
            return ()
        look = Look(self.least, self.opacity.value() / 100)
        stage = self.diagram.stage or None
        return (downstream.figure(self.result, look, self.explanation, stage),)

    def table(self) -> Table | None:
        return None if self.result is None else downstream.table(self.result, self.least)

    def choices(self) -> dict[str, Json]:
        """A model is named as `resnet-viz fetch` has it where its weights are torchvision's, and
        only there."""
        kind = self.weights.currentData()
        return {
            "model": self.spec.name if kind == "default" else f"{self.spec.name}, {kind}",
            "file": kept_file(self._file),
            "size": self.sides.currentIndex(),
            "skips": self.skips.isChecked(),
            "threshold": dict(self._least),
            "opacity": self.opacity.value(),
            "stage": self.diagram.stage,
        }

    def restore(self, choices: Mapping[str, Json]) -> None:
        if "file" in choices:
            self._file = file_of(choices["file"])
            self._fill_weights()
        model = choices.get("model")
        if isinstance(model, str):
            name, _, kind = model.partition(", ")
            if name in DOWNSTREAM:
                choose(self.model, name)
                choose(self.weights, kind or "default")
        number = choices.get("size")
        if type(number) is int and 0 <= number < self.sides.count():
            self.sides.setCurrentIndex(number)
        if isinstance(choices.get("skips"), bool):
            self.skips.setChecked(choices["skips"])
        kept = choices.get("threshold")
        for task in _FIRST:
            value = kept.get(task) if isinstance(kept, dict) else None
            if type(value) is int and 0 <= value <= 100:
                self._least[task] = value
        opacity = choices.get("opacity")
        if type(opacity) is int:
            self.opacity.setValue(opacity)
        if isinstance(choices.get("stage"), str):
            self.diagram.choose(choices["stage"])
        self._show_least()
        self._list()
        self._draw()


def _same(one: Aim, other: Aim) -> bool:
    if one.label != other.label or one.proposal != other.proposal:
        return False
    if one.region is None or other.region is None:
        return one.region is other.region
    return np.array_equal(one.region, other.region)


def _swatch(colour: str | None, side: int) -> QIcon:
    """A square of a colour; an empty one for what is not coloured."""
    pixmap = QPixmap(side, side)
    pixmap.fill(QColor(colour) if colour else Qt.GlobalColor.transparent)
    return QIcon(pixmap)
