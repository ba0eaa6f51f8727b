"""``resnet-viz networks``: the catalog, and where each network's weights are."""

from __future__ import annotations

import argparse
from typing import Any

from resnet_viz.commands.command import Command
from resnet_viz.commands.listing import say_json
from resnet_viz.commands.terminal import say
from resnet_viz.networks import catalog
from resnet_viz.networks.weights import availability


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run(given: argparse.Namespace) -> int:
    from resnet_viz.networks.walk import build_structure

    rows: list[dict[str, Any]] = []
    for spec in catalog.CATALOG.values():
        there = availability(spec)
        rows.append(
            {
                "name": spec.name,
                "title": spec.title,
                "data": spec.data_title,
                "depth": spec.depth,
                "input": spec.input_size,
                "parameters": build_structure(spec).parameters,
                "weights": there.text,
                "at_hand": there.at_hand,
            }
        )
    if given.json:
        say_json(rows, 2)
        return 0
    say(f"{'name':22}{'data':10}{'layers':>7}{'parameters':>12}  weights")
    for row in rows:
        millions = f"{row['parameters'] / 1e6:.2f} M"
        say(f"{row['name']:22}{row['data']:10}{row['depth']:>7}{millions:>12}  {row['weights']}")
    return 0


COMMAND = Command("networks", "list the networks and their weights", _options, _run)
