"""Single numbers of what was measured, by name: a lecture asks for them and shows them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from resnet_viz.figures.numbers import number_text, per_cent
from resnet_viz.results.laboratory import LaboratoryResult
from resnet_viz.results.laboratory_regime import growth, ratio
from resnet_viz.results.lesions import LesionsResult
from resnet_viz.results.paths import PathsResult
from resnet_viz.results.result import Result
from resnet_viz.results.shattering import ShatteringResult


@dataclass(frozen=True)
class Measure:
    """``value`` of a result of the class ``of``; ``title`` names it in a sentence.

    NaN is what the result does not have. With ``share`` it is written in per cent.
    """

    of: type
    title: str
    value: Callable[[Any], float]
    share: bool = False

    def text(self, value: float) -> str:
        """The number in words."""
        if math.isnan(value):
            return "not measured"
        if self.share:
            return per_cent(value)
        if value == int(value) and abs(value) < 1e5:
            return str(int(value))
        return number_text(value)


def _stem_ratio(result: Result) -> float:
    before = result.all_on.blocks[0].gradient_norm
    return result.now.blocks[0].gradient_norm / before if before else math.nan


def _first_over_last(result: Result) -> float:
    last = result.now.blocks[-1].gradient_norm
    return result.now.blocks[0].gradient_norm / last if last else math.nan


def _cam_likeness(result: Result) -> float:
    """Pearson's correlation of two maps; NaN where one of them is the same everywhere."""
    now, before = result.now.blocks[-1].cam.ravel(), result.all_on.blocks[-1].cam.ravel()
    if not (np.isfinite(now).all() and now.std() > 0 and before.std() > 0):
        return math.nan
    return float(np.corrcoef(now, before)[0, 1])


def _skip_share(result: Result) -> float:
    shares = [one.skip_share for one in result.now.blocks if one.skip_share is not None]
    return float(np.mean(shares)) if shares else math.nan


def _residual(value: Callable[[Any], float]) -> Callable[[LaboratoryResult], float]:
    return lambda result: math.nan if result.residual is None else value(result.residual)


def _lesioned(result: LesionsResult, plain: bool) -> float:
    for one in (result.screen, result.twin):
        if one is not None and one.plain is plain and one.lesioned:
            return float(np.mean([score.top1 for score in one.lesioned]))
    return math.nan


def _longest_needed(result: PathsResult) -> float:
    found = result.narrowest()
    return math.nan if found is None else float(found[1])


MEASURES: dict[str, Measure] = {
    "stem_gradient": Measure(
        Result, "gradient norm at the stem", lambda r: r.now.blocks[0].gradient_norm
    ),
    "stem_gradient_ratio": Measure(
        Result, "gradient norm at the stem, over that with all skips on", _stem_ratio
    ),
    "first_over_last": Measure(
        Result, "gradient norm at the stem, over that at the last block", _first_over_last
    ),
    "target_probability": Measure(
        Result,
        "probability of the target class",
        lambda r: float(r.now.probabilities[r.now.target]),
        share=True,
    ),
    "target_probability_skips_on": Measure(
        Result,
        "the same with all skips on",
        lambda r: float(r.all_on.probabilities[r.all_on.target]),
        share=True,
    ),
    "answer_kept": Measure(
        Result,
        "1 if the most probable class is the same as with all skips on",
        lambda r: float(r.now.top(1) == r.all_on.top(1)),
    ),
    "skip_share": Measure(
        Result, "share of the sums that came through the skips, mean", _skip_share, share=True
    ),
    "skips": Measure(Result, "skips", lambda r: float(len(r.structure.skips))),
    "layers": Measure(Result, "layers with weights", lambda r: float(r.structure.depth)),
    "millions_of_parameters": Measure(
        Result, "million parameters", lambda r: r.structure.parameters / 1e6
    ),
    "cam_cells": Measure(
        Result, "cells of Grad-CAM's last map", lambda r: float(r.now.blocks[-1].cam.size)
    ),
    "cam_top": Measure(
        Result, "largest value of Grad-CAM's last map", lambda r: float(r.now.blocks[-1].cam.max())
    ),
    "cam_empty": Measure(
        Result,
        "share of Grad-CAM's last map that is 0",
        lambda r: float((r.now.blocks[-1].cam == 0).mean()),
        share=True,
    ),
    "cam_likeness": Measure(
        Result, "correlation of Grad-CAM's last map with that of all skips on", _cam_likeness
    ),
    "laboratory_plain": Measure(
        LaboratoryResult,
        "plain network: weight gradient at the first convolution, over that at the last one",
        lambda r: ratio(r.plain),
    ),
    "laboratory_residual": Measure(
        LaboratoryResult,
        "residual network: weight gradient at the first convolution, over that at the last one",
        _residual(ratio),
    ),
    "laboratory_plain_first": Measure(
        LaboratoryResult,
        "plain network: weight gradient at the first convolution",
        lambda r: r.plain.first.weight_gradient,
    ),
    "laboratory_residual_growth": Measure(
        LaboratoryResult,
        "residual network: variance of the activations, last block over first convolution",
        _residual(growth),
    ),
    "laboratory_zeros": Measure(
        LaboratoryResult,
        "layers of the plain network whose gradient is exactly 0",
        lambda r: float(r.plain.zeros),
    ),
    "shattering_plain": Measure(
        ShatteringResult,
        "plain network: correlation of the gradients of neighbouring inputs",
        lambda r: float(r.plain.correlation[1]),
    ),
    "shattering_residual": Measure(
        ShatteringResult,
        "residual network: correlation of the gradients of neighbouring inputs",
        lambda r: float(r.residual.correlation[1]),
    ),
    "longest_path": Measure(
        PathsResult,
        "length of the longest path among those with 95 % of the gradient",
        _longest_needed,
    ),
    "lesions_residual": Measure(
        LesionsResult,
        "residual network: right answers with one block removed, mean",
        lambda r: _lesioned(r, plain=False),
        share=True,
    ),
    "lesions_plain": Measure(
        LesionsResult,
        "plain network: right answers with one block removed, mean",
        lambda r: _lesioned(r, plain=True),
        share=True,
    ),
}
"""By the name that a lecture file writes."""


def measured(name: str, results: Iterable[object]) -> float:
    """A measure's value of the first of ``results`` that has it; NaN if none has.

    Raises:
        KeyError: there is no such measure.
    """
    one = MEASURES[name]
    for result in results:
        if isinstance(result, one.of):
            return one.value(result)
    return math.nan
