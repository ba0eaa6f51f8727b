"""``--attribution``: methods of attribution for the commands that run a network."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from resnet_viz.commands.command import InputError
from resnet_viz.results.attribution import AttributionRequest, AttributionResult
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import TaskError

if TYPE_CHECKING:
    from resnet_viz.analysis.session import Session


def attribution_option(parser: argparse.ArgumentParser) -> None:
    """Let ``parser`` take methods by name, as often as one likes."""
    parser.add_argument(
        "--attribution",
        action="append",
        default=[],
        choices=tuple(METHODS),
        metavar="NAME",
        help="map where the score comes from, with all skips on and all off; can be given several "
        f"times: {', '.join(METHODS)}",
    )


def request(given: argparse.Namespace, snapshot: Snapshot) -> AttributionRequest | None:
    """What was asked for, each method once; None where nothing was."""
    methods = tuple(dict.fromkeys(given.attribution))
    return AttributionRequest(snapshot, methods) if methods else None


def measure(
    session: Session, given: argparse.Namespace, snapshot: Snapshot
) -> AttributionResult | None:
    """The maps that were asked for.

    Raises:
        InputError: they cannot be made.
    """
    asked = request(given, snapshot)
    if asked is None:
        return None
    from resnet_viz.analysis.attribution.task import run
    from resnet_viz.analysis.task import TaskContext

    found = None
    try:
        for update in run(asked, TaskContext(session, list, lambda: False)):
            if isinstance(update, AttributionResult):
                found = update
    except TaskError as error:
        raise InputError(str(error)) from None
    return found


def as_json(result: AttributionResult) -> list[dict[str, Any]]:
    """A row for each map: its method, its skips, its greatest value and where its weight is."""
    from resnet_viz.commands.asked import finite
    from resnet_viz.images.overlay import finite_range

    return [
        {
            "method": one.method,
            "skips": "off" if one.off else "on",
            "class": result.labels[result.target],
            "block": result.block if METHODS[one.method].uses_block else None,
            "unit": METHODS[one.method].unit,
            "least": None if one.refusal else finite(float(finite_range(one.values)[0])),
            "greatest": None if one.refusal else finite(float(finite_range(one.values)[1])),
            "half_area": None if one.refusal else finite(one.half),
            "refusal": one.refusal or None,
        }
        for one in result.maps
    ]


def as_text(result: AttributionResult) -> Sequence[str]:
    """A line for each map."""
    from resnet_viz.figures.attribution import remark, title

    lines = [f"  why {result.asked}?"]
    return [*lines, *(f"  {title(result, one):<36}{remark(one)}" for one in result.maps)]
