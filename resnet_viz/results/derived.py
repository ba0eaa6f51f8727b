"""What comes with the program, computed from the trained weights on CIFAR-10's test images.

Read from the files beside the weights, as the results that the instruments show. No torch here.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from resnet_viz.networks import catalog
from resnet_viz.networks.cards import read_derived
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.choice import WeightsChoice, WeightsInfo
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.lesions import Lesions, LesionsRequest, LesionsResult, Scores
from resnet_viz.results.loss_surface import Surface, SurfaceRequest, SurfaceResult
from resnet_viz.results.measured import Measured
from resnet_viz.results.paths import PathsResult
from resnet_viz.results.readout import Probes
from resnet_viz.results.result import Snapshot
from resnet_viz.results.trust import TrustRequest, TrustResult, TrustScore

DATA = "CIFAR-10"
"""The images' name, where a request has the name of a file."""


def precomputed_surfaces(snapshot: Snapshot) -> SurfaceResult | None:
    """The slices through the network on screen and through its twin, or None."""
    found = _both(snapshot, "surface")
    if not found:
        return None
    values = found[0][1]
    request = SurfaceRequest(
        snapshot,
        int(values["surface_side"]),
        float(values["surface_reach"]),
        int(values["surface_images"]),
        DATA,
        int(values["seed"]),
    )
    surfaces = tuple(
        Surface(_on(snapshot, spec), spec.combine == "none", _finite(one["loss"]), one["accuracy"])
        for spec, one in found
    )
    ordered = tuple(sorted(surfaces, key=lambda surface: surface.plain))
    pictures = _pictures(request.pictures)
    return SurfaceResult(request, ordered, pictures, "the images' labels", precomputed=True)


def precomputed_lesions(snapshot: Snapshot) -> LesionsResult | None:
    """The lesions of the network on screen and of its twin, or None."""
    found = _both(snapshot, "lesions")
    if not found:
        return None
    count = int(found[0][1]["lesions_images"])
    both = [_lesions(snapshot, spec, values) for spec, values in found]
    return LesionsResult(
        LesionsRequest(snapshot, "labelled", DATA, count),
        count,
        True,
        both[0],
        both[1] if len(both) > 1 else None,
        precomputed=True,
    )


def precomputed_paths(snapshot: Snapshot) -> PathsResult | None:
    """The paths through the network on screen, or None."""
    spec = _shipped(snapshot)
    values = None if spec is None else read_derived(spec, "paths")
    if spec is None or values is None:
        return None
    norms = np.full((len(values["norms"]), int(values["paths_samples"])), np.nan)
    for row, some in zip(norms, values["norms"], strict=True):
        row[: len(some)] = _finite(some)
    return PathsResult(
        _on(snapshot, spec),
        "the label",
        tuple(values["blocks"]),
        int(values["seed"]),
        norms,
        _finite(values["sums"]),
        float(values["total"]),
        tuple(float(share) for share in values["gradient_skip_share"]),
        _pictures(int(values["paths_images"])),
    )


def precomputed_trust(snapshot: Snapshot) -> TrustResult | None:
    """What several measures say of maps of the network on screen, or None."""
    spec = _shipped(snapshot)
    values = None if spec is None else read_derived(spec, "trust")
    if spec is None or values is None:
        return None
    rows = tuple(
        TrustScore(
            row["measure"],
            row["method"],
            bool(row["off"]),
            tuple(float(x) for x in row["x"]),
            tuple(_number(value) for value in row["values"]),
            _number(row["spread"]),
        )
        for row in values["rows"]
    )
    on = _on(snapshot, spec)
    return TrustResult(
        TrustRequest(on.snapshot, tuple(values["methods"])),
        on,
        "the last block",
        "each image's own class",
        any(row.off for row in rows),
        tuple(values["parts"]),
        rows,
        _pictures(int(values["trust_images"])),
        precomputed=True,
    )


def _number(value: float | None) -> float:
    """A number from a file, in which null stands for what is not one."""
    return math.nan if value is None else float(value)


def precomputed_probes(snapshot: Snapshot) -> Probes | None:
    """The linear probes of the network on screen, or None."""
    spec = _shipped(snapshot)
    values = None if spec is None else read_derived(spec, "readout")
    return None if spec is None or values is None else Probes.of(values, spec.classes)


def _shipped(snapshot: Snapshot) -> NetworkSpec | None:
    """The network on screen, if it has the weights that come with the program, as they are."""
    choice = replace(snapshot.weights, labels=())
    spec = snapshot.own_spec
    return spec if spec.embedded and choice == WeightsChoice() else None


def _both(snapshot: Snapshot, kind: str) -> list[tuple[NetworkSpec, dict[str, Any]]]:
    """The values of the network on screen and of its twin, as far as they are there."""
    spec = _shipped(snapshot)
    if spec is None:
        return []
    twin = catalog.twin(spec)
    found = [(one, read_derived(one, kind)) for one in (spec, twin) if one is not None]
    there = [(one, values) for one, values in found if values is not None]
    return there if there and there[0][0] is spec else []


def _on(snapshot: Snapshot, spec: NetworkSpec) -> Measured:
    asked = replace(snapshot, network=spec.name, gates=GateSettings())
    return Measured(asked, spec.title, WeightsInfo("comes with the program", True))


def _lesions(snapshot: Snapshot, spec: NetworkSpec, values: dict[str, Any]) -> Lesions:
    return Lesions(
        _on(snapshot, spec),
        spec.combine == "none",
        tuple(values["blocks"]),
        frozenset(values["reshaping"]),
        tuple((title, first, last) for title, first, last in values["stages"]),
        "",
        Scores(**values["intact"]),
        tuple(Scores(**one) for one in values["lesioned"]),
    )


def _finite(values: Any) -> np.ndarray:
    """Numbers from a file, in which null stands for what was not finite."""
    found: np.ndarray = np.array(values, dtype=float)
    found[np.isnan(found)] = math.inf
    return found


def _pictures(count: int) -> str:
    return f"{count:,} test images of CIFAR-10"
