"""The rows of controls above live training."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.networks.family import Initialisation
from resnet_viz.results.live_training import DataChoice, TrainingRequest
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import choose
from resnet_viz.views.widgets.plain_text import PlainLabel, plain
from resnet_viz.views.widgets.progress_row import ProgressRow

DEPTHS = (8, 14, 20, 32, 44, 56, 110)
BATCH_SIZES = (16, 32, 64, 128)
SUBSET = 5000
SKIP_INIT = "skip init"


@dataclass(frozen=True)
class Preset:
    """Settings that show something within a minute; ``title`` says what."""

    title: str
    request: TrainingRequest


def request_for(
    data: DataChoice, depth: int, norm: bool | str, batch_size: int, rate: float
) -> TrainingRequest:
    """With batch norm drawn as He 2015b says, without it as torch does by default.

    ``norm`` is `SKIP_INIT` for no batch norm, and a scalar at the end of each residual branch.
    """
    # Without batch norm, each block adds its branch at full strength to the skip: with He's
    # variance the residual twin's signal doubles at every block.
    normed = norm is True
    initialisation: Initialisation = "he" if normed else "default"
    return TrainingRequest(
        data=data,
        depth=depth,
        norm=normed,
        skip_init=norm == SKIP_INIT,
        initialisation=initialisation,
        rate=rate,
        batch_size=batch_size,
    )


PRESETS = (
    Preset(
        "Batch norm, depth 32: plain lags behind",
        request_for(DataChoice(), 32, True, 32, 0.03),
    ),
    Preset(
        "No norm, depth 20: only SkipInit learns",
        request_for(DataChoice(), 20, SKIP_INIT, 32, 0.07),
    ),
)


_SKIP_INIT_TIP = (
    "No batch norm, but a learnable scalar at the end of each residual branch, which starts at 0 "
    "(De & Smith 2020, arXiv:2002.10444): what lets the residual twin learn without a norm"
)


def norm_of(request: TrainingRequest) -> bool | str:
    """What the box of batch norm holds for ``request``."""
    return SKIP_INIT if request.skip_init else request.norm


class TrainingControls(QWidget):
    """``changed`` follows every setting but the learning rate, which has a signal of its own."""

    started = Signal()
    stepped = Signal()
    was_reset = Signal()
    changed = Signal()
    rate_changed = Signal(float)
    preset_chosen = Signal()
    view_changed = Signal()

    def __init__(self, progress: ProgressRow) -> None:
        super().__init__()
        self._path = ""
        self._shown_data = 0
        self.start = self._button("Start", "Start or pause (Space)")
        self.step = self._button("Step", "Train for one step, then pause (N)")
        self.reset = self._button("Reset", "Forget this run and begin again from step 0 (R)")
        self.start.clicked.connect(self.started)
        self.step.clicked.connect(self.stepped)
        self.reset.clicked.connect(self.was_reset)
        self.preset = _box("Example", "Settings that show something within a minute")
        for preset in PRESETS:
            self.preset.addItem(preset.title)
        self.preset.addItem("Own settings")
        self.view = _box("Picture", "Which steps the moving pictures show")
        self.view.addItem("Last 300 steps", False)
        self.view.addItem("Whole run", True)

        self.data = _box("Data", "What both twins are trained on")
        for text, tip in (
            ("Digits", "1,797 handwritten digits that come with scikit-learn; needs no network"),
            ("CIFAR-10", "Downloaded once (170 MB) from torchvision's address"),
            ("CIFAR-10 folder…", "A folder of class/name.jpg, or the unpacked archive"),
            ("CIFAR-10 zip…", "A zip file of class/name.jpg"),
        ):
            self.data.addItem(text)
            self.data.setItemData(self.data.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.images = _box("Images", "How many, as many of each class; fewer start sooner")
        self.images.addItem(f"{SUBSET:,}", SUBSET)
        self.images.addItem("All", 0)
        self.layers = _box("Depth", "Layers of each twin: 6n + 2 (He 2015 §4.2)")
        for depth in DEPTHS:
            self.layers.addItem(str(depth), depth)
        self.norm = _box(
            "Batch norm",
            "With it the weights are drawn as in He 2015b; without it as torch does by default, "
            "because He's variance makes the residual twin explode then",
        )
        self.norm.addItem("on", True)
        self.norm.addItem("off", False)
        self.norm.addItem("off, SkipInit", SKIP_INIT)
        self.norm.setItemData(2, _SKIP_INIT_TIP, Qt.ItemDataRole.ToolTipRole)
        self.batch = _box("Batch", "Images in a step")
        for size in BATCH_SIZES:
            self.batch.addItem(str(size), size)
        self.rate = QDoubleSpinBox()
        self.rate.setAccessibleName("Learning rate")
        self.rate.setToolTip("Learning rate of both twins; it can be changed while they train")
        self.rate.setDecimals(4)
        self.rate.setRange(0.0001, 10.0)
        self.rate.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self.rate.setKeyboardTracking(False)
        self._arrange(progress)
        self.show_request(PRESETS[0].request)
        self._connect()

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _arrange(self, progress: ProgressRow) -> None:
        top, low = QHBoxLayout(), QHBoxLayout()
        for button in (self.start, self.step, self.reset):
            top.addWidget(button)
        self.preset.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.preset.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.preset.setMinimumContentsLength(20)
        top.addWidget(self.preset, 5)
        top.addWidget(progress, 3)
        top.addWidget(self.view)
        for name, box in (
            ("Data", self.data),
            ("Images", self.images),
            ("Depth", self.layers),
            ("Batch norm", self.norm),
            ("Batch", self.batch),
            ("Learning rate", self.rate),
        ):
            label = PlainLabel(name)
            label.setBuddy(box)
            low.addWidget(label)
            low.addWidget(box)
            low.addSpacing(4)
        low.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addLayout(top)
        rows.addLayout(low)

    def _connect(self) -> None:
        self.preset.activated.connect(self._choose_preset)
        self.view.activated.connect(lambda _: self.view_changed.emit())
        self.data.activated.connect(self._choose_data)
        for box in (self.images, self.layers, self.norm, self.batch):
            box.activated.connect(lambda _: self._own())
        self.rate.valueChanged.connect(self.rate_changed)
        self.rate.valueChanged.connect(lambda _: self.name_preset())

    def request(self) -> TrainingRequest:
        """What is chosen now."""
        kinds = ("digits", "cifar10", "path", "path")
        kind = kinds[self.data.currentIndex()]
        limit = self.images.currentData() if kind != "digits" else 0
        data = DataChoice(kind, self._path if kind == "path" else "", limit)  # type: ignore[arg-type]
        return request_for(
            data,
            self.layers.currentData(),
            self.norm.currentData(),
            self.batch.currentData(),
            round(self.rate.value(), 4),
        )

    def show_request(self, request: TrainingRequest) -> None:
        """Put the settings of ``request`` into the boxes; its data have to be the digits."""
        self.data.setCurrentIndex(0)
        self._shown_data = 0
        for box, value in (
            (self.layers, request.depth),
            (self.norm, norm_of(request)),
            (self.batch, request.batch_size),
        ):
            box.setCurrentIndex(box.findData(value))
        self.images.setEnabled(False)
        self.show_rate(request.rate)

    def show_data(self, kind: object, path: str, limit: object) -> None:
        """Put what the twins are trained on into its boxes; what is unknown is passed over.

        They are the fields of a `DataChoice`. A file is not looked at before training begins.
        """
        if kind == "path" and path:
            self._path = path
            number = 3 if path.lower().endswith(".zip") else 2
            self.data.setItemData(number, path, Qt.ItemDataRole.ToolTipRole)
        elif kind in ("digits", "cifar10"):
            number = ("digits", "cifar10").index(str(kind))
        else:
            return
        self.data.setCurrentIndex(number)
        self._shown_data = number
        self.images.setEnabled(number > 0)
        if number:
            choose(self.images, limit)

    def show_rate(self, rate: float) -> None:
        """Put a learning rate into its box without telling anybody."""
        self.rate.blockSignals(True)
        self.rate.setValue(rate)
        self.rate.blockSignals(False)
        self.name_preset()

    def show_running(self, running: bool, pausing: bool = False) -> None:
        """The first button does what the training does not do now; ``pausing`` is neither yet."""
        self.start.setText("Pause" if running else "Pausing…" if pausing else "Start")

    def retheme(self) -> None:
        """Buttons keep their width while their text changes."""
        size = theme.current().point_size
        self.start.setMinimumWidth(round(8 * size))

    def _choose_preset(self, number: int) -> None:
        if number < len(PRESETS):
            self.show_request(PRESETS[number].request)
            self.preset_chosen.emit()
        else:
            self.name_preset()

    def _choose_data(self, number: int) -> None:
        if number >= 2:
            if number == 2:
                path = QFileDialog.getExistingDirectory(self, "CIFAR-10 in a folder", self._path)
            else:
                path, _ = QFileDialog.getOpenFileName(
                    self, "CIFAR-10 in a zip file", self._path, "Zip files (*.zip)"
                )
            if not path:
                self.data.setCurrentIndex(self._shown_data)
                return
            self._path = path
            self.data.setItemData(number, plain(path), Qt.ItemDataRole.ToolTipRole)
        self._shown_data = number
        self.images.setEnabled(number > 0)
        self._own()

    def name_preset(self) -> None:
        """Show the name of the example that is set, or that it is none."""
        now = self.request()
        requests = [preset.request for preset in PRESETS]
        self.preset.setCurrentIndex(requests.index(now) if now in requests else len(PRESETS))

    def _own(self) -> None:
        self.name_preset()
        self.changed.emit()


def _box(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    return box
