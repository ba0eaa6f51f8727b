"""``make bench``: ratios, each measured side by side in one run, written to docs/benchmarks.md.

Weights are random: they change no speed. Each figure is a ratio of medians over rounds in which
the two sides take turns, so that a noisy machine slows both.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from datetime import date
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import torch
from PySide6.QtWidgets import QApplication

from resnet_viz.engine.garbage import Garbage
from tests.benchmarks import live, passes, start, window
from tests.benchmarks.common import Benchmark, Measured


def _deep(title: str, measure: object, name: str, target: float, below: bool = True) -> Benchmark:
    return Benchmark(title, partial(measure, name), target, below)  # type: ignore[arg-type]


BENCHMARKS = [
    _deep("Pass ÷ bare, ResNet-50", passes.pass_against_bare, "resnet50", 1.05),
    _deep("Pass ÷ bare, ResNet-152", passes.pass_against_bare, "resnet152", 1.05),
    _deep("Pass ÷ bare, ResNet-56", passes.pass_against_bare, "resnet56", 1.15),
    *(
        Benchmark(
            f"{where} skip toggled ÷ bare, ResNet-{depth}",
            partial(passes.toggle_against_bare, f"resnet{depth}", place),
            target,
        )
        for depth in (50, 152)
        for where, place, target in (("First", 0.0, 1.15), ("Middle", 0.5, 0.75), ("Last", 1, 0.55))
    ),
    _deep("torch-cam ÷ pass, ResNet-50", passes.against_torchcam, "resnet50", 1.0, False),
    _deep(
        "pytorch-grad-cam ÷ pass, ResNet-50",
        passes.against_pytorch_grad_cam,
        "resnet50",
        1.25,
        False,
    ),
    Benchmark(
        "captum ÷ pass, ResNet-50",
        partial(passes.against_captum, "resnet50"),
        11,
        False,
        rounds=0.4,
    ),
    Benchmark(
        "captum ÷ pass, ResNet-152",
        partial(passes.against_captum, "resnet152"),
        30,
        False,
        rounds=0.25,
    ),
    Benchmark(
        "Result shown ÷ bare forward, ResNet-152",
        partial(window.shown_against_bare, "resnet152"),
        0.5,
    ),
    Benchmark("Live training ÷ bare loop", window.bare_against_training, 0.95, False),
    Benchmark(
        "Live video ÷ bare, ResNet-18", partial(live.live_against_bare, "resnet18"), 0.8, False
    ),
    Benchmark("Longest gap of the event loop", window.longest_gaps, 33, unit=" ms", rounds=0.35),
    Benchmark("Gap at a page's first look", window.first_looks, 33, unit=" ms", rounds=0.35),
    Benchmark("Gap at another theme", window.themes, 100, unit=" ms", rounds=0.35),
    Benchmark("First paint ÷ empty window", start.first_paint, 1.8, rounds=0.5),
    Benchmark("First result ÷ the same without a window", start.first_result, 1.15, rounds=0.35),
    Benchmark("Memory left behind", start.memory_slope, 5, unit=" MB"),
]


def row(one: Benchmark, found: Measured) -> str:
    target = "" if one.target is None else f"{'≤' if one.below else '≥'} {one.target:g}{one.unit}"
    spread = f" ± {found.spread:.2f}" if found.spread else ""
    return (
        f"| {one.title} | {found.value:.2f}{spread}{one.unit} | {target} | {one.verdict(found)} "
        f"| {found.detail} |"
    )


def measure(title: str, rounds: int) -> int:
    """Print one row, measured in this process: no other has begun threads in it."""
    application = QApplication(sys.argv[:1])
    garbage = Garbage(application)  # as in the program, or a worker's thread might collect widgets
    one = next(one for one in BENCHMARKS if one.title == title)
    try:
        print(row(one, one.measure(rounds)), flush=True)
    except ImportError as error:
        print(f"| {title} | not measured |  |  | {error} |", flush=True)
    garbage.close()
    return 0


QUICK = (
    "Pass ÷ bare, ResNet-56",
    "Pass ÷ bare, ResNet-50",
    "Middle skip toggled ÷ bare, ResNet-50",
    "Last skip toggled ÷ bare, ResNet-50",
    "First paint ÷ empty window",
    "Live training ÷ bare loop",
)
"""What ``--quick`` measures, as far as it comes."""

BEGUN = 40.0
"""Seconds after which ``--quick`` begins with nothing else."""

OTHERS = {"torchcam": "torch-cam", "pytorch_grad_cam": "pytorch-grad-cam"}
"""Libraries of the extra "bench" that the pass is compared with, by their modules."""


def _head(rounds: int) -> list[str]:
    missing = [title for module, title in OTHERS.items() if find_spec(module) is None]
    without = (
        f" Without {' and '.join(missing)}, which the extra “bench” installs." if missing else ""
    )
    busy = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return [
        "# Benchmarks",
        "",
        "Written by `make bench`. A figure is the ratio of two medians; the two sides take turns",
        "in one run, and ± is half the distance between the quartiles of the rounds' ratios. A",
        "target that is missed by less is said to be missed by less than the spread.",
        "",
        f"{date.today():%Y-%m-%d}, {platform.machine()} with {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, torch {torch.__version__} with {torch.get_num_threads()} "
        f"threads, PySide6 {version('PySide6')}, {rounds} rounds. Load of the machine before: "
        f"{busy}.{without}",
        "",
        "| | measured | target | | |",
        "|---|---|---|---|---|",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="make bench")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="those whose title has this in it")
    parser.add_argument("--out", type=Path, help="write the table to this file as well")
    parser.add_argument(
        "--quick", action="store_true", help="a few of them, roughly, in a minute; never an error"
    )
    parser.add_argument("--row", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.row:
        return measure(asked.row, asked.rounds)
    if asked.quick:
        asked.rounds = 3
    lines = _head(asked.rounds)
    print("\n".join(lines), flush=True)
    began = time.perf_counter()
    for one in BENCHMARKS:
        if asked.only.lower() not in one.title.lower() or (asked.quick and one.title not in QUICK):
            continue
        if asked.quick and time.perf_counter() > began + BEGUN:
            print(f"| {one.title} | not measured: the minute is over | | | |", flush=True)
            continue
        rounds = max(3, round(one.rounds * asked.rounds))
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks", "--row", one.title, "--rounds", str(rounds)],
            stdout=subprocess.PIPE,
            text=True,
        )
        if done.returncode and not asked.quick:
            return done.returncode
        said = [line for line in done.stdout.splitlines() if line.startswith(f"| {one.title} |")]
        lines.append(said[-1] if said else f"| {one.title} | not measured | | | it failed |")
        print(lines[-1], flush=True)
        if asked.out:  # at once: a run that is cut off has measured something too
            asked.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


raise SystemExit(main())
