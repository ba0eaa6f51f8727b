"""``resnet-viz analyze``: the pass of the window, without one."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_viz.commands import attribution
from resnet_viz.commands.asked import Asked, finite, network_options, reproducible, run_pass
from resnet_viz.commands.command import Command, made_folder, not_written
from resnet_viz.commands.images import opened, sought, stem
from resnet_viz.commands.listing import json_options, listed
from resnet_viz.commands.terminal import bar, complain, say, shown
from resnet_viz.figures.numbers import number_text, per_cent
from resnet_viz.images.photo import PhotoError
from resnet_viz.results.attribution import AttributionResult
from resnet_viz.results.result import Pass, Result

if TYPE_CHECKING:
    from tqdm import tqdm

    from resnet_viz.analysis.session import Session


def _options(parser: argparse.ArgumentParser) -> None:
    network_options(parser)
    attribution.attribution_option(parser)
    json_options(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="write PNG and NPZ files there")


def _run(given: argparse.Namespace) -> int:
    asked = Asked.of(given)
    paths = sought(given.images)
    if given.out is not None:
        made_folder(given.out)
    code = 0
    session: Session | None = None
    many = bar(iterable=paths, unit="image") if len(paths) > 1 else None
    with many or nullcontext(paths) as each, listed(given.json) as add:
        for one in each:
            try:
                photo = opened(one)
            except PhotoError as error:
                _clear(many)
                code = complain(str(error))
                if given.json:
                    add({"image": one.path, "network": asked.network, "error": str(error)})
                continue
            if session is None:
                from resnet_viz.analysis.session import Session

                session = Session()
            result = run_pass(session, asked.snapshot(photo))
            maps = attribution.measure(session, given, result.snapshot)
            folder = None
            if given.out is not None:
                folder = _written(result, maps, given.out, stem(one))
            _clear(many)
            if given.json:
                entry = as_json(result, one.path, folder)
                if maps is not None:
                    entry["attribution"] = attribution.as_json(maps)
                add(entry)
            else:
                say(as_text(result, one.path, given.skips, folder))
                if maps is not None:
                    say("\n".join(attribution.as_text(maps)))
    return code


def _clear(many: tqdm[Any] | None) -> None:
    if many is not None and not many.disable:
        many.clear()


def _written(result: Result, maps: AttributionResult | None, out: Path, name: str) -> Path:
    from resnet_viz.export.analysis import write_result

    try:
        return write_result(result, out, name, maps)
    except OSError as error:
        raise not_written(out, error) from None


def as_json(result: Result, path: str, folder: Path | None) -> dict[str, Any]:
    """A result as plain values; numbers that are not finite are the strings "nan", "inf".

    A network without classes gives outputs and no probabilities.
    """
    classes = result.snapshot.own_spec.has_classes

    def top(passed: Any) -> list[dict[str, Any]]:
        return [
            {
                "class": result.labels[index],
                "probability": finite(float(passed.probabilities[index])) if classes else None,
                "output": finite(float(passed.logits[index])),
            }
            for index in passed.top(5)
        ]

    gates = result.snapshot.gates
    return {
        "image": path,
        **reproducible(result),
        "milliseconds": result.now.milliseconds,
        "target": result.labels[result.now.target],
        "top5": top(result.now),
        "top5_all_on": top(result.all_on),
        "blocks": [
            {
                "name": now.name,
                "skip": gates.skip(now.name) if result.structure.block(now.name).has_skip else None,
                "gradient_norm": finite(now.gradient_norm),
                "gradient_norm_all_on": finite(on.gradient_norm),
                "activation_norm": finite(now.activation_norm),
                "skip_share": finite(now.skip_share),
            }
            for now, on in zip(result.now.blocks, result.all_on.blocks, strict=True)
        ],
        "out": None if folder is None else str(folder),
    }


def _shown(result: Result, passed: Pass, index: int) -> str:
    """The probability of a class, or a feature's value where there are no classes."""
    if result.snapshot.own_spec.has_classes:
        return per_cent(float(passed.probabilities[index]))
    return number_text(float(passed.logits[index]), 3)


def as_text(result: Result, path: str, skips: str, folder: Path | None) -> str:
    """A result as a table to read."""
    weights = result.weights.title
    if not result.weights.trained:
        weights = "untrained weights (the predictions mean nothing)"
    heading = (
        f"{shown(path)}: {result.structure.title}, {weights}, {result.device}, "
        f"{result.now.milliseconds:.1f} ms"
    )
    rows = [(f"top 5, skips {skips}", "all skips on")]
    for now, on in zip(result.now.top(5), result.all_on.top(5), strict=True):
        first, second = (
            f"{_shown(result, passed, index):>7}  {shown(result.labels[index])[:24]}"
            for passed, index in ((result.now, now), (result.all_on, on))
        )
        rows.append((first, second))
    target = shown(result.labels[result.now.target])
    rows.append((f"gradient norm of the logit of {target}", "all skips on"))
    blocks = list(zip(result.now.blocks, result.all_on.blocks, strict=True))
    longest = max(12, *(len(block.name) + 1 for block, _ in blocks))
    for now_block, on_block in blocks:
        off = " (skip off)" if not result.snapshot.gates.skip(now_block.name) else ""
        value = f"{now_block.name:<{longest}}{number_text(now_block.gradient_norm, 3):>10}{off}"
        rows.append((value, number_text(on_block.gradient_norm, 3)))
    width = max(36, *(len(first) + 2 for first, _ in rows))
    lines = [heading, *(f"  {first:<{width}}{second}" for first, second in rows)]
    if folder is not None:
        lines.append(f"  written to {shown(str(folder))}")
    return "\n".join(lines)


COMMAND = Command("analyze", "run a network on images, without a window", _options, _run)
