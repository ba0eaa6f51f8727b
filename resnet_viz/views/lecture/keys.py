"""Every key of a presentation in one table: those that clickers send, and those of presenters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from resnet_viz.views.widgets.feature import Key

# fmt: off
Deed = Literal[
    "next", "back", "again", "black", "white", "freeze", "overview", "enlarge",
    "spotlight", "pen", "clear", "notes", "end", "window",
]
# fmt: on


@dataclass(frozen=True)
class Binding:
    """``keys`` do ``deed``; a ``clicker`` sends them, so that they are taken in the program's own
    window too while a presentation runs. ``command`` is the window's command that "window" does."""

    keys: tuple[Qt.Key, ...]
    deed: Deed
    text: str
    clicker: bool = False
    command: str = ""


_K = Qt.Key

BINDINGS: tuple[Binding, ...] = (
    Binding((_K.Key_PageDown,), "next", "Next step, or the answer to its question", clicker=True),
    Binding((_K.Key_Right, _K.Key_Space, _K.Key_Return, _K.Key_Enter), "next", "The same"),
    Binding((_K.Key_PageUp,), "back", "The step before", clicker=True),
    Binding((_K.Key_Left, _K.Key_Backspace), "back", "The same"),
    Binding((_K.Key_R, _K.Key_Home), "again", "Set everything as the step says, after playing"),
    Binding((_K.Key_B, _K.Key_Period), "black", "Black screen, and back", clicker=True),
    Binding((_K.Key_W,), "white", "White screen, and back"),
    Binding((_K.Key_F,), "freeze", "Freeze the picture while the program goes on, and back"),
    Binding((_K.Key_Tab, _K.Key_O), "overview", "All steps, to choose one"),
    Binding((_K.Key_Z,), "enlarge", "One figure over the whole screen, the next one, and back"),
    Binding((_K.Key_S,), "spotlight", "A spotlight that follows the mouse, and back"),
    Binding((_K.Key_P,), "pen", "Draw over the picture with the mouse, and stop"),
    Binding((_K.Key_E,), "clear", "Clear what was drawn"),
    Binding((_K.Key_N,), "notes", "The speaker's notes over the picture, and away"),
    Binding((_K.Key_Escape,), "end", "End the presentation", clicker=True),
    Binding((_K.Key_0,), "window", "All skips off", command="skips_off"),
    Binding((_K.Key_A,), "window", "All skips on", command="skips_on"),
    *(
        Binding((key,), "window", f"Skips of stage {number} on or off", command=f"stage_{number}")
        for number, key in enumerate((_K.Key_1, _K.Key_2, _K.Key_3, _K.Key_4), start=1)
    ),
    Binding((_K.Key_C,), "window", "Cascade: skips off one by one", command="cascade"),
)
"""Without Ctrl, Alt or Shift. A key does one thing only."""


def binding(key: int, modifiers: Qt.KeyboardModifier) -> Binding | None:
    """What a key does in the presentation; None for nothing."""
    keypad = Qt.KeyboardModifier.KeypadModifier
    if modifiers not in (Qt.KeyboardModifier.NoModifier, keypad):
        return None
    return next((one for one in BINDINGS if key in one.keys), None)


def names(keys: Iterable[Qt.Key]) -> str:
    """Keys as they are written in lists."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(key).toString(native) for key in keys)


def listed() -> list[Key]:
    """All keys, for the list of keys."""
    return [Key(names(one.keys), one.text) for one in BINDINGS]
