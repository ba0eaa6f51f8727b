"""What a task is given by whoever runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resnet_viz.results.task import IDLE, Cancelled

if TYPE_CHECKING:
    from resnet_viz.analysis.session import Session


@dataclass(frozen=True)
class TaskContext:
    """What a task is given beside its request.

    ``session`` holds the network on screen; ``commands`` takes what the task has been told since
    it last asked, oldest first; ``cancelled`` says whether the task is to stop (`Cancelled`), and
    is worth asking inside a step that takes long.
    """

    session: Session
    commands: Callable[[], list[object]]
    cancelled: Callable[[], bool]

    def stop_if_cancelled(self) -> None:
        """
        Raises:
            Cancelled: the task is to stop.
        """
        if self.cancelled():
            raise Cancelled

    def newest(self, waiting: list[object]) -> object:
        """The last of what waits and of what the task has been told since; IDLE if there is none.

        Nothing waits any more then.
        """
        told = [*waiting, *self.commands()]
        waiting.clear()
        return told[-1] if told else IDLE
