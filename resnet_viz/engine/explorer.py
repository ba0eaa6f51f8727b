"""The explorer without its window: what is chosen, the pass that follows, and the last result."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from resnet_viz.engine.cascade import Cascade
from resnet_viz.engine.pace import Pace
from resnet_viz.engine.photo_strip import PhotoStrip
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Failure, Worker
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import DEVICES, Result, Snapshot

_REST = 3  # how many times as long as drawing a frame's result the window has for other things


class Explorer(QObject):
    """The one loop: a choice asks the worker for a pass, and its result goes to every view.

    A choice that fails, or is cancelled, is taken back: what last gave a result is chosen again.
    That of a choice that has been replaced meanwhile says nothing about the present one and is
    passed over. Results of frames may come faster than they can be drawn: of those the newest is
    shown. ``failed`` carries a `Failure` and ``cancelled`` a sentence and the snapshot, both
    after the state has gone back; ``said`` carries a sentence for the user.
    """

    structure_changed = Signal(object)
    result_changed = Signal(object)
    failed = Signal(object)
    cancelled = Signal(str, object)
    devices_changed = Signal()
    said = Signal(str)

    def __init__(self, state: ExplorerState, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state, self.worker = state, worker
        self.cascade = Cascade(state, self)
        self.photos = PhotoStrip(state, self)
        """Those to step through."""
        self.result: Result | None = None
        """The last good one, which is on screen."""
        self.structure: Structure | None = None
        """That of the network on screen, which may be known before its first result."""
        self._known: tuple[str, ...] | None = None
        self._given_up: Snapshot | None = None
        self._pace = Pace(self._show, _REST, 0, self)
        # Those of the network before are not to come after the next one's structure.
        state.network_changed.connect(lambda _: self._pace.flush())
        state.weights_changed.connect(lambda _: self._pace.flush())
        state.snapshot_changed.connect(worker.request)
        state.frame_changed.connect(worker.request)
        state.device_changed.connect(lambda _: self._check_device())
        worker.finished.connect(self._finished)
        worker.failed.connect(self._failed)
        worker.cancelled.connect(self._cancelled)
        worker.structure_known.connect(self._show_structure)
        worker.devices_known.connect(self._devices_known)

    def begin(self) -> None:
        """Ask for the first result."""
        self.worker.request(self.state.snapshot)

    @property
    def devices(self) -> tuple[str, ...]:
        """What can be chosen to run on, "auto" first; only guessed before torch is there."""
        known = self._known or (self.state.snapshot.device, "cpu")
        return tuple(dict.fromkeys(("auto", *known)))

    # ---- skips

    def has_stage(self, number: int) -> bool:
        """True if the network on screen has skips in the stage called ``number``."""
        structure = self.structure
        return structure is not None and bool(structure.skips) and number <= len(structure.stages)

    def set_all_skips(self, on: bool) -> None:
        """Switch every skip of the network on screen on or off."""
        if self.structure is not None:
            self.state.set_skips(self.structure.skips, on)

    def toggle_stage(self, number: int) -> None:
        """Switch a stage's skips off if any is on, else on."""
        if self.structure is not None and number <= len(self.structure.stages):
            skips = self.structure.stages[number - 1].skips
            self.state.set_skips(skips, not any(map(self.state.snapshot.gates.skip, skips)))

    # ---- failures

    def cancel(self) -> None:
        """Give up the pass that runs; what last gave a result is chosen again."""
        self._given_up = self.state.snapshot
        self.worker.cancel()

    def try_again(self, asked: Snapshot) -> None:
        """Choose once more the network and the weights that gave no result."""
        if asked == self.state.snapshot:
            self.worker.request(asked)
        else:
            self.state.set_network(asked.network, asked.weights)

    def use_untrained(self, asked: Snapshot) -> None:
        """Choose the network whose weights are not at hand, without any."""
        self.state.set_network(asked.network, WeightsChoice("untrained"))

    def _failed(self, failure: Failure) -> None:
        if failure.snapshot.same_but_frame(self.state.snapshot):
            self._go_back()
            self.failed.emit(failure)

    def _cancelled(self, snapshot: Snapshot) -> None:
        given_up, self._given_up = self._given_up, None
        # While the crop is dragged, the pass that is cancelled is one behind what is chosen.
        now = self.state.snapshot
        if not any(one and now.same_but_frame(one) for one in (snapshot, given_up)):
            return
        title = snapshot.own_spec.title
        self._go_back()
        still = f"; this is still {self.result.structure.title}" if self.result else ""
        self.cancelled.emit(f"{title} was cancelled{still}", snapshot)

    def _go_back(self) -> None:
        """Choose again what was last on screen."""
        if self.result is not None:
            self.state.restore(self.result.snapshot)
            self._show_structure(self.result.structure)

    # ---- what the worker says

    def _finished(self, result: Result) -> None:
        if result.snapshot.photo.stream is not None:
            self._pace.offer(result)
        else:
            self._pace.clear()
            self._show(result)

    def _show(self, result: Result) -> None:
        self.result = result
        if result.structure is not self.structure:
            self._show_structure(result.structure)
        self.result_changed.emit(result)
        self.cascade.show_result(result)

    def _show_structure(self, structure: Structure) -> None:
        self.structure = structure
        self.structure_changed.emit(structure)

    def _devices_known(self, devices: tuple[str, ...]) -> None:
        self._known = devices
        self._check_device()
        self.devices_changed.emit()

    def _check_device(self) -> None:
        """A device that this machine does not have gives way to Auto."""
        device = self.state.snapshot.device
        if self._known is not None and device not in ("auto", *self._known):
            self.state.set_device("auto")
            self.said.emit(
                f"This machine has no {DEVICES[device]} device that torch can use; "
                "the network runs on what Auto chooses"
            )
