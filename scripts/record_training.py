"""Record live training's first example into assets/training.json, for the page to play back.

A training of its own, no montage: two twins as the page trains them, with every figure that it
would show, to three digits.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from dataclasses import asdict

import numpy
import sklearn
import torch

from resnet_viz import assets
from resnet_viz.analysis.live_training import TwinTraining
from resnet_viz.analysis.twins_data import loading
from resnet_viz.results.live_training import TwinStep
from resnet_viz.views.training.controls import PRESETS

STEPS = 300


def _short(value: float) -> float:
    return float(f"{value:.2e}")


def _row(step: TwinStep) -> list[object]:
    norms = [_short(norm) for norm in step.norms]
    return [step.twin, step.step, round(step.loss, 4), step.accuracy, norms]


def main() -> None:
    torch.set_num_threads(1)
    request = PRESETS[0].request
    loaded = loading(request.data)
    while True:
        try:
            next(loaded)
        except StopIteration as end:
            training = TwinTraining(request, end.value)
            break
    rows = []
    began = time.process_time()
    for number in range(1, STEPS + 1):
        rows += [_row(step) for step in training.step()]
        print(f"\rstep {number} of {STEPS}", end="", file=sys.stderr)
    recorded = {
        "recipe": asdict(request),
        "seconds_per_step": round((time.process_time() - began) / STEPS, 3),
        "threads": 1,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__.partition("+")[0],
            "numpy": numpy.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "steps": rows,
    }
    text = json.dumps(recorded, separators=(",", ":")).replace('["', '\n["') + "\n"
    assets.path("training.json").write_text(text, encoding="utf-8")
    print(file=sys.stderr)


if __name__ == "__main__":
    main()
