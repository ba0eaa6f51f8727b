"""The laboratory's controls: the network to build and the batch to send through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.results.laboratory import CHEAP_DEPTH, MOST_DEPTH, LaboratoryRequest
from resnet_viz.views.widgets.feature import choose

SHALLOWEST, STEP = 8, 6

COMBINES = {
    "add": "Add",
    "concat": "Concatenate",
    "none": "None: plain alone",
}
INITIALISATIONS = {
    "default": "Torch's default",
    "he": "He normal, fan-out",
    "xavier": "Xavier uniform",
    "zero": "He, last norm zero",
}
NONLINEARITIES = {
    "relu": "ReLU",
    "leaky relu": "Leaky ReLU",
    "tanh": "tanh",
    "gelu": "GELU",
    "identity": "Identity",
}
DATA = {"photos": "Photos, augmented", "noise": "Gaussian noise"}
BATCHES = {16: "16", 64: "64", 128: "128"}

START = LaboratoryRequest(depth=56, data="photos")

PRESETS: dict[str, tuple[LaboratoryRequest, str]] = {
    "No norm: vanishing": (
        START,
        "56 layers without batch norm, torch's default initialisation",
    ),
    "Batch norm: exploding": (
        replace(START, norm=True),
        "56 layers with batch norm: the plain network's gradient grows towards the input",
    ),
    "What a skip changes": (
        replace(START, depth=20),
        "20 layers without batch norm: the same weights, with and without skips",
    ),
    "Concatenate, not add": (
        replace(START, combine="concat"),
        "Skips that are concatenated, with a 1×1 convolution that brings the width back",
    ),
    "Skips, no norm: growing": (
        replace(START, initialisation="he"),
        "He's initialisation without batch norm: it suits the plain network, not the residual one",
    ),
    "Start at the identity": (
        replace(START, norm=True, initialisation="zero"),
        "Zero-init: each block starts as its own shortcut",
    ),
}
"""For each button the network that it builds, and its tip. Batch, data and seed stay."""


class LaboratoryControls(QWidget):
    """``changed`` follows every change by the user or by `choose`."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.presets = [self._preset(text) for text in PRESETS]
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, (CHEAP_DEPTH - SHALLOWEST) // STEP)
        self.slider.setPageStep(2)
        self.depth_box = QSpinBox()
        # Other depths can be typed, and are then told what a depth must be.
        self.depth_box.setRange(1, 9999)
        self.depth_box.setSingleStep(STEP)
        self.depth_box.setKeyboardTracking(False)
        self.combine = _box("Paths meet by", COMBINES)
        self.norm = QCheckBox("Batch norm")
        self.initialisation = _box("Initialisation", INITIALISATIONS)
        self.nonlinearity = _box("Nonlinearity", NONLINEARITIES)
        self.data = _box("Images", DATA)
        self.batch = _box("Images in the batch", BATCHES)
        self.seed = QSpinBox()
        self.seed.setRange(0, 9999)
        self.seed.setKeyboardTracking(False)
        self._describe()
        self._arrange()
        self.choose(START)
        self._connect()

    def request(self) -> LaboratoryRequest:
        """What is chosen; photo, crop and device are not among the controls."""
        return LaboratoryRequest(
            depth=self.depth_box.value(),
            combine=self.combine.currentData(),
            norm=self.norm.isChecked(),
            initialisation=self.initialisation.currentData(),
            nonlinearity=self.nonlinearity.currentData(),
            data=self.data.currentData(),
            batch=self.batch.currentData(),
            seed=self.seed.value(),
        )

    def choose(self, request: LaboratoryRequest) -> None:
        """Set every control."""
        blocked = self.blockSignals(True)
        self.depth_box.setValue(request.depth)
        self._follow_depth(request.depth)
        self.norm.setChecked(request.norm)
        self.seed.setValue(request.seed)
        for box, value in (
            (self.combine, request.combine),
            (self.initialisation, request.initialisation),
            (self.nonlinearity, request.nonlinearity),
            (self.data, request.data),
            (self.batch, request.batch),
        ):
            choose(box, value)
        self._offer_zero_init()
        self.blockSignals(blocked)
        self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let letters pass a box of numbers by, so that they stay shortcuts there."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.text().isalpha()
        ):
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _preset(self, text: str) -> QPushButton:
        request, tip = PRESETS[text]
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(lambda: self._choose_network(request))
        return button

    def _choose_network(self, request: LaboratoryRequest) -> None:
        now = self.request()
        self.choose(replace(request, data=now.data, batch=now.batch, seed=now.seed))

    def _describe(self) -> None:
        for widget, name, tip in (
            (self.slider, "Depth", f"8 to {CHEAP_DEPTH} layers, 6n + 2 (He 2015 §4.2)"),
            (self.depth_box, "Depth", f"6n + 2 layers; up to {MOST_DEPTH} can be typed"),
            (self.norm, "Batch norm", "After every convolution; without it they have biases"),
            (self.seed, "Seed", "The same seed gives the same weights, images and labels"),
        ):
            widget.setAccessibleName(name)
            widget.setToolTip(tip)
        self.combine.setToolTip(
            "How the block's input and the branch's output meet. Concatenated along channels, a "
            "1×1 convolution brings the width back. The plain twin has no second path."
        )
        self.initialisation.setToolTip(
            "Convolutions only; the classifier stays as torch draws it. Zero-init sets γ = 0 in "
            "the last norm of each block with a skip."
        )

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 6, 0, 0)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        depth = QHBoxLayout()
        depth.addWidget(self.slider, 1)
        depth.addWidget(self.depth_box)
        for name, field in (
            ("Depth", depth),
            ("Paths", self.combine),
            ("", self.norm),
            ("Weights", self.initialisation),
            ("Activation", self.nonlinearity),
            ("Images", self.data),
            ("Batch", self.batch),
            ("Seed", self.seed),
        ):
            form.addRow(name, field)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        for button in self.presets:
            rows.addWidget(button)
        rows.addLayout(form)

    def _connect(self) -> None:
        self.slider.valueChanged.connect(
            lambda index: self.depth_box.setValue(SHALLOWEST + STEP * index)
        )
        self.depth_box.valueChanged.connect(self._follow_depth)
        self.norm.toggled.connect(lambda _: self._offer_zero_init())
        for signal in (
            self.depth_box.valueChanged,
            self.norm.toggled,
            self.seed.valueChanged,
            self.combine.currentIndexChanged,
            self.initialisation.currentIndexChanged,
            self.nonlinearity.currentIndexChanged,
            self.data.currentIndexChanged,
            self.batch.currentIndexChanged,
        ):
            signal.connect(lambda _: self.changed.emit())
        for box in (self.depth_box, self.seed):
            box.installEventFilter(self)  # which hands its keys on to its line

    def _follow_depth(self, depth: int) -> None:
        """Move the slider to a typed depth, if it has a place for it."""
        if depth >= SHALLOWEST and (depth - SHALLOWEST) % STEP == 0:
            blocked = self.slider.blockSignals(True)
            self.slider.setValue((depth - SHALLOWEST) // STEP)
            self.slider.blockSignals(blocked)

    def _offer_zero_init(self) -> None:
        """Zero-init needs a norm; without one, He's initialisation takes its place."""
        index = self.initialisation.findData("zero")
        model: Any = self.initialisation.model()
        model.item(index).setEnabled(self.norm.isChecked())
        if not self.norm.isChecked() and self.initialisation.currentIndex() == index:
            self.initialisation.setCurrentIndex(self.initialisation.findData("he"))


def _box(name: str, choices: Mapping[Any, str]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    for value, text in choices.items():
        box.addItem(text, value)
    return box
