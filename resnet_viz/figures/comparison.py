"""Two results side by side as a figure: gradients, probabilities and maps of both."""

from __future__ import annotations

import numpy as np

from resnet_viz.figures.figure import Axis, Chart, Figure, Map
from resnet_viz.figures.gradient_flow import bands, norms
from resnet_viz.figures.numbers import change_text, number_text, per_cent, row_of
from resnet_viz.figures.series import Bars, Series
from resnet_viz.images import overlay
from resnet_viz.images.photo import network_picture
from resnet_viz.results.attribution import Pair
from resnet_viz.results.attribution_methods import METHODS, Method
from resnet_viz.results.comparison import Comparison, difference

TOP = 5
SIGNED = "CET-D1"
_SIDE = 512  # pixels of the photo under a map on paper
OTHER_CLASSES = (
    "The two networks know different classes, so their probabilities are not compared; "
    "each has its own most probable class as its target."
)


def comparison(given: Comparison, block: str = "") -> Figure:
    """Gradients over blocks, with ``block`` of the left side marked, and probabilities."""
    panels = (gradients(given, block), *((odds(given),) if given.same_classes else ()))
    title = f"{given.left.structure.title} beside {given.right.structure.title}"
    said = sentence(given) if given.same_classes else f"{sentence(given)} {OTHER_CLASSES}"
    return Figure("compare", title, said, panels)


def attribution(
    given: Comparison, blocks: tuple[str, str], pair: Pair | None = None
) -> tuple[Method, tuple[np.ndarray, np.ndarray], tuple[str, str]]:
    """The method whose maps are compared, the maps of both sides and why one is not there.

    Without a ``pair`` these are the Grad-CAMs that come with every pass.
    """
    if pair is None:
        left, right = given.left.now.block(blocks[0]).cam, given.right.now.block(blocks[1]).cam
        return METHODS["grad_cam"], (left, right), ("", "")
    both = (pair.left, pair.right)
    maps, refusals = [one.values for one in both], [one.refusal for one in both]
    return METHODS[pair.left.method], (maps[0], maps[1]), (refusals[0], refusals[1])


def ends(*maps: np.ndarray, signed: bool = False) -> tuple[float, float]:
    """Where the colours of maps on one scale end; about 0 where signed."""
    tops = [overlay.finite_range(np.abs(one) if signed else one)[1] for one in maps]
    top = max((one for one in tops if np.isfinite(one)), default=0.0)
    return (-top if signed else 0.0), top


def of_whom(given: Comparison, method: Method) -> str:
    """Such as "Grad-CAM of “cat”"; without the class where the sides have two."""
    target = given.left.labels[given.left.now.target]
    return f"{method.title} of “{target}”" if given.same_classes else method.title


def maps(given: Comparison, blocks: tuple[str, str], pair: Pair | None = None) -> Figure:
    """The method's maps of both sides over the photo, on one scale, and their difference."""
    method, (left, right), _ = attribution(given, blocks, pair)
    low, high = ends(left, right, signed=method.signed)
    change = difference(left, right)
    most = ends(change, signed=True)[1]
    panels = []
    for side, values, block, where in zip(
        (given.left, given.right), (left, right), blocks, ("Left", "Right"), strict=True
    ):
        at = f" at {block}" if method.uses_block else ""
        photo = network_picture(side.snapshot.photo, side.crop, _SIDE)
        colours = SIGNED if method.signed else "inferno"
        title = f"{where}: {side.structure.title}{at}"
        panels.append(
            Map(title, values, low, high, method.unit, colours, picture=photo, opacity=0.85)
        )
    panels.append(Map("Right − left", change, -most, most, method.unit, SIGNED))
    title = f"{of_whom(given, method)}: {given.left.structure.title} beside "
    title += given.right.structure.title
    said = f"{method.sentence} {method.paper}. Photo “{given.left.snapshot.photo.name}”."
    return Figure("compare-maps", title, said, tuple(panels), 3)


def gradients(given: Comparison, block: str = "") -> Chart:
    """The gradient's norm at each block of either side, on one scale."""
    left, right = given.left, given.right
    sides = [norms(left.now), norms(right.now)]
    longer = max((left, right), key=lambda side: len(side.now.blocks)).structure
    alike = len(sides[0]) == len(sides[1])
    names = [one.name for one in longer.blocks] if alike else []
    marked = [one.name for one in left.structure.blocks]
    return Chart(
        "Gradient norm of the target's logit at each block's output, L2",
        Axis.named("block", names, max(map(len, sides))),
        Axis.decades("gradient norm, L2", [*sides[0], *sides[1]]),
        (
            Series(f"Left: {left.structure.title}", sides[0], "skip", "s"),
            Series(f"Right: {right.structure.title}", sides[1], "branch", "o", dashed=True),
        ),
        bands=bands(longer) if alike else (),
        marker=float(marked.index(block)) if block in marked else None,
    )


def odds(given: Comparison) -> Chart:
    """Two bars for each class that matters to either side. Only for the same classes."""
    classes = given.top(TOP)
    return Chart(
        "Probability of each class",
        Axis.named("class", [given.left.labels[index] for index in classes]),
        Axis.shares("probability"),
        bars=(
            Bars("left", [float(given.left.now.probabilities[i]) for i in classes], "skip"),
            Bars("right", [float(given.right.now.probabilities[i]) for i in classes], "branch"),
        ),
        grouped=True,
    )


def rows(given: Comparison) -> list[tuple[str, str, str, str]]:
    """Class, probability at the left, at the right, and the difference in points."""
    if not given.same_classes:
        return []
    pairs = [
        (i, float(given.left.now.probabilities[i]), float(given.right.now.probabilities[i]))
        for i in given.top(TOP)
    ]
    return [
        (given.left.labels[i], per_cent(p), per_cent(q), points_text(p, q)) for i, p, q in pairs
    ]


def points_text(left: float, right: float) -> str:
    """``right`` − ``left`` in percentage points: "+12.3", "−97.2", "0.0", "NaN"."""
    change = 100 * (right - left)
    return change_text(change) if np.isfinite(change) else "NaN"


def sentence(given: Comparison) -> str:
    """What differs, in words: the gradient at the stem, and what is predicted."""
    left, right = given.left, given.right
    before, after = (side.now.blocks[0].gradient_norm for side in (left, right))
    text = (
        f"Gradient at the stem: {number_text(before)} at the left, "
        f"{number_text(after)} at the right{_times(before, after)}. "
    )
    if not given.same_classes:
        return text.strip()
    bests = [side.labels[side.now.top(1)[0]] for side in (left, right)]
    if bests[0] == bests[1]:
        return f"{text}Both say “{bests[0]}”."
    return f"{text}The left side says “{bests[0]}”, the right side “{bests[1]}”."


def _times(before: float, after: float) -> str:
    if row_of(before) is not None or row_of(after) is not None or before == after:
        return ""
    ratio = number_text(max(before, after) / min(before, after))
    return f", {ratio} times {'smaller' if after < before else 'larger'}"
