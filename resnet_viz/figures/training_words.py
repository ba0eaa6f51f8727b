"""Live training in sentences."""

from __future__ import annotations

import math
from dataclasses import replace

from resnet_viz.figures.numbers import number_text
from resnet_viz.figures.training_history import History
from resnet_viz.results.laboratory import LaboratoryRequest, cost
from resnet_viz.results.live_training import Standing, TrainingRequest
from resnet_viz.results.recorded import RecordedRun


def loss_text(loss: float) -> str:
    """Two decimals: "1.31"; very large, or no number: as `number_text` has it."""
    return f"{loss:.2f}" if 0.005 <= loss < 1000 else number_text(loss)


def measured(history: History, step: int, standing: Standing) -> str:
    """What was measured in ``step``, and which twin has stopped since when."""
    if not step:
        return "Step 0: nothing is measured yet; press Start (Space) or Step (N)."
    residual, plain = history.tracks["residual"], history.tracks["plain"]
    # While one twin is still at this step, the last one that both have finished is told.
    running = [t.count for twin, t in history.tracks.items() if twin not in standing.diverged]
    step = min([step, *running]) or step
    there = [track.count >= step for track in (residual, plain)]
    losses, firsts = [], []
    for name, track, known in zip(("residual", "plain"), (residual, plain), there, strict=True):
        if known:
            losses.append(f"{loss_text(float(track.losses[step - 1]))} ({name})")
            firsts.append(f"{number_text(float(track.norms[step - 1, 0]))} ({name})")
    text = f"Step {step}: "
    text += (
        f"loss {' and '.join(losses)}; gradient norm of the first layer {' and '.join(firsts)}."
        if losses
        else "neither twin was trained."
    )
    for twin in standing.diverged:
        track = history.tracks[twin]
        if not track.count:
            continue
        value = float(track.losses[-1])
        if not math.isfinite(value):
            text += (
                f" The {twin} twin diverged in step {track.count}: its loss is "
                f"{number_text(value)}, so it has stopped."
            )
    if len(standing.diverged) == 2:
        text += " Go back in time, or press Reset and take a lower learning rate."
    return text


def takes(request: TrainingRequest, recorded: RecordedRun) -> str:
    """How long 100 steps will take, reckoned from those of the recorded run."""
    seconds = 100 * recorded.seconds_per_step * _macs(request) / _macs(recorded.request)
    text = f"{number_text(seconds)} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
    return f"100 steps take about {text} on one processor core."


def _macs(request: TrainingRequest) -> float:
    return cost(LaboratoryRequest(depth=request.depth, batch=request.batch_size)).macs


def played(measured: str, recorded: RecordedRun) -> str:
    """A sentence of `measured` that was not measured here."""
    return (
        f"Recorded, not trained here. {measured} Start (Space) trains anew: "
        f"{takes(recorded.request, recorded)}"
    )


def needs_restart(chosen: TrainingRequest, running: TrainingRequest) -> str:
    """Which settings differ from the run's, and how they come into force; empty if none."""
    if replace(chosen, rate=running.rate) == running:
        return ""
    words = [
        word
        for word, differs in (
            ("data", chosen.data != running.data),
            ("depth", chosen.depth != running.depth),
            ("batch norm", chosen.norm != running.norm),
            ("SkipInit", chosen.skip_init != running.skip_init),
            ("batch size", chosen.batch_size != running.batch_size),
        )
        if differs
    ]
    text = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    verb = "needs" if len(words) == 1 and words != ["data"] else "need"
    return f"The new {text} {verb} a restart: press Reset (R)."


def title(twin: str, request: TrainingRequest) -> str:
    """A twin's name with what it is made of."""
    name = "ResNet" if twin == "residual" else "Plain"
    norm = "with" if request.norm else "without"
    scaled = ", with SkipInit" if request.skip_init and twin == "residual" else ""
    return f"{name}-{request.depth}, the {twin} twin, {norm} batch norm{scaled}"
