"""ExplorerState: what the user has chosen. It is changed only on the GUI's thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from resnet_viz.images.photo import Crop, Photo
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import DeviceChoice, Snapshot

MOST_STEPS = 50
"""How many steps can be undone; each may hold a photo."""


@dataclass(frozen=True)
class _Chosen:
    """All choices at one time; "" is the last block."""

    snapshot: Snapshot
    block: str

    def same(self, other: _Chosen) -> bool:
        """True if they differ by what is no matter of undoing; see `same_choice`."""
        return self.block == other.block and same_choice(self.snapshot, other.snapshot)


def same_choice(one: Snapshot, other: Snapshot) -> bool:
    """True if two snapshots differ at most by the device and by the frame of a stream."""
    return replace(one, device=other.device).same_but_frame(other)


class ExplorerState(QObject):
    """The choices of the user, one changed signal each; `snapshot` freezes those a pass needs.

    ``snapshot_changed`` follows every choice that asks for a new pass, and ``frame_changed`` every
    frame of a stream after its first, of which there are many a second and none is a choice.
    The selected block is a choice of view alone: the last result already holds every block. Every
    choice but that of the device is a step on ``undo_stack``. The steps of one ``gesture``, such as
    a drag of the crop, become one; a gesture is any object, and equal ones are the same.
    ``beside_asked`` carries what else is to be as it was: see `take`.
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
    frame_changed = Signal(object)
    beside_asked = Signal(object)

    def __init__(self, photo: Photo, network: str = catalog.DEFAULT) -> None:
        super().__init__()
        self._now = _Chosen(Snapshot(network, photo), "")
        self._own: dict[str, WeightsChoice] = {}
        self._still = False
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(MOST_STEPS)

    @property
    def snapshot(self) -> Snapshot:
        return self._now.snapshot

    @property
    def block(self) -> str:
        """The selected block's name, or "" for the last one."""
        return self._now.block

    # ---- choices

    def set_network(self, name: str, weights: WeightsChoice | None = None) -> None:
        """Choose a network of the catalog or one that was opened from a file, and its weights.
        Gates, and a target that the new network does not know, go back to their defaults."""
        old = self.snapshot
        weights = weights or self._own.get(name) or WeightsChoice()
        if name == old.network and _same_part(weights, old.weights):
            self.set_weights(weights)
            return
        new = replace(old, network=name, gates=GateSettings(), weights=weights)
        new = replace(new, target=_target_for(new, old))
        self._change(_Chosen(new, ""), f"network {new.own_spec.title}")

    def set_photo(self, photo: Photo) -> None:
        """Show another photo, with the default crop and the top class as the target."""
        self._choose(f"photo {photo.name}", photo=photo, crop=None, target=None)

    def set_frame(self, photo: Photo) -> None:
        """Show the next frame of a stream: no step, and crop and target stay.

        Its first one is a step, and has the default crop and target, as another photo.
        """
        assert photo.stream is not None
        if photo.beside(self.snapshot.photo):
            self._now = replace(self._now, snapshot=replace(self.snapshot, photo=photo))
            self.photo_changed.emit(photo)
            self.frame_changed.emit(self.snapshot)
        else:
            self._choose(photo.stream.name, photo=photo, crop=None, target=None)

    def set_crop(self, crop: Crop | None, gesture: object = None) -> None:
        """Move the crop box; None is the network's default centre crop."""
        self._choose("crop" if crop else "default crop", gesture, crop=crop)

    def set_weights(self, weights: WeightsChoice) -> None:
        """Choose other weights; a target that they do not know goes back to its default."""
        old = self.snapshot
        own = self._own.get(old.network)
        if own is not None and weights.reading is None:
            # A network of the user's is only known with its file, also where it is untrained.
            weights = replace(own, kind="untrained") if weights.kind == "untrained" else own
        new = replace(old, weights=weights)
        target = _target_for(new, old)
        self._choose(_weights_in_words(old.weights, weights), weights=weights, target=target)

    def set_gates(self, gates: GateSettings, what: str = "skips", gesture: object = None) -> None:
        """Set every gate; ``what`` names the step for the user."""
        self._choose(what, gesture, gates=gates)

    def set_skips(self, blocks: Iterable[str], on: bool) -> None:
        """Switch the skips of ``blocks`` on or off."""
        names = list(blocks)
        gates = self.snapshot.gates.with_skips(names, 1.0 if on else 0.0)
        self.set_gates(gates, f"{_skips_in_words(names)} {'on' if on else 'off'}")

    def toggle_skip(self, block: str) -> None:
        """Switch one skip off if it lets anything through, else on."""
        self.set_skips([block], self.snapshot.gates.skip(block) == 0.0)

    def set_target(self, target: int | None) -> None:
        """Choose the class whose gradient is shown; None is the top class with all skips on."""
        self._choose("automatic target" if target is None else "target class", target=target)

    def set_device(self, device: DeviceChoice) -> None:
        """Run elsewhere; this is no step, for it changes nothing of what is measured."""
        self._show(replace(self._now, snapshot=replace(self.snapshot, device=device)))

    def select_block(self, name: str) -> None:
        """Look at a block; looking at one after the other is one step."""
        self._change(replace(self._now, block=name), f"selection of {name}", "selection")

    def take(
        self,
        snapshot: Snapshot,
        block: str = "",
        what: str = "opened session",
        beside: tuple[object, object] | None = None,
    ) -> None:
        """Choose everything at once, as one step.

        ``beside`` is what the caller changes with it, before and after: ``beside_asked`` carries
        the one when the step is undone, and the other when it is done again.
        """
        self._change(_Chosen(snapshot, block), what, beside=beside)
        self.set_device(snapshot.device)

    def note_beside(self, before: object, after: object, what: str, gesture: object) -> None:
        """Something that the caller has changed already is a step: see `take`."""
        self._change(self._now, what, gesture, (before, after))

    # ---- going back

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to an earlier snapshot, such as the last one that gave a result.

        What has been tried since then can neither be undone nor done again. The newest frame of a
        stream stays.
        """
        snapshot = self._with_newest_frame(snapshot)
        stack = self.undo_stack
        here, last = stack.index(), stack.count()
        times = [t for t in range(last + 1) if same_choice(self._at(t).snapshot, snapshot)]
        self._still = True
        if earlier := [time for time in times if time <= here]:
            found = earlier[-1]
            chosen = self._at(found)
            for time in range(found, last):
                self._step(time).setObsolete(True)
            while stack.index() > found:
                stack.undo()
            while stack.count() > found:
                stack.redo()
        elif times:
            chosen = self._at(times[0])
            stack.setIndex(times[0])
        else:
            # In the midst of a gesture, all of which is one step: it ends there.
            block = self.block if snapshot.network == self.snapshot.network else ""
            chosen = _Chosen(snapshot, block)
            if here:
                step = self._step(here - 1)
                step.after = chosen
                if step.before.same(chosen):
                    step.setObsolete(True)
                    stack.undo()
        self._still = False
        self._show(_Chosen(snapshot, chosen.block))

    def _step(self, number: int) -> _Step:
        step = self.undo_stack.command(number)
        assert isinstance(step, _Step)
        return step

    def _at(self, time: int) -> _Chosen:
        """What was chosen after that many of the steps."""
        if not self.undo_stack.count():
            return self._now
        return self._step(time - 1).after if time else self._step(0).before

    # ---- changing

    def _choose(self, what: str, gesture: object = None, **changes: object) -> None:
        snapshot = replace(self.snapshot, **changes)  # type: ignore[arg-type]
        self._change(replace(self._now, snapshot=snapshot), what, gesture)

    def _change(
        self,
        new: _Chosen,
        what: str,
        gesture: object = None,
        beside: tuple[object, object] | None = None,
    ) -> None:
        """Make a choice: a step that can be undone, and a signal for all that differs."""
        if not self._now.same(new) or (beside is not None and beside[0] != beside[1]):
            self.undo_stack.push(_Step(self, self._now, new, what, gesture, beside))
            self._show(new)

    def _show(self, new: _Chosen) -> None:
        """Say what differs from what was chosen until now."""
        if self._still:
            return
        old, self._now = self._now, new
        chosen = new.snapshot.weights
        if chosen.reading is not None and chosen.reading.spec and chosen.kind == "file":
            self._own[new.snapshot.network] = chosen
        for name, signal in (
            ("network", self.network_changed),
            ("photo", self.photo_changed),
            ("crop", self.crop_changed),
            ("gates", self.gates_changed),
            ("weights", self.weights_changed),
            ("target", self.target_changed),
            ("device", self.device_changed),
        ):
            if getattr(new.snapshot, name) != getattr(old.snapshot, name):
                signal.emit(getattr(new.snapshot, name))
        if new.block != old.block:
            self.block_changed.emit(new.block)
        if new.snapshot != old.snapshot:
            self.snapshot_changed.emit(self.snapshot)

    def _with_newest_frame(self, snapshot: Snapshot) -> Snapshot:
        now = self.snapshot.photo
        return replace(snapshot, photo=now) if now.beside(snapshot.photo) else snapshot

    def go_to(self, chosen: _Chosen, beside: object = None) -> None:
        """For steps: choose again what was chosen then, on the device and the frame of now."""
        snapshot = replace(self._with_newest_frame(chosen.snapshot), device=self.snapshot.device)
        self._show(replace(chosen, snapshot=snapshot))
        if beside is not None and not self._still:
            self.beside_asked.emit(beside)


class _Step(QUndoCommand):
    """From one choice to the next. It is put on the stack when it has been taken."""

    def __init__(
        self,
        state: ExplorerState,
        before: _Chosen,
        after: _Chosen,
        what: str,
        gesture: object,
        beside: tuple[object, object] | None = None,
    ) -> None:
        super().__init__(what)
        self.before, self.after = before, after
        self._state, self._gesture = state, gesture
        self._beside = beside or (None, None)
        self._taken = True

    def undo(self) -> None:
        self._state.go_to(self.before, self._beside[0])

    def redo(self) -> None:
        if not self._taken:
            self._state.go_to(self.after, self._beside[1])
        self._taken = False

    def id(self) -> int:
        return -1 if self._gesture is None else 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take in the next step of the same gesture; both vanish if it leads back."""
        if not isinstance(other, _Step) or other._gesture != self._gesture:
            return False
        self.after = other.after
        self._beside = (self._beside[0], other._beside[1])
        self.setText(other.text())
        nowhere = self.before.same(self.after) and self._beside[0] == self._beside[1]
        self.setObsolete(nowhere)
        return True


def _same_part(new: WeightsChoice, old: WeightsChoice) -> bool:
    """Whether both are of one network of one file with the same skips, or of one of the catalog."""
    parts = [
        (one.path, one.reading.which, one.reading.spec.combine)
        if one.reading and one.reading.spec
        else None
        for one in (new, old)
    ]
    return parts[0] == parts[1]


def _target_for(new: Snapshot, old: Snapshot) -> int | None:
    """The old target where both know the same classes, else none."""
    classes = [(one.spec.family, one.spec.classes, one.weights.labels) for one in (new, old)]
    return old.target if classes[0] == classes[1] else None


def _skips_in_words(blocks: list[str]) -> str:
    """Such as "skip of layer2.1", "skips of stage 2" or "27 skips"."""
    if len(blocks) == 1:
        return f"skip of {blocks[0]}"
    stages = {name.partition(".")[0] for name in blocks}
    if len(stages) == 1:
        return f"skips of stage {stages.pop().removeprefix('layer')}"
    return "all skips"


def _weights_in_words(old: WeightsChoice, new: WeightsChoice) -> str:
    if (old.kind, old.path) == (new.kind, new.path):
        if old.reading != new.reading:
            return f"reading of {PurePath(new.path).name}"
        return "preprocessing" if old.preprocessing != new.preprocessing else "class names"
    return f"weights {PurePath(new.path).name}" if new.kind == "file" else f"{new.kind} weights"
