"""What the instruments that measure methods of attribution have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.results.attribution_methods import METHODS, SMALL, TOGETHER
from resnet_viz.results.result import Result
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.widgets.time_left import TimeLeft


class MapsPanel(Panel):
    """Maps of chosen methods, some of which are of the selected block.

    A measurement is promised to take what the last one has taken for its cost; while it runs, the
    time that is left is told. A subclass says of which block its maps are (``shown_block``), how
    long they took (``taken``), what is chosen costs (``work``, in gradients), and calls
    ``promise`` before it measures.
    """

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self._channels: dict[str, int] = {}
        self._batched = False
        self._promised: tuple[float, float] | None = None
        self._truth = 1.0
        self.left = TimeLeft(self.channel)
        self.left.told.connect(self._tell_left)
        self.channel.ended.connect(self._learn)
        self.progress.cancel.clicked.connect(self.left.forget)
        state.block_changed.connect(lambda _: self._block_changed())

    def shown_block(self) -> str | None:
        """The block that the maps on screen are of; None where no other would give others."""
        raise NotImplementedError

    def taken(self) -> float | None:
        """How many seconds the last measurement has taken."""
        raise NotImplementedError

    def work(self, costs: list[float]) -> float:
        """What the chosen measurement costs, of methods whose maps have these ``costs``."""
        raise NotImplementedError

    def methods_chosen(self) -> tuple[str, ...]:
        raise NotImplementedError

    def passes(self) -> float | None:
        """The cost of what is chosen, corrected by what the last measurement took."""
        if not self._channels:
            return None
        channels = self._channels.get(self.block()) or list(self._channels.values())[-1]
        work = self.work([METHODS[name].worth(channels) for name in self.methods_chosen()])
        # Small pictures go through the network many at once, which is quicker for each.
        return self._truth * (2 + 2 * work * (TOGETHER if self._batched else 1))

    def promise(self) -> None:
        """A measurement begins: remember how long it is said to take."""
        seconds = self.seconds()
        self._promised = None if seconds is None else (seconds, self._truth)

    def block(self) -> str:
        """The selected block; "" for the last."""
        return self.state.block if self.state.block in self._channels else ""

    @property
    def stale(self) -> bool:
        """True too where a method of the block shows another block than the selected one."""
        shown = self.shown_block()
        if super().stale or shown is None:
            return super().stale
        return (self.block() or next(reversed(self._channels), shown)) != shown

    def show_result(self, result: Result) -> None:
        """Count the channels, by which the time is told."""
        self._channels = {one.name: len(one.activation) for one in result.now.blocks}
        self._batched = result.weights.trained and max(result.network_input.shape[:2]) <= SMALL
        self._mark()

    def menu_of(
        self, name: str, items: Mapping[str, tuple[str, str]], chosen: tuple[str, ...]
    ) -> tuple[QToolButton, dict[str, QAction]]:
        """A button with an item to tick for each title and tip, and the items by their keys."""
        button = QToolButton()
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setAccessibleName(name)
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        menu.setAccessibleName(name)
        ticks = {}
        for key, (title, tip) in items.items():
            tick = menu.addAction(title)
            tick.setCheckable(True)
            tick.setChecked(key in chosen)
            tick.setToolTip(tip)
            tick.toggled.connect(lambda _: self.ticked())
            ticks[key] = tick
        button.setMenu(menu)
        return button, ticks

    def ticked(self) -> None:
        """Something was ticked: say how long that takes."""
        self._tell_time()

    def _block_changed(self) -> None:
        self._mark()
        self._tell_time()

    def _tell_left(self, sentence: str) -> None:
        """While it runs the time left is told, else how long a measurement takes."""
        if sentence:
            self.takes.setText(f"{sentence}.")
        else:
            self._tell_time()

    def _learn(self) -> None:
        """Promise what the measurement that has just ended has taken."""
        taken = self.taken()
        if self._promised is not None and taken is not None and self._promised[0] > 0:
            promised, truth = self._promised
            self._truth = truth * taken / promised
        self._promised = None
        self._tell_time()


def chosen(ticks: Mapping[str, QAction]) -> tuple[str, ...]:
    """The keys of what is ticked, in the order of the list."""
    return tuple(name for name, tick in ticks.items() if tick.isChecked())


def counted(count: int, word: str) -> str:
    """Such as "1 method" or "4 methods"."""
    return f"{count} {word}{'' if count == 1 else 's'}"
