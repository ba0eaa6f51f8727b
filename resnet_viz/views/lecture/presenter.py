"""Runs a lecture: sets the program as each step says, asks, and marks what is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from resnet_viz.engine.explorer import Explorer
from resnet_viz.export.lecture import Lecture, Step
from resnet_viz.export.lecture_state import needs_structure, session_of
from resnet_viz.export.session import Json, Session
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.measures import MEASURES, measured
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.views.diagram.view import DiagramView
from resnet_viz.views.lecture.keys import Binding
from resnet_viz.views.lecture.stage import Stage

TICK = 200
"""Milliseconds between two looks at whether what was asked for has been measured."""

_QUIET = 4  # ticks without work after which what is there counts as measured
_PATIENCE = 450  # ticks after which nobody waits any longer


class Host(Protocol):
    """The window whose program a lecture sets."""

    engine: Explorer
    actions_by_name: dict[str, QAction]

    def apply_session(self, session: Session) -> None: ...
    @property
    def settled(self) -> bool: ...
    def figures_on_screen(self) -> Sequence[Figure]: ...
    def results_on_screen(self) -> Sequence[object]: ...
    def make_part(self, name: str) -> QWidget: ...
    def begin_measuring(self) -> None: ...
    def say(self, sentence: str) -> None: ...


class Presenter(QObject):
    """``lecture`` step by step on ``stage``; without one, what is on screen as it is.

    ``moved`` says that another step, or its answer, is on the stage; ``ended`` that the lecturer is
    done; ``marked`` carries a measured value when it has been marked or shown.
    """

    moved = Signal()
    marked = Signal(float)
    ended = Signal()

    def __init__(self, host: Host, lecture: Lecture | None, page: str = "explorer") -> None:
        super().__init__()
        self.host = host
        self.lecture = lecture or Lecture("")
        self.steps: tuple[Step, ...] = self.lecture.steps or (Step(""),)
        self.free = not self.lecture.steps
        """True where there is no lecture: nothing is set."""
        self.page = page
        self.number = -1
        self.asking = False
        """True while a question waits for the hall."""
        self.guesses: dict[int, int | None] = {}
        self.values: dict[int, float] = {}
        """What was measured for each step's question."""
        self.stage = Stage(host.make_part)
        self.stage.overview.itemActivated.connect(lambda _: self._chosen())
        self.stage.overview.itemClicked.connect(lambda _: self._chosen())
        self._wanted: Mapping[str, Json] | None = None
        self._begins = self._held = False
        self._quiet = self._waited = 0
        self._busy = False
        self._timer = QTimer(self, interval=TICK)
        self._timer.timeout.connect(self._look)
        engine = host.engine
        engine.result_changed.connect(self._show_result)
        engine.structure_changed.connect(self._structure_known)
        engine.worker.busy_changed.connect(self._busy_changed)
        if engine.result is not None:
            self.stage.show_result(engine.result)

    def close(self) -> None:
        """Hear of nothing any more."""
        self._timer.stop()
        engine = self.host.engine
        engine.result_changed.disconnect(self._show_result)
        engine.structure_changed.disconnect(self._structure_known)
        engine.worker.busy_changed.disconnect(self._busy_changed)

    @property
    def step(self) -> Step:
        """The one on the stage."""
        return self.steps[self.number]

    @property
    def following(self) -> Step | None:
        """The one after it."""
        return self.steps[self.number + 1] if self.number + 1 < len(self.steps) else None

    @property
    def place(self) -> str:
        """Which of how many it is."""
        return "" if self.free else f"{self.number + 1} / {len(self.steps)}"

    @property
    def measuring(self) -> bool:
        """True until what the step asks for is there."""
        return self._timer.isActive() and self.stage.working.isVisibleTo(self.stage)

    # ---- going through it

    def go(self, number: int, answered: bool = False) -> None:
        """Show a step; its question first, if it has one that was not ``answered``."""
        if not 0 <= number < len(self.steps):
            return
        if self.asking and self.number >= 0:
            self.guesses[self.number] = self.stage.question.guess
        self.number = number
        self._wanted = None
        self._timer.stop()
        self.stage.working.setVisible(False)
        predict = self.step.predict
        self.asking = predict is not None and not answered
        self.stage.veil.clear()
        self.stage.overview.hide()
        if predict is not None and self.asking:
            self.stage.ask(self.step, self.place, predict, self.guesses.get(number))
        else:
            self.again()
        self.moved.emit()

    def next(self) -> None:
        """The answer to the question, or the next step."""
        if self.asking:
            self.guesses[self.number] = self.stage.question.guess
            self.go(self.number, answered=True)
        else:
            self.go(self.number + 1)

    def back(self) -> None:
        """The question of this step, or the step before, answered."""
        if not self.asking and self.step.predict is not None:
            self.go(self.number)
        else:
            self.go(self.number - 1, answered=True)

    def again(self) -> None:
        """Set everything as the step says, and show it."""
        if self.free:
            shown = ["diagram", "gradient_flow"] if self.page == "explorer" else ["figure"]
            self.stage.show_step(self.step, "", shown, "rows")
            self.stage.show_figures(self.host.figures_on_screen())
            self._timer.start()
            return
        self.asking = False
        state = self.lecture.state(self.number)
        self._set(state, self.host.engine.structure)
        layout, guess = str(state.get("layout", "rows")), self.guesses.get(self.number)
        self.stage.show_step(self.step, self.place, state["show"], layout, guess)
        self._begins = True
        self._held = not self._network_known()
        self.stage.hold(self._held)
        self._quiet = self._waited = 0
        self.stage.working.setVisible(True)
        self._timer.start()

    def do(self, binding: Binding) -> None:
        """What a key stands for."""
        stage, veil = self.stage, self.stage.veil
        deed = binding.deed
        deeds: dict[str, Callable[[], None]] = {
            "next": self.next,
            "back": self.back,
            "again": lambda: self.go(self.number, answered=True),
            "black": lambda: veil.set_blank("" if veil.blank == "black" else "black"),
            "white": lambda: veil.set_blank("" if veil.blank == "white" else "white"),
            "freeze": lambda: veil.set_frozen(None if veil.frozen else stage.grab()),
            "overview": self._overview,
            "enlarge": self._enlarge,
            "spotlight": lambda: veil.set_spotlight(not veil.spotlight),
            "pen": lambda: veil.set_pen(not veil.pen),
            "clear": veil.clear,
            "notes": lambda: stage.show_notes("" if stage.notes.isVisible() else self.step.notes),
            "end": self._end,
        }
        if deed == "window":
            self.host.actions_by_name[binding.command].trigger()
        else:
            deeds[deed]()

    def _end(self) -> None:
        """Close what lies over the picture, or the presentation."""
        if self.stage.overview.isVisible():
            self.stage.overview.hide()
        elif self.stage.large is not None:
            self.stage.enlarge(None)
        else:
            self.ended.emit()

    def _enlarge(self) -> None:
        now = self.stage.large
        self.stage.enlarge(0 if now is None else now + 1)

    def _overview(self) -> None:
        if self.stage.overview.isVisible():
            self.stage.overview.hide()
        elif not self.free:
            titles = {number: step.title for number, step in enumerate(self.steps)}
            self.stage.overview.offer(titles, self.number)

    def _chosen(self) -> None:
        self.go(self.stage.overview.currentRow(), answered=False)

    # ---- setting the program

    def _set(self, state: Mapping[str, Json], structure: Structure | None) -> None:
        """Set what ``state`` says; gates follow when the network's blocks are known."""
        known = structure is not None and structure.network == state["network"]
        folder = self.lecture.path.parent if self.lecture.path is not None else None
        now = self.host.engine.state.snapshot
        session, said = session_of(state, now, folder, structure if known else None)
        self._wanted = None if known or not needs_structure(state) else state
        self.host.apply_session(session)
        if said:
            self.host.say(" ".join(said))

    def _structure_known(self, structure: Structure) -> None:
        self._release()
        wanted = self._wanted
        if wanted is not None and structure.network == wanted["network"]:
            self._set(wanted, structure)

    # ---- what comes

    def _busy_changed(self, busy: bool) -> None:
        self._busy, self._quiet = busy, 0

    def _show_result(self, result: Result) -> None:
        self.stage.show_result(result)

    def _network_known(self) -> bool:
        """True if the diagram shows the network that is chosen now."""
        structure = self.host.engine.structure
        return (
            structure is not None and structure.network == self.host.engine.state.snapshot.network
        )

    def _release(self) -> None:
        if self._held and self._network_known():
            self._held = False
            self.stage.hold(False)

    def _current(self) -> bool:
        """True if the explorer's result is that of what is chosen now."""
        engine = self.host.engine
        return engine.result is not None and engine.result.snapshot == engine.state.snapshot

    def _look(self) -> None:
        """Take what the pages show; mark the answer once nothing is at work any more."""
        self._waited += 1
        self._release()
        self._quiet = 0 if self._busy or self._wanted is not None else self._quiet + 1
        figures: Sequence[Figure] = ()
        waiting = not self.free and self.stage.working.isVisibleTo(self.stage)
        if self.host.settled and (waiting or self._busy or self._quiet <= 2 * _QUIET):
            figures = self.host.figures_on_screen()
            self.stage.show_figures(figures)
        if not waiting:
            return
        if self._begins and self._current():
            self._begin_action()
            return
        there = bool(figures) or not self.stage.shows_figures
        done = self._quiet >= _QUIET and self._current() and there and self.host.settled
        if done or self._waited > _PATIENCE:
            self.stage.working.setVisible(False)
            self._mark()

    def _begin_action(self) -> None:
        """What the step begins by itself, once the program is set."""
        self._begins = False
        state = self.lecture.state(self.number)
        action, diagram = str(state.get("do", "")), self.stage.part("diagram")
        if "level" in state and isinstance(diagram, DiagramView):
            diagram.set_level(state["level"], str(state.get("block", "")))
        if action == "play" and isinstance(diagram, DiagramView):
            diagram.play()
        elif action == "cascade":
            self.host.actions_by_name["cascade"].trigger()
        elif action == "measure":
            self.host.begin_measuring()
            self._quiet = 0

    def _mark(self) -> None:
        self.stage.show_figures(self.host.figures_on_screen())
        results = [self.host.engine.result, *self.host.results_on_screen()]
        predict = self.step.predict
        if predict is not None:
            value = measured(predict.measure, results)
            self.values[self.number] = value
            self.stage.question.mark(value)
            self.marked.emit(value)
        lines = []
        for name in self.lecture.state(self.number).get("measured", ()):
            one = MEASURES[name]
            lines.append(f"{one.title}: {one.text(measured(name, results))}")
        self.stage.show_measured(lines)
        self.moved.emit()
