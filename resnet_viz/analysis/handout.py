"""One pass for each state of a hand-out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from resnet_viz.analysis import devices
from resnet_viz.analysis.attribution import task as attribution
from resnet_viz.analysis.probe import Prober
from resnet_viz.analysis.task import TaskContext
from resnet_viz.images.photo import clamp_crop, default_crop
from resnet_viz.networks.structure import Structure
from resnet_viz.results.attribution import AttributionResult
from resnet_viz.results.handout import (
    MOST_BLOCKS,
    PATIENCE,
    Computed,
    Handout,
    HandoutRequest,
    chosen_blocks,
    states_of,
)
from resnet_viz.results.result import Pass, Result
from resnet_viz.results.task import Progress

_NOTHING = np.zeros((0, 0, 0), np.float32)


def run(request: HandoutRequest, context: TaskContext) -> Iterator[object]:
    """Compute every state; yields `Progress` after each, then the `Handout`.

    The target is the snapshot's, or the most probable class with all skips on, in every state.

    Raises:
        As `Session.subject`, and as `attribution.run`.
    """
    snapshot = request.snapshot
    yield Progress("Preparing the network", 0, 0)
    subject = context.session.subject(snapshot, context.cancelled)
    structure, spec = subject.structure, subject.spec
    asked = snapshot.crop or default_crop(snapshot.photo, spec.crop_fraction)
    crop = clamp_crop(asked, snapshot.photo)
    device = devices.title(subject.image.device)
    blocks = chosen_blocks(structure, MOST_BLOCKS)
    states = list(states_of(structure, snapshot.gates, blocks))
    prober = Prober(subject.network, subject.gates)
    computed: list[Computed] = []
    all_on: Pass | None = None
    fewest = len(states) - len(blocks)
    why = _fewer(blocks, structure, "to keep this file small")
    while len(computed) < len(states):
        state = states[len(computed)]
        yield Progress(f"Hand-out: {state.title}", len(computed), len(states))
        context.stop_if_cancelled()
        subject.gates.set(state.gates)
        target = snapshot.target if all_on is None else all_on.target
        start = time.perf_counter()
        passed = prober.probe(subject.image, target, context.cancelled)
        seconds = time.perf_counter() - start
        now = _light(passed)
        all_on = all_on or now
        computed.append(
            Computed(
                state,
                Result(
                    replace(snapshot, gates=state.gates),
                    structure,
                    subject.labels,
                    subject.weights,
                    device,
                    crop,
                    subject.picture,
                    now,
                    all_on,
                ),
            )
        )
        most = max(0, int(PATIENCE / seconds) - fewest)
        if len(computed) == 2 and most < len(blocks):  # the first pass is slower than the others
            blocks = chosen_blocks(structure, most)
            states = list(states_of(structure, snapshot.gates, blocks))
            why = _fewer(blocks, structure, "to keep the waiting short")
    first = next(one.state.key for one in computed if one.state.gates == snapshot.gates)
    left_out = tuple(name for name in structure.skips if name not in blocks)
    attributed = None
    if request.attribution is not None:
        for update in attribution.run(request.attribution, context):
            if isinstance(update, AttributionResult):
                attributed = update
            else:
                yield update
    yield Handout(request, tuple(computed), first, left_out, why, attributed)


def _fewer(blocks: tuple[str, ...], structure: Structure, reason: str) -> str:
    """Why not every block has a state of its own; "" where every one has."""
    if len(blocks) == len(structure.skips):
        return ""
    return f"{reason}, {len(blocks)} of the {len(structure.skips)} blocks have a state of their own"


def _light(passed: Pass) -> Pass:
    """Without activations and gradients, of which a deep network's would fill the memory."""
    blocks = tuple(
        replace(block, activation=_NOTHING, gradient=_NOTHING) for block in passed.blocks
    )
    return replace(passed, blocks=blocks)
