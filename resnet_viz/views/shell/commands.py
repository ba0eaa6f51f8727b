"""Every command of the window in one table: menus, toolbar, keys and the list of keys follow.

To add a command, add an entry. Names with dots lead from the window to what is meant:
"opening.paste" is ``window.opening.paste``, and "explorer.fit" the method of the page called
"explorer".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resnet_viz.networks import catalog
from resnet_viz.views.shell.page_stack import shortcut
from resnet_viz.views.shell.pages import PAGES

MOST_STAGES = 4


@dataclass(frozen=True)
class Command:
    """``handler`` is called with ``arguments``; ``keys`` are in Qt's notation.

    The command is in ``menu``, and a line separates it from what is in another ``section`` there.
    It can be used while the page ``on`` is on screen ("" for any) and ``enabled``, called with the
    same arguments, is true. ``checked`` makes it one that is on or off. ``subject`` is what it is
    about now, such as the step to be undone, and follows the text. While the command ``yields_to``
    is enabled, keys that both have are its.
    """

    name: str
    text: str
    handler: str
    menu: str
    section: int = 0
    keys: str = ""
    tip: str = ""
    on: str = ""
    enabled: str = ""
    checked: str = ""
    subject: str = ""
    yields_to: str = ""
    arguments: tuple[object, ...] = ()

    @property
    def plain_text(self) -> str:
        """The text without the mark of its access key."""
        return self.text.replace("&", "")


@dataclass(frozen=True)
class Submenu:
    """A menu in ``menu`` that ``fill`` fills each time that it opens: with it and ``arguments``."""

    text: str
    fill: str
    menu: str
    section: int = 0
    arguments: tuple[object, ...] = ()


@dataclass(frozen=True)
class PageCommands:
    """Stands where the commands that turn to the pages are."""

    menu: str
    section: int = 0


FILE, EDIT, NETWORK = "&File", "&Edit", "&Network"
SKIPS, VIEW, HELP = "&Skips", "&View", "&Help"

Line = Command | Submenu | PageCommands

COMMANDS: list[Line] = [
    Command(
        "open", "&Open a photo…", "opening.ask_for_photo", FILE, 0, "Ctrl+O",
        "Open a photo from a file",
    ),
    Command(
        "open_folder", "Open &folder…", "opening.ask_for_folder", FILE, 0, "Ctrl+Shift+O",
        "Step through the photos of a folder with the arrow keys",
    ),
    Command(
        "paste", "&Paste a photo", "opening.paste", FILE, 0, "Ctrl+V",
        "Take the picture or file on the clipboard",
    ),
    Command(
        "open_video", "Open a &video…", "live.ask_for_video", FILE, 0, "",
        "Play a video into the network, frame by frame",
    ),
    Submenu("&Camera", "live.fill_cameras", FILE, 0),
    Command(
        "freeze", "Free&ze the video or camera", "live.toggle_frozen", FILE, 0, "F",
        "Stay at this frame, or go on", enabled="live.is_on", checked="live.frozen",
    ),
    Command(
        "stop_live", "Stop the video or camera", "live.stop", FILE, 0, "",
        "The frame on screen stays, as a photo", enabled="live.is_on",
    ),
    Submenu("&Recent files", "opening.fill_recent", FILE, 0),
    Command(
        "samples", "&Sample photos…", "opening.show_gallery", FILE, 0, "Ctrl+G",
        "Pick one of the photos of the gallery",
    ),
    Command(
        "open_session", "Open a sessio&n…", "sessions.ask_to_open", FILE, 1, "",
        "Put back what was saved: network, photo, skips, page and choices",
    ),
    Command(
        "save_session", "&Save the session", "sessions.save", FILE, 1, "Ctrl+S",
        "Keep network, photo, skips, page and choices in a file",
    ),
    Command(
        "save_session_as", "Save the session &as…", "sessions.ask_to_save", FILE, 1,
        "Ctrl+Shift+S", "Keep it in another file",
    ),
    Command(
        "record", "Record a lec&ture…", "presenting.record", FILE, 2, "",
        "Make what is on screen a step; write its title, text, notes and question",
    ),
    Submenu("&Lectures", "presenting.fill_lectures", FILE, 2),
    Command(
        "export", "&Export…", "exporting.ask", FILE, 2, "Ctrl+E",
        "Write figures, the diagram and their numbers as PNG, SVG, PDF, CSV or JSON",
    ),
    Submenu("&Animation", "animating.fill", FILE, 2),
    Command(
        "handout", "&Hand-out…", "handouts.ask", FILE, 2, "",
        "Write what is on screen as a web page for students, which needs no network",
    ),
    Command("quit", "&Quit", "close", FILE, 3, "Ctrl+Q"),
    Command(
        "undo", "&Undo", "state.undo_stack.undo", EDIT, 0, "Ctrl+Z",
        "Take the last choice back", enabled="state.undo_stack.canUndo",
        subject="state.undo_stack.undoText",
    ),
    Command(
        "redo", "&Redo", "state.undo_stack.redo", EDIT, 0, "Ctrl+Shift+Z",
        "Choose again what was taken back", enabled="state.undo_stack.canRedo",
        subject="state.undo_stack.redoText",
    ),
    Command(
        "palette", "&Find anything…", "dialogs.find_anything", EDIT, 1, "Ctrl+K; Ctrl+Shift+P",
        "Commands, networks, layers, pages and words by a few letters",
    ),
    Command(
        "copy", "&Copy", "copying.copy", EDIT, 1, "Ctrl+C",
        "Copy the panel with the focus, or the page: its picture, and its numbers as text",
    ),
    Command(
        "copy_picture", "Copy the &picture", "copying.copy_picture", EDIT, 1, "",
        "Copy the picture of the panel with the focus, or of the page",
    ),
    Command(
        "copy_numbers", "Copy the &numbers", "copying.copy_numbers", EDIT, 1, "",
        "Copy the numbers of the panel with the focus, or of the page, for a spreadsheet",
    ),
    Command(
        "copy_python", "Copy as P&ython", "copying.copy_python", EDIT, 1, "",
        "Copy a script that computes these numbers without this program",
    ),
    *(
        Submenu(group, "choices.fill_networks", NETWORK, 0, (group,))
        for group in dict.fromkeys(spec.group for spec in catalog.CATALOG.values())
    ),
    Command(
        "weights_default", "&Default weights", "choices.use_weights", NETWORK, 1, "",
        "The embedded or the official weights", arguments=("default",),
    ),
    Command(
        "weights_file", "Weights from a &file…", "opening.ask_for_weights", NETWORK, 1, "Ctrl+W",
        "Open weights, and the network that they are for",
    ),
    Command(
        "reading", "&How the file was read…", "checkpoints.show_reading", NETWORK, 1, "",
        "See and set what a file of weights cannot show", enabled="checkpoints.has_reading",
    ),
    Command(
        "weights_untrained", "&Untrained weights", "choices.use_weights", NETWORK, 1, "",
        "The bare initialisation", arguments=("untrained",),
    ),
    Command(
        "mirror", "Download &mirror…", "choices.ask_for_mirror", NETWORK, 1, "",
        "Fetch official weights from another address",
    ),
    Command(
        "prepare", "Prepare for a &lecture…", "preparing.ask", NETWORK, 1, "",
        "Download now what will be needed without a network",
    ),
    Command(
        "preprocessing", "&Preprocessing…", "checkpoints.ask_for_preprocessing", NETWORK, 2, "",
        "Set the size, the mean and the deviation of the input",
    ),
    Command(
        "class_names", "&Class names…", "checkpoints.ask_for_class_names", NETWORK, 2, "",
        "Take the names of the classes from a file",
    ),
    Command(
        "target", "&Target class…", "explorer.ask_for_target", NETWORK, 3, "Ctrl+T",
        "Choose the class that the gradient is for",
    ),
    Command(
        "target_automatic", "&Automatic target", "explorer.state.set_target", NETWORK, 3,
        "Ctrl+Shift+T", "Target the top class", arguments=(None,),
    ),
    Submenu("&Device", "choices.fill_devices", NETWORK, 4),
    Command(
        "skips_on", "All skips &on", "explorer.engine.set_all_skips", SKIPS, 0, "A",
        "Switch every skip on", on="explorer", enabled="explorer.has_skips", arguments=(True,),
    ),
    Command(
        "skips_off", "All skips o&ff", "explorer.engine.set_all_skips", SKIPS, 0, "0",
        "Switch every skip off", on="explorer", enabled="explorer.has_skips",
        arguments=(False,),
    ),
    Command(
        "cascade", "&Cascade", "explorer.toggle_cascade", SKIPS, 1, "C",
        "Switch the skips off one by one; pause; go on", on="explorer",
        enabled="explorer.has_skips",
    ),
    Command(
        "cascade_back", "Cascade &back", "explorer.cascade_back", SKIPS, 1, "Shift+C",
        "Switch the skips on again one by one", on="explorer",
        enabled="explorer.cascade_can_go_back",
    ),
    Command(
        "cascade_stop", "&Stop the cascade", "explorer.cascade.stop", SKIPS, 1, "Esc",
        "The skips stay as they are", on="explorer", enabled="explorer.cascade_is_on",
    ),
    *(
        Command(
            f"stage_{number}", f"Stage &{number} on or off", "explorer.toggle_stage", SKIPS, 2,
            str(number), f"Switch the skips of stage {number}", on="explorer",
            enabled="explorer.has_stage", arguments=(number,),
        )
        for number in range(1, MOST_STAGES + 1)
    ),
    Submenu("&Theme", "choices.fill_themes", VIEW, 0),
    Command(
        "motion", "&Moving curves", "choices.toggle_motion", VIEW, 0, checked="choices.motion"
    ),
    Submenu("Te&xt size", "choices.fill_text_sizes", VIEW, 0),
    Command(
        "text_larger", "&Larger text", "choices.change_text_size", VIEW, 0, "Ctrl+Shift++",
        "Larger text, lines and marks, in every theme", arguments=(1,),
    ),
    Command(
        "text_smaller", "&Smaller text", "choices.change_text_size", VIEW, 0, "Ctrl+Shift+-",
        "Smaller text, lines and marks, in every theme", arguments=(-1,),
    ),
    Command(
        "present", "P&resent", "presenting.toggle", VIEW, 0, "F5",
        "Over a whole screen, large: the open lecture, or this page",
    ),
    Submenu("Present o&n", "presenting.fill_screens", VIEW, 0),
    Submenu("&Panels", "explorer.fill_panels", VIEW, 0),
    PageCommands(VIEW, 1),
    Command(
        "fit", "&Fit the diagram", "explorer.diagram.fit", VIEW, 2, "F", "Show the whole diagram",
        yields_to="freeze",
    ),
    Command("zoom_in", "Zoom &in", "explorer.diagram.zoom_in", VIEW, 2, "Ctrl++"),
    Command("zoom_out", "Zoom &out", "explorer.diagram.zoom_out", VIEW, 2, "Ctrl+-"),
    Command(
        "find", "Fi&nd a layer…", "explorer.diagram.open_search", VIEW, 2, "Ctrl+F",
        "Find a block or a layer in the diagram",
    ),
    Command(
        "play", "&Play the flow", "explorer.diagram.play", VIEW, 2, "P",
        "Run data forwards and the gradient backwards",
    ),
    Command(
        "turn", "&Turn the diagram", "explorer.diagram.turn", VIEW, 2, "",
        "From left to right, or from top to bottom",
    ),
    Command(
        "enlarge", "&Enlarge or put back", "zoom.toggle", VIEW, 3, "Z",
        "One panel, plot or picture over the whole page; arrow keys go on to the next",
    ),
    Command("full_screen", "F&ull screen", "toggle_full_screen", VIEW, 3, "F11"),
    Command(
        "reset_layout", "&Reset the layout", "explorer.reset_layout", VIEW, 3, "",
        "Put every panel back in its place",
    ),
    Command(
        "welcome", "&Welcome", "dialogs.show_welcome", HELP, 0, "", "What there is to begin with"
    ),
    Command(
        "glossary", "&Glossary…", "dialogs.show_glossary", HELP, 0, "Ctrl+Shift+G",
        "What the words mean, in a few sentences",
    ),
    Command(
        "what_is_this", "&What is this?", "what_is_this.begin", HELP, 0, "Shift+F1",
        "Click on a word to have it explained",
    ),
    Command("shortcuts", "&Keyboard shortcuts", "dialogs.show_shortcuts", HELP, 0, "F1"),
    Command(
        "reset", "&Reset to defaults…", "dialogs.ask_to_reset", HELP, 0, "",
        "Theme, text, keys, layout and the other settings as at the first start",
    ),
    Command("about", "&About", "dialogs.show_about", HELP, 0),
]  # fmt: skip
"""In the order of the menus."""


def entries() -> Iterator[Command | Submenu]:
    """The whole table, with a command for each page."""
    for entry in COMMANDS:
        if isinstance(entry, PageCommands):
            for number, page in enumerate(PAGES, start=1):
                yield Command(
                    f"page_{page.name}",
                    f"&{page.title}",
                    "turn_to_page",
                    entry.menu,
                    entry.section,
                    shortcut(number),
                    page.tip,
                    arguments=(page.name,),
                )
        else:
            yield entry


def commands() -> list[Command]:
    """The commands of `entries`."""
    return [entry for entry in entries() if isinstance(entry, Command)]
