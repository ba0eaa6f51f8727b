"""The predictions as a figure: the most probable classes, now and with all skips on."""

from __future__ import annotations

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.numbers import per_cent
from resnet_viz.figures.series import Bars
from resnet_viz.results.result import Result

TOP = 5


def predictions(result: Result) -> Figure:
    """A bar for each class that is among the most probable, now or with all skips on."""
    runs = [("skips as now", result.now, "branch"), ("all skips on", result.all_on, "skip")]
    if not result.structure.skips:
        runs = [("most probable", result.now, "branch")]
    classes = list(dict.fromkeys(i for _, run, _ in runs for i in run.top(TOP)))
    chart = Chart(
        "Probability of each class",
        Axis.named("class", [result.labels[i] for i in classes]),
        Axis.shares("probability"),
        bars=tuple(
            Bars(name, [float(run.probabilities[i]) for i in classes], colour)
            for name, run, colour in runs
        ),
        grouped=True,
    )
    said = []
    for name, run, _ in runs:
        best = run.top(1)[0]
        said.append(f"{name}: “{result.labels[best]}”, {per_cent(float(run.probabilities[best]))}")
    text = "; ".join(said)
    if result.snapshot.own_spec.independent:
        text += "; each class by itself, so that the bars need not add up to 100 %"
    untrained = "" if result.weights.trained else " The weights are untrained."
    title = f"What {result.structure.title} sees in “{result.snapshot.photo.name}”"
    return Figure("predictions", title, f"{text[:1].upper()}{text[1:]}.{untrained}", (chart,))
