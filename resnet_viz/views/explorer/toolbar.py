"""The toolbar: photo, network, skips, device and theme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QPushButton, QToolBar

from resnet_viz.networks import catalog, weights
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import DEVICES
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel, plain

MOST_STAGES = 4
NETWORK_TIP = (
    "The network to look into. ✓: trained weights are here; ↓: they are downloaded when it is "
    "chosen; ○: it starts untrained"
)


class Toolbar(QToolBar):
    """Buttons for ``actions`` and a box for each choice, which says what was chosen."""

    network_chosen = Signal(str)
    device_chosen = Signal(str)
    theme_chosen = Signal(str)

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        super().__init__("Toolbar")
        self.setObjectName("toolbar")
        self.setMovable(False)
        self._actions = actions

        self._button("open", "Open…")
        self._button("samples", "Samples…")
        self.addSeparator()

        self.network_box = self._box("Network", NETWORK_TIP, self.network_chosen)
        # Counted in wide letters: room for an ordinary name, not for the longest.
        self.network_box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.network_box.setMinimumContentsLength(17)
        for spec in catalog.CATALOG.values():
            self.network_box.addItem(spec.title, spec.name)
        self.mark_networks()
        self.addSeparator()

        before = len(self.actions())
        self.addWidget(PlainLabel(" Skips "))
        self.all_on, self.all_off = (
            self._button("skips_on", "All on"),
            self._button("skips_off", "All off"),
        )
        self.addWidget(PlainLabel(" Stage "))
        self._skip_slots = self.actions()[before:]
        self.stage_buttons: list[QPushButton] = []
        self._stage_slots: list[QAction] = []
        for number in range(1, MOST_STAGES + 1):
            button = self._button(f"stage_{number}", str(number))
            button.setAccessibleName(f"Skips of stage {number}")
            button.setMaximumWidth(2 * button.fontMetrics().height())
            button.setCheckable(True)
            self.stage_buttons.append(button)
            self._stage_slots.append(self.actions()[-1])
        self.no_skips = PlainLabel(" No skips ")
        self._no_skips_slot = self.addWidget(self.no_skips)
        self._no_skips_slot.setVisible(False)
        self.addSeparator()

        self.addWidget(PlainLabel(" Device "))
        tip = "Where the network runs; Auto takes CUDA, else MPS, else the CPU"
        self.device_box = self._box("Device", tip, self.device_chosen)
        self.device_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.theme_box = self._box("Theme", "The colours of the window", self.theme_chosen)
        for style in theme.THEMES.values():
            self.theme_box.addItem(style.title, style.name)

    def _button(self, action: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(self._actions[action].toolTip())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(self._actions[action].trigger)
        self.addWidget(button)
        return button

    def _box(self, name: str, tip: str, chosen: SignalInstance) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setToolTip(tip)
        box.activated.connect(lambda index: chosen.emit(box.itemData(index)))
        self.addWidget(box)
        return box

    def offer_devices(self, names: Iterable[str]) -> None:
        """List the devices to choose from."""
        self.device_box.clear()
        for name in names:
            self.device_box.addItem(DEVICES[name], name)

    def show_network(self, name: str, spec: NetworkSpec) -> None:
        """Show which network it is; one that the table does not list is listed from now on."""
        title = f"{spec.title} · {spec.data_title or name.partition(':')[2]}"
        if self.network_box.findData(name) < 0:
            self.network_box.addItem(title, name)
        if spec.architecture is not None:
            self.network_box.setItemText(self.network_box.findData(name), title)
        self.network_box.setCurrentIndex(self.network_box.findData(name))

    def mark_networks(self) -> None:
        """Say of each network whether its trained weights are here, to be downloaded, or none."""
        for place in range(self.network_box.count()):
            spec = catalog.CATALOG.get(self.network_box.itemData(place))
            if spec is not None:
                there = weights.availability(spec)
                text = f"{there.sign} {spec.title} · {spec.data_title}"
                self.network_box.setItemText(place, text)
                tip = f"{spec.title}, trained weights: {there.text}"
                self.network_box.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)

    def show_device(self, name: str) -> None:
        self.device_box.setCurrentIndex(self.device_box.findData(name))

    def show_theme(self, name: str) -> None:
        self.theme_box.setCurrentIndex(self.theme_box.findData(name))

    def show_gates(self, structure: Structure, gates: GateSettings) -> None:
        """Show the stages that there are; a stage's button is down if all its skips are on."""
        there = bool(structure.skips)
        self.no_skips.setToolTip(plain(structure.why_no_skips))
        self._no_skips_slot.setVisible(not there)
        for slot in self._skip_slots:
            slot.setVisible(there)
        for button in (self.all_on, self.all_off):
            button.setEnabled(there)
        for number, slot in enumerate(self._stage_slots, start=1):
            slot.setVisible(there and number <= len(structure.stages))
        for stage, button in zip(structure.stages, self.stage_buttons, strict=False):
            button.setEnabled(bool(stage.skips))
            button.setChecked(bool(stage.skips) and all(map(gates.skip, stage.skips)))
