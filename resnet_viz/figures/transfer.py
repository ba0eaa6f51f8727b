"""Transfer as a figure: held-out accuracy by stage of the backbone, with chance."""

from __future__ import annotations

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.numbers import per_cent, share_text
from resnet_viz.figures.series import Series, Symbol
from resnet_viz.images.photo import Photo
from resnet_viz.results.transfer import TransferResult

_LOOKS: dict[str, tuple[str, Symbol, bool]] = {
    "this backbone": ("skip", "s", False),
    "without its skips": ("branch", "o", True),
    "untrained": ("muted", "t", True),
}
TITLE = "Held-out accuracy of each stage’s probe"
CHANCE = "always the commonest class"


def transfer(result: TransferResult) -> Figure:
    """What has been measured so far."""
    series = []
    for one in result.accuracies:
        colour, symbol, dashed = _LOOKS[one.name]
        series.append(Series(one.name, one.values, colour, symbol, dashed=dashed))
    chart = Chart(
        TITLE,
        Axis.named("stage", result.levels),
        Axis.shares("held-out accuracy", 0.04),
        tuple(series),
        references=((CHANCE, result.chance),),
    )
    title = f"Linear probes on the stages of {result.on.network}"
    return Figure("backbone-transfer", title, caption(result), (chart,))


def caption(result: TransferResult) -> str:
    """What was trained on what, how good the last stage is, and which files were passed over."""
    said = (
        f"{len(result.classes)} classes ({_listed(result.classes)}), {result.trained} pictures to "
        f"train the probes and {result.held} held out, of {result.on.network} "
        f"({result.on.weights.title}), which stays as it is"
    )
    if result.accuracies:
        last = share_text(result.accuracies[0].values[-1], result.held)
        said += f". Its last stage gets {last} of them right"
    if any(isinstance(one, Photo) for group in result.request.groups for one in group.examples):
        said += ". Squares of one photo resemble each other, so held-out ones are easy"
    return f"{said}.{skipped(result)}"


def skipped(result: TransferResult) -> str:
    """A sentence on the files that could not be read; "" where there are none."""
    count = len(result.skipped)
    if not count:
        return ""
    more = "" if count <= 3 else f" and {count - 3} more"
    which = "file was" if count == 1 else "files were"
    named = ", ".join(result.skipped[:3])
    return f" {count} {which} passed over, which cannot be read as photos: {named}{more}."


def label(result: TransferResult) -> str:
    """What the probe of the last stage says of the photo on screen."""
    answer = result.answer
    if answer is None or not answer.probabilities.size:
        return ""
    odds = answer.probabilities[-1]
    best = int(odds.argmax())
    return (
        f"“{answer.snapshot.photo.name}” is “{result.classes[best]}” to the probe of the last "
        f"stage ({per_cent(float(odds[best]))}). It knows no other classes than these "
        f"{len(result.classes)}."
    )


def _listed(names: tuple[str, ...]) -> str:
    more = "" if len(names) <= 4 else f" and {len(names) - 4} more"
    return ", ".join(names[:4]) + more
