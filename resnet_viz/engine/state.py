"""ExplorerState: what the user has chosen. It is changed only on the GUI's thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from resnet_viz.images.photo import Crop, Photo
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import DeviceChoice, Snapshot


class ExplorerState(QObject):
    """The choices of the user, one changed signal each; `snapshot` freezes those a pass needs.

    ``snapshot_changed`` follows every change that asks for a new pass. The selected block is a
    choice of view alone: the last result already holds every block.
    """

    network_changed = Signal(str)
    photo_changed = Signal(object)
    crop_changed = Signal(object)
    weights_changed = Signal(object)
    gates_changed = Signal(object)
    target_changed = Signal(object)
    device_changed = Signal(str)
    block_changed = Signal(str)
    snapshot_changed = Signal(object)

    def __init__(self, photo: Photo, network: str = catalog.DEFAULT) -> None:
        super().__init__()
        self._snapshot = Snapshot(network, photo)
        self._block = ""

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshot

    @property
    def block(self) -> str:
        """The selected block's name, or "" for the last one."""
        return self._block

    def set_network(self, name: str, weights: WeightsChoice | None = None) -> None:
        """Choose a network of the catalog, and its weights. Gates, and a target that the new
        network does not know, go back to their defaults."""
        old = self._snapshot
        weights = weights or WeightsChoice()
        if name == old.network:
            self.set_weights(weights)
            return
        new = replace(old, network=name, gates=GateSettings(), weights=weights)
        self._snapshot = replace(new, target=_target_for(new, old))
        self._block = ""
        self.network_changed.emit(name)
        self.gates_changed.emit(self._snapshot.gates)
        self.weights_changed.emit(self._snapshot.weights)
        self.target_changed.emit(self._snapshot.target)
        self.block_changed.emit("")
        self.snapshot_changed.emit(self._snapshot)

    def set_photo(self, photo: Photo) -> None:
        """Show another photo, with the default crop and the top class as the target."""
        self._snapshot = replace(self._snapshot, photo=photo, crop=None, target=None)
        self.photo_changed.emit(photo)
        self.crop_changed.emit(None)
        self.target_changed.emit(None)
        self.snapshot_changed.emit(self._snapshot)

    def set_crop(self, crop: Crop | None) -> None:
        """Move the crop box; None is the network's default centre crop."""
        if crop != self._snapshot.crop:
            self._snapshot = replace(self._snapshot, crop=crop)
            self.crop_changed.emit(crop)
            self.snapshot_changed.emit(self._snapshot)

    def set_weights(self, weights: WeightsChoice) -> None:
        old = self._snapshot
        if weights != old.weights:
            new = replace(old, weights=weights)
            self._snapshot = replace(new, target=_target_for(new, old))
            self.weights_changed.emit(weights)
            if self._snapshot.target != old.target:
                self.target_changed.emit(self._snapshot.target)
            self.snapshot_changed.emit(self._snapshot)

    def set_gates(self, gates: GateSettings) -> None:
        if gates != self._snapshot.gates:
            self._snapshot = replace(self._snapshot, gates=gates)
            self.gates_changed.emit(gates)
            self.snapshot_changed.emit(self._snapshot)

    def set_skips(self, blocks: Iterable[str], on: bool) -> None:
        """Switch the skips of ``blocks`` on or off."""
        self.set_gates(self._snapshot.gates.with_skips(blocks, 1.0 if on else 0.0))

    def toggle_skip(self, block: str) -> None:
        """Switch one skip off if it lets anything through, else on."""
        self.set_skips([block], self._snapshot.gates.skip(block) == 0.0)

    def set_target(self, target: int | None) -> None:
        """Choose the class whose gradient is shown; None is the top class with all skips on."""
        if target != self._snapshot.target:
            self._snapshot = replace(self._snapshot, target=target)
            self.target_changed.emit(target)
            self.snapshot_changed.emit(self._snapshot)

    def set_device(self, device: DeviceChoice) -> None:
        if device != self._snapshot.device:
            self._snapshot = replace(self._snapshot, device=device)
            self.device_changed.emit(device)
            self.snapshot_changed.emit(self._snapshot)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to an earlier snapshot, such as the last one that gave a result."""
        self._snapshot = snapshot
        self.network_changed.emit(snapshot.network)
        self.photo_changed.emit(snapshot.photo)
        self.crop_changed.emit(snapshot.crop)
        self.gates_changed.emit(snapshot.gates)
        self.weights_changed.emit(snapshot.weights)
        self.target_changed.emit(snapshot.target)
        self.device_changed.emit(snapshot.device)
        self.snapshot_changed.emit(snapshot)

    def select_block(self, name: str) -> None:
        if name != self._block:
            self._block = name
            self.block_changed.emit(name)


def _target_for(new: Snapshot, old: Snapshot) -> int | None:
    """The old target where both know the same classes, else none."""
    classes = [(one.spec.family, one.spec.classes, one.weights.labels) for one in (new, old)]
    return old.target if classes[0] == classes[1] else None
