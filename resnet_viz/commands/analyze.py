"""``resnet-viz analyze``: the pass of the window, without one."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from resnet_viz.commands import attribution
from resnet_viz.commands.asked import Asked, finite, network_options, run_pass
from resnet_viz.commands.command import Command, complain, made_folder
from resnet_viz.figures.numbers import number_text, per_cent
from resnet_viz.images.photo import PhotoError, find_photos, load_photo
from resnet_viz.results.result import Pass, Result


def _options(parser: argparse.ArgumentParser) -> None:
    network_options(parser)
    attribution.attribution_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write PNG and NPZ files there")


def _run(given: argparse.Namespace) -> int:
    asked = Asked.of(given)
    paths = find_photos(given.images)
    if given.out is not None:
        made_folder(given.out)
    from tqdm import tqdm

    from resnet_viz.analysis.session import Session

    session = Session()
    printed: list[dict[str, Any]] = []
    code = 0
    many = len(paths) > 1
    with tqdm(paths, unit="image", disable=not many, file=sys.stderr) as bar:
        for path in bar:
            try:
                photo = load_photo(path)
            except PhotoError as error:
                bar.clear()
                code = complain(str(error))
                continue
            result = run_pass(session, asked.snapshot(photo))
            maps = attribution.measure(session, given, result.snapshot)
            folder = None
            if given.out is not None:
                from resnet_viz.export.analysis import write_attribution, write_result

                folder = write_result(result, given.out, path.stem)
                if maps is not None:
                    write_attribution(maps, folder)
            if given.json:
                printed.append(as_json(result, path, folder))
                if maps is not None:
                    printed[-1]["attribution"] = attribution.as_json(maps)
            else:
                bar.clear()
                print(as_text(result, path, given.skips, folder), flush=True)
                if maps is not None:
                    print("\n".join(attribution.as_text(maps)), flush=True)
    if given.json:
        print(json.dumps(printed, indent=2, ensure_ascii=False, allow_nan=False))
    return code


def as_json(result: Result, path: Path, folder: Path | None) -> dict[str, Any]:
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
        "image": str(path),
        "network": result.snapshot.network,
        "weights": result.weights.title,
        "trained": result.weights.trained,
        "device": result.device,
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


def as_text(result: Result, path: Path, skips: str, folder: Path | None) -> str:
    """A result as a table to read."""
    weights = result.weights.title
    if not result.weights.trained:
        weights = "untrained weights (the predictions mean nothing)"
    lines = [
        f"{path}: {result.structure.title}, {weights}, {result.device}, "
        f"{result.now.milliseconds:.1f} ms",
        f"  {'top 5, skips ' + skips:<36}all skips on",
    ]
    for now, on in zip(result.now.top(5), result.all_on.top(5), strict=True):
        cells = [
            f"{_shown(result, passed, index):>7}  {result.labels[index][:24]}"
            for passed, index in ((result.now, now), (result.all_on, on))
        ]
        lines.append(f"  {cells[0]:<36}{cells[1]}")
    lines.append(
        f"  {'gradient norm of the logit of ' + result.labels[result.now.target]:<36}all skips on"
    )
    for now_block, on_block in zip(result.now.blocks, result.all_on.blocks, strict=True):
        off = " (skip off)" if not result.snapshot.gates.skip(now_block.name) else ""
        value = f"{now_block.name:<12}{number_text(now_block.gradient_norm, 3):>10}{off}"
        lines.append(f"  {value:<36}{number_text(on_block.gradient_norm, 3)}")
    if folder is not None:
        lines.append(f"  written to {folder}")
    return "\n".join(lines)


COMMAND = Command("analyze", "run a network on images, without a window", _options, _run)
