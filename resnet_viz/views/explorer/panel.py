"""What the panels around the block diagram have in common."""

from __future__ import annotations

from typing import Self

from PySide6.QtWidgets import QWidget

from resnet_viz.engine.explorer import Explorer
from resnet_viz.engine.state import ExplorerState
from resnet_viz.views.widgets.feature import Feature


class ExplorerPanel(Feature):
    """One panel: it shows each result, and may change ``state``."""

    def __init__(self, state: ExplorerState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state

    @classmethod
    def of(cls, explorer: Explorer) -> Self:
        """Make it for a window."""
        return cls(explorer.state)
