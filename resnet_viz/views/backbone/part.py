"""What the parts of the backbone page have in common."""

from __future__ import annotations

from collections.abc import Callable

from resnet_viz.engine.channel import Channel
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.views.widgets.feature import Feature
from resnet_viz.views.widgets.progress_row import ProgressRow


class Part(Feature):
    """A part of the page, with a task of its own and a row that shows how far it is.

    ``say`` puts a sentence into the message area.
    """

    NAME = ""

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__()
        self.state, self.worker, self.say = state, worker, say
        self.channel = Channel(worker, f"backbone {self.NAME}", self)
        self.progress = ProgressRow(self.channel)
