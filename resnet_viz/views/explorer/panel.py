"""What the panels around the block diagram have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from PySide6.QtWidgets import QWidget

from resnet_viz.engine.explorer import Explorer
from resnet_viz.engine.state import ExplorerState
from resnet_viz.export.script import script_of
from resnet_viz.results.result import Result
from resnet_viz.views.widgets.feature import Feature


class ExplorerPanel(Feature):
    """One panel: it shows each result, and may change ``state``."""

    def __init__(self, state: ExplorerState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state

    @property
    def controls(self) -> Sequence[QWidget]:
        """What is there to be clicked, and tells an audience nothing."""
        return ()

    def leave_controls(self) -> None:
        """Do without them, for the picture that an audience sees."""
        away = QWidget(self)
        away.hide()
        for control in self.controls:
            control.setParent(away)  # so that it stays hidden whatever is shown later

    def script(self, result: Result | None) -> str:
        """That of the figure on screen, for the block that is chosen."""
        figures = self.figures()
        if result is None or not figures:
            return super().script(result)
        known = [block.name for block in result.now.blocks]
        block = self._state.block if self._state.block in known else ""
        titles = [panel.title.removeprefix("channel ") for panel in figures[0].panels]
        channels = tuple(int(title) for title in titles if title.isdecimal())
        return script_of(result, figures[0].name, block, channels)

    @classmethod
    def of(cls, explorer: Explorer) -> Self:
        """Make it for a window."""
        return cls(explorer.state)
