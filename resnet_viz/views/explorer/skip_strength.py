"""The slider for the strength of the skips, below the diagram."""

from __future__ import annotations

from typing import Literal, get_args

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSlider, QWidget

from resnet_viz.engine.state import ExplorerState
from resnet_viz.networks.structure import Structure
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.widgets.feature import choose
from resnet_viz.views.widgets.plain_text import PlainLabel, plain

Scope = Literal["all", "stage", "block"]

STEPS = 20
"""The slider's positions between 0 and 1: steps of 0.05."""


class SkipStrength(QWidget):
    """Turns down s in y = act(F(x) + s·shortcut(x)): of all skips, of a stage's, or of a block's.

    Stage and block are those of the block that is selected. Where the skips differ, the slider
    stands at their mean and says between which values they lie.
    """

    def __init__(self, state: ExplorerState) -> None:
        super().__init__()
        self._state = state
        self._structure: Structure | None = None
        self.setAccessibleName("Skip strength")
        self.title = PlainLabel("Skip strength")
        self.scope = QComboBox()
        self.scope.setAccessibleName("Which skips the strength is for")
        self.scope.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for scope, text in zip(
            get_args(Scope), ("All skips", "Stage 8", "Block 8.88"), strict=True
        ):
            self.scope.addItem(text, scope)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Skip strength")
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 4)
        self.slider.setMinimumWidth(120)
        self.value = PlainLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        for widget in (self.title, self.scope):
            row.addWidget(widget)
        row.addWidget(self.slider, 1)
        row.addWidget(self.value)
        self.why = LinkedLabel()
        row.addWidget(self.why, 1)
        self.retheme()

        self._drags = 0
        self.slider.sliderPressed.connect(self._new_drag)
        self.slider.valueChanged.connect(self._set)
        self.scope.activated.connect(lambda _: self._show())
        state.gates_changed.connect(lambda _: self._show())
        state.block_changed.connect(lambda _: self._show())
        self._show()

    def choose_scope(self, scope: object) -> None:
        """Let the slider be for "all" skips, those of the selected "stage" or "block"."""
        choose(self.scope, scope)
        self._show()

    def show_structure(self, structure: Structure) -> None:
        """Offer the skips of a network."""
        self._structure = structure
        self._show()

    def retheme(self) -> None:
        """Keep room for the longest value, so that the slider does not jump."""
        self.value.setMinimumWidth(self.value.fontMetrics().horizontalAdvance("0.00 to 0.00 "))

    @property
    def blocks(self) -> tuple[str, ...]:
        """The blocks whose skips the slider sets."""
        structure, scope = self._structure, self.scope.currentData()
        if structure is None:
            return ()
        if scope == "all":
            return structure.skips
        block = structure.block(self._selected(structure))
        if scope == "block":
            return (block.name,) if block.has_skip else ()
        number = structure.stage_of(block.name)
        return structure.stages[number - 1].skips if number else ()

    def _selected(self, structure: Structure) -> str:
        names = [block.name for block in structure.blocks]
        return self._state.block if self._state.block in names else names[-1]

    def _new_drag(self) -> None:
        self._drags += 1

    def _set(self, position: int) -> None:
        """One drag, or the arrow keys until the next one, are one step to undo."""
        gates = self._state.snapshot.gates.with_skips(self.blocks, position / STEPS)
        gesture = ("strength", self._drags, self.blocks)
        self._state.set_gates(gates, f"skip strength {position / STEPS:.2f}", gesture)

    def _show(self) -> None:
        structure = self._structure
        if structure is not None:
            name = self._selected(structure)
            stage = structure.stage_of(name)
            self.scope.setItemText(1, f"Stage {stage}" if stage else "Stage of the stem")
            self.scope.setItemText(2, f"Block {name.removeprefix('layer')}")
        blocks, gates = self.blocks, self._state.snapshot.gates
        strengths = [gates.skip(name) for name in blocks] or [0.0]
        low, high = min(strengths), max(strengths)
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(STEPS * sum(strengths) / len(strengths)))
        self.value.setText(f"{low:.2f}" if low == high else f"{low:.2f} to {high:.2f}")
        if not blocks:
            self.value.setText("–")
        # What cannot be done is not offered; a sentence says why.
        none = structure is not None and not structure.skips
        for widget in (self.title, self.scope, self.slider, self.value):
            widget.setVisible(not none)
        self.why.setVisible(none)
        self.why.say_plain(f"{structure.why_no_skips}." if structure and none else "")
        self.slider.setEnabled(bool(blocks))
        self.scope.setEnabled(structure is not None and bool(structure.skips))
        self.setToolTip(plain(self._tip(structure, blocks)))

    def _tip(self, structure: Structure | None, blocks: tuple[str, ...]) -> str:
        if structure is None:
            return ""
        if not structure.skips:
            return f"{structure.title} is a plain network: it has no skips to turn down."
        if not blocks:
            return "The stem has no skip; select a block in the diagram."
        return (
            "s in y = act(F(x) + s·shortcut(x)): 1 is the network as it was trained, 0 switches "
            "the skips off. Arrow keys change it by 0.05."
        )
