"""What a hand-out is made of: one network on one photo, in states that were computed before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Structure
from resnet_viz.results.attribution import AttributionRequest, AttributionResult
from resnet_viz.results.result import Result, Snapshot

STRENGTHS = (1.0, 0.75, 0.5, 0.25, 0.0)
"""The steps of the slider; the ends are all skips on and all off."""

MOST_BLOCKS = 64
"""With more skips than this, not every one gets a state of its own."""

PATIENCE = 300.0
"""Seconds that all states may take; a slower network gets fewer."""


@dataclass(frozen=True)
class Question:
    """A question of a lecture with its answers; ``right`` is the place of the one that was measured
    to be right, if it was, and ``measured`` says what was measured."""

    text: str
    answers: tuple[str, ...] = ()
    right: int | None = None
    measured: str = ""


@dataclass(frozen=True)
class HandoutRequest:
    """A hand-out of ``snapshot``, whose gates are the state that is shown first.

    ``title`` and ``questions`` are those of the lecture that it belongs to, if any;
    ``attribution`` is what else is to be explained of it, if anything.
    """

    snapshot: Snapshot
    title: str = ""
    questions: tuple[Question, ...] = ()
    attribution: AttributionRequest | None = None


@dataclass(frozen=True)
class State:
    """Gates to compute: ``key`` is short and fit for an address, ``title`` for people."""

    key: str
    title: str
    gates: GateSettings


@dataclass(frozen=True)
class Computed:
    """A state and what it gave; the maps of activations and gradients themselves are let go."""

    state: State
    result: Result


@dataclass(frozen=True)
class Handout:
    """``states`` are in the order of `states_of`; ``first`` is the key of the one to show first.

    ``left_out`` are the blocks that got no state of their own, and ``why`` says why.
    """

    request: HandoutRequest
    states: tuple[Computed, ...]
    first: str
    left_out: tuple[str, ...] = ()
    why: str = ""
    attribution: AttributionResult | None = None

    @property
    def on(self) -> Result:
        """The network with all its skips."""
        return self.states[0].result

    @property
    def shown(self) -> Computed:
        """The state that is shown first."""
        return next(one for one in self.states if one.state.key == self.first)


@dataclass(frozen=True)
class WriteHandout:
    """Compute a hand-out and write it to ``path``."""

    request: HandoutRequest
    path: Path


@dataclass(frozen=True)
class Written:
    """The file is there; ``size`` is in bytes, and ``left_out`` a sentence or ""."""

    path: Path
    size: int
    left_out: str = ""


def strength_key(strength: float) -> str:
    """The key of the state with all skips at ``strength``."""
    return {1.0: "on", 0.0: "off"}.get(strength, f"strength{round(100 * strength)}")


def states_of(
    structure: Structure, now: GateSettings, blocks: tuple[str, ...] | None = None
) -> tuple[State, ...]:
    """All on first, then the strengths down to all off, each stage off, each of ``blocks`` off (all
    that have a skip where it is None), and ``now`` if it is none of these."""
    return tuple(_with_now(_states(structure, blocks), now))


def _states(structure: Structure, blocks: tuple[str, ...] | None) -> Iterator[State]:
    skips = structure.skips
    on = GateSettings()
    if not skips:
        yield State("on", "The network has no skips", on)
        return
    yield State("on", "All skips on", on)
    for strength in STRENGTHS[1:-1]:
        title = f"All skips × {strength:g}"
        yield State(strength_key(strength), title, on.with_skips(skips, strength))
    yield State("off", "All skips off", on.with_skips(skips, 0.0))
    for stage in structure.stages:
        if stage.skips:
            title = f"Skips of stage {stage.number} off"
            yield State(f"stage{stage.number}", title, on.with_skips(stage.skips, 0.0))
    for name in skips if blocks is None else blocks:
        yield State(f"block-{name}", f"Skip of block {name} off", on.with_skips([name], 0.0))


def _with_now(states: Iterator[State], now: GateSettings) -> Iterator[State]:
    seen: set[GateSettings] = set()
    for state in states:
        if state.gates not in seen:  # a stage of one block is that block
            seen.add(state.gates)
            yield state
    if now not in seen:
        yield State("now", "As set when this was made", now)


def chosen_blocks(structure: Structure, most: int) -> tuple[str, ...]:
    """At most ``most`` of the blocks that have a skip, evenly from input to output."""
    skips = structure.skips
    if len(skips) <= most:
        return skips
    if most < 1:
        return ()
    places = sorted({round(n * (len(skips) - 1) / max(1, most - 1)) for n in range(most)})
    return tuple(skips[place] for place in places)
