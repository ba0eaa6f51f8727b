"""What the window says when there is no result, and what it offers then."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from resnet_viz.engine.explorer import Explorer
from resnet_viz.engine.worker import Failure
from resnet_viz.networks import catalog
from resnet_viz.results.result import Snapshot
from resnet_viz.views.shell.message_bar import MessageBar
from resnet_viz.views.shell.opening import Opening
from resnet_viz.views.shell.status_bar import StatusBar


class Failures(QObject):
    """Says each failure and cancellation in the message area, with what can be done about it.

    ``untrained_if_missing`` is a network that another page has asked for, until it is there: if its
    weights cannot be had it is opened untrained.
    """

    def __init__(
        self,
        engine: Explorer,
        opening: Opening,
        message: MessageBar,
        status: StatusBar,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._engine, self._opening = engine, opening
        self._message, self._status = message, status
        self.untrained_if_missing = ""
        engine.failed.connect(self.say)
        engine.cancelled.connect(self._say_cancelled)

    def say(self, failure: Failure) -> None:
        """Say why there is no result."""
        asked = failure.snapshot
        retry, file, untrained = self._offers(asked)
        if self._engine.result is None:
            self._status.text.setText("No result yet")
        if failure.kind == "unavailable" and asked.network == self.untrained_if_missing:
            self.untrained_if_missing = ""
            self._engine.use_untrained(asked)
            title = catalog.find(asked.network).title
            self._message.say(
                f"{title} is shown with untrained weights: blocks, shapes and sizes are as they "
                f"are, but its answers mean nothing. {failure.sentence}",
                [retry, file],
            )
        elif failure.kind == "unavailable":
            self._message.say(failure.sentence, [retry, file, untrained])
        elif failure.kind == "no_torch":
            self._message.say(failure.sentence, [retry])
        else:
            self._message.say(failure.sentence)

    def _offers(self, asked: Snapshot) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("Retry", lambda: self._engine.try_again(asked)),
            ("Open file…", lambda: self._opening.ask_for_weights(asked.network)),
            ("Use untrained weights", lambda: self._engine.use_untrained(asked)),
        ]

    def _say_cancelled(self, sentence: str, asked: Snapshot) -> None:
        self._message.say(sentence, [] if self._engine.result else self._offers(asked)[:1])
