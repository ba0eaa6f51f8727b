"""A training that was recorded, for live training to play back before it is started; no torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from resnet_viz import assets
from resnet_viz.results.live_training import DataChoice, TrainingRequest, TwinStep


@dataclass(frozen=True)
class RecordedRun:
    """What both twins measured, the residual one first in each step.

    ``seconds_per_step`` are those of one processor core, for both twins together; ``versions``
    those of the programs that it was recorded with, in words.
    """

    request: TrainingRequest
    steps: tuple[TwinStep, ...]
    seconds_per_step: float
    versions: str

    @property
    def newest(self) -> int:
        """The number of steps."""
        return self.steps[-1].step


@cache
def recorded_run() -> RecordedRun | None:
    """The run that comes with the program (scripts/record_training.py); None if it cannot be
    read."""
    try:
        found: dict[str, Any] = json.loads(assets.text("training.json"))
        recipe = found["recipe"]
        request = TrainingRequest(**{**recipe, "data": DataChoice(**recipe["data"])})
        steps = tuple(
            TwinStep(twin, step, loss, accuracy, tuple(norms))
            for twin, step, loss, accuracy, norms in found["steps"]
        )
        if not steps:
            return None
        versions = ", ".join(f"{name} {one}" for name, one in found["versions"].items())
        return RecordedRun(request, steps, float(found["seconds_per_step"]), versions)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
