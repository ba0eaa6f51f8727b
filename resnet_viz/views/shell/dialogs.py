"""What the window opens over itself, and its title."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from resnet_viz.results.result import Result
from resnet_viz.views.help.glossary import glossary_of
from resnet_viz.views.shell.palette import Palette
from resnet_viz.views.shell.shortcuts import ShortcutsDialog
from resnet_viz.views.shell.welcome import SEEN, Welcome

if TYPE_CHECKING:
    from resnet_viz.views.shell.main_window import MainWindow

ABOUT = """
<p>See what every block of a residual network does with your image, forwards and backwards, and
switch the skips off to see what they are for.</p>
<p>He, Zhang, Ren and Sun, “Deep Residual Learning for Image Recognition”, arXiv:1512.03385.</p>
"""


class Dialogs:
    """Each opens one over ``window``."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def show_glossary(self) -> None:
        glossary_of(self._window).bring_up()

    def show_shortcuts(self) -> None:
        window = self._window
        dialog = ShortcutsDialog(window, window.settings, window.menus.take_keys)
        dialog.exec()
        dialog.deleteLater()  # or the window would keep it

    def show_welcome(self) -> None:
        """Offer what there is to begin with, over the page."""
        self._window.settings.setValue(SEEN, True)
        welcome = Welcome(self._window)
        welcome.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        welcome.show()
        welcome.raise_()
        welcome.setFocus()

    def find_anything(self) -> None:
        Palette(self._window).show()

    def ask_to_reset(self) -> None:
        """Forget all settings, if the user says so."""
        window, buttons = self._window, QMessageBox.StandardButton
        answer = QMessageBox.question(
            window,
            "Reset to defaults?",
            "Theme, size of text, keys, layout, device, download mirror and the list of recent "
            "files go back to what they were at the first start. Photos, weights and sessions "
            "stay as they are.",
            buttons.Reset | buttons.Cancel,
            buttons.Cancel,
        )
        if answer == buttons.Reset:
            window.settings.clear()
            window.choices.take_settings()
            window.menus.take_keys()
            explorer: Any = window.explorer
            explorer.reset_layout()

    def show_about(self) -> None:
        QMessageBox.about(self._window, "ResNet Explorer", ABOUT)


def title_of(result: Result | None, session: Path | None) -> str:
    """What the window shows now: the session's file, the network, the photo, the program."""
    title = "ResNet Explorer"
    if result is not None:
        untrained = "" if result.weights.trained else " (untrained)"
        title = f"{result.structure.title}{untrained} – {result.snapshot.photo.name} – {title}"
    return title if session is None else f"{session.name}[*] – {title}"
