"""Every command, named once: menu, toolbar and shortcut share the same QAction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True)
class Command:
    """A command's ``text`` in menus, its ``shortcut`` in Qt's notation and a ``tip``."""

    text: str
    shortcut: str = ""
    tip: str = ""


COMMANDS: dict[str, Command] = {
    "open": Command("&Open a photo…", "Ctrl+O", "Open a photo from a file"),
    "open_folder": Command(
        "Open &folder…", "Ctrl+Shift+O", "Step through the photos of a folder with the arrow keys"
    ),
    "paste": Command("&Paste a photo", "Ctrl+V", "Take the picture or file on the clipboard"),
    "samples": Command("&Sample photos…", "Ctrl+G", "Pick one of the photos of the gallery"),
    "quit": Command("&Quit", "Ctrl+Q"),
    "weights_file": Command(
        "Weights from a &file…", "Ctrl+W", "Open weights, and the network that they are for"
    ),
    "weights_default": Command("&Default weights", "", "The embedded or the official weights"),
    "weights_untrained": Command("&Untrained weights", "", "The bare initialisation"),
    "mirror": Command("Download &mirror…", "", "Fetch official weights from another address"),
    "preprocessing": Command(
        "&Preprocessing…", "", "Set the size, the mean and the deviation of the input"
    ),
    "class_names": Command("&Class names…", "", "Take the names of the classes from a file"),
    "target": Command("&Target class…", "Ctrl+T", "Choose the class that the gradient is for"),
    "target_automatic": Command("&Automatic target", "Ctrl+Shift+T", "Target the top class"),
    "skips_on": Command("All skips &on", "A", "Switch every skip on"),
    "skips_off": Command("All skips o&ff", "0", "Switch every skip off"),
    "cascade": Command("&Cascade", "C", "Switch the skips off one by one; pause; go on"),
    "cascade_back": Command("Cascade &back", "Shift+C", "Switch the skips on again one by one"),
    "cascade_stop": Command("&Stop the cascade", "Esc", "The skips stay as they are"),
    "stage_1": Command("Stage &1 on or off", "1", "Switch the skips of stage 1"),
    "stage_2": Command("Stage &2 on or off", "2", "Switch the skips of stage 2"),
    "stage_3": Command("Stage &3 on or off", "3", "Switch the skips of stage 3"),
    "stage_4": Command("Stage &4 on or off", "4", "Switch the skips of stage 4"),
    "page_explorer": Command("&Explorer", "Ctrl+1", "See every block on your own photo"),
    "page_laboratory": Command(
        "&Laboratory", "Ctrl+2", "Build a network and watch its gradient before training"
    ),
    "page_training": Command(
        "&Training", "Ctrl+3", "Train a residual and a plain twin live, side by side"
    ),
    "page_instruments": Command(
        "&Instruments", "Ctrl+4", "Measure the network on screen more deeply"
    ),
    "page_degradation": Command(
        "&Degradation", "Ctrl+5", "How the twins of 20 and 56 layers learned, as measured"
    ),
    "page_compare": Command("&Compare", "Ctrl+7", "Two networks, or skips on and off, in step"),
    "page_story": Command("&The story", "Ctrl+6", "Depth, error and size in figures, with sources"),
    "fit": Command("&Fit the diagram", "F", "Show the whole diagram"),
    "find": Command("Fi&nd a layer…", "Ctrl+F", "Find a block or a layer in the diagram"),
    "play": Command("&Play the flow", "P", "Run data forwards and the gradient backwards"),
    "turn": Command("&Turn the diagram", "", "From left to right, or from top to bottom"),
    "zoom_in": Command("Zoom &in", "Ctrl++"),
    "zoom_out": Command("Zoom &out", "Ctrl+-"),
    "full_screen": Command("F&ull screen", "F11"),
    "reset_layout": Command("&Reset the layout", "", "Put every panel back in its place"),
    "glossary": Command("&Glossary…", "Ctrl+Shift+G", "What the words mean, in a few sentences"),
    "what_is_this": Command("&What is this?", "Shift+F1", "Click on a word to have it explained"),
    "shortcuts": Command("&Keyboard shortcuts", "F1"),
    "about": Command("&About"),
}

GROUPS: dict[str, tuple[str, ...]] = {
    "Everywhere": (
        *("open", "open_folder", "paste", "samples", "weights_file", "full_screen"),
        *("glossary", "what_is_this", "shortcuts", "quit"),
    ),
    "Pages": tuple(
        sorted(
            (name for name in COMMANDS if name.startswith("page_")),
            key=lambda name: COMMANDS[name].shortcut,
        )
    ),
    "Explorer": (
        *("target", "target_automatic", "skips_on", "skips_off"),
        *("stage_1", "stage_2", "stage_3", "stage_4"),
        *("cascade", "cascade_back", "cascade_stop"),
        *("find", "play", "fit", "zoom_in", "zoom_out"),
    ),
}
"""The commands with a shortcut, in the order in which the list of shortcuts has them."""


@dataclass(frozen=True)
class Key:
    """Keys that only one page or view takes: in Qt's notation or as it is read, and what for."""

    keys: str
    text: str


PAGE_KEYS: dict[str, dict[str, Key]] = {
    "diagram": {
        "blocks": Key("← → ↑ ↓", "Another block; in the layers, another layer"),
        "ends": Key("Home, End", "The first or the last one"),
        "skip": Key("Space", "Skip of the selected block on or off"),
        "explain": Key("E", "What the selected block's ⊕ adds"),
        "fold": Key("O", "Open or fold equal blocks"),
        "inwards": Key("Enter", "A finer level; on a convolution: how it computes"),
        "outwards": Key("Esc", "A coarser level, or close the search"),
    },
    "photo": {
        "move": Key("← → ↑ ↓", "Move the crop; with Shift in larger steps"),
        "size": Key("+, −", "Change its size"),
        "reset": Key("Home", "Take the whole photo again"),
    },
    "activations": {
        "channels": Key("← → ↑ ↓", "Choose a channel"),
        "large": Key("Enter", "Show it large"),
        "all": Key("Esc", "Show all channels"),
    },
    "gradient_flow": {"blocks": Key("← →", "Previous or next block")},
    "laboratory": {"sweep": Key("S", "Follow the gradient backwards; again: show it at once")},
    "training": {
        "start": Key("Space", "Start, pause or go on"),
        "step": Key(".", "A single step"),
        "reset": Key("R", "Back to the untrained networks"),
        "time": Key("← →", "Back and forth in time, on the time line"),
        "ends": Key("Home, End", "The first or the newest step, on the time line"),
    },
    "instruments": {"surface": Key("← → ↑ ↓", "Turn the loss surface")},
    "story": {
        "marks": Key("← →", "Previous or next network of a figure"),
        "open": Key("Enter", "Open it in the explorer"),
        "close": Key("Esc", "Close its card"),
    },
    "texts": {"links": Key("Tab, Enter", "Next link of a text, and what it leads to")},
}
"""By page or view; those that are called in Qt's notation are made from here."""

PAGE_TITLES = {
    "diagram": "In the diagram",
    "photo": "In the photo",
    "activations": "In the activations",
    "gradient_flow": "In the gradient flow",
    "laboratory": "Laboratory",
    "training": "Training",
    "instruments": "Instruments",
    "story": "The story",
    "texts": "In texts with links",
}


def make_actions(
    parent: QWidget, handlers: Mapping[str, Callable[[], object]]
) -> dict[str, QAction]:
    """A QAction for every command; ``handlers`` has one for each.

    Raises:
        KeyError: a command has no handler, or a handler no command.
    """
    if handlers.keys() != COMMANDS.keys():
        raise KeyError(sorted(handlers.keys() ^ COMMANDS.keys()))
    actions = {}
    for name, command in COMMANDS.items():
        action = QAction(command.text, parent)
        action.setShortcut(QKeySequence(command.shortcut))
        keys = f" ({command.shortcut})" if command.shortcut else ""
        action.setToolTip((command.tip or command.text.replace("&", "")) + keys)
        action.triggered.connect(lambda _=False, handler=handlers[name]: handler())
        parent.addAction(action)
        actions[name] = action
    return actions
