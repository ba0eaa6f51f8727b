"""``resnet-viz gradient``: the laboratory's table and figure, without a window."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from resnet_viz.commands.asked import finite
from resnet_viz.commands.command import Command, InputError
from resnet_viz.commands.images import opened
from resnet_viz.commands.listing import say_json
from resnet_viz.commands.terminal import bar, say
from resnet_viz.figures.laboratory import laboratory
from resnet_viz.figures.laboratory_words import compared, heading
from resnet_viz.figures.numbers import number_text
from resnet_viz.figures.table import table_of
from resnet_viz.images import gallery
from resnet_viz.networks.family import Combine, Initialisation, Nonlinearity
from resnet_viz.results.laboratory import (
    Data,
    LaboratoryRequest,
    LaboratoryResult,
    NetworkFlow,
)
from resnet_viz.results.laboratory_regime import judge
from resnet_viz.results.result import DEVICES
from resnet_viz.results.task import Progress, TaskError

_FIRST = LaboratoryRequest(data="photos")
"""What the window's laboratory begins with."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--depth", type=int, default=_FIRST.depth, metavar="LAYERS", help="6n + 2; default: 56"
    )
    parser.add_argument(
        "--norm",
        action=argparse.BooleanOptionalAction,
        default=_FIRST.norm,
        help="batch norm after every convolution; default: none",
    )
    for name, choices, words in (
        ("combine", get_args(Combine), "how a block's paths meet; none: the plain network alone"),
        ("initialisation", get_args(Initialisation), "how the weights are drawn"),
        ("nonlinearity", get_args(Nonlinearity), "after every convolution"),
        ("data", get_args(Data), "what the batch is made of"),
        ("device", tuple(DEVICES), "where it is computed"),
    ):
        given = getattr(_FIRST, name)
        parser.add_argument(
            f"--{name}", choices=choices, default=given, help=f"{words}; default: {given}"
        )
    parser.add_argument(
        "--photo", metavar="FILE", help="among the photos; default: the sample photo"
    )
    parser.add_argument("--batch", type=int, default=_FIRST.batch, help="images; default: 64")
    parser.add_argument("--seed", type=int, default=_FIRST.seed, help="default: 0")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--out",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="write the figure (.png, .svg, .pdf) or the table (.csv, .json) there; can be given "
        "several times",
    )


def _run(given: argparse.Namespace) -> int:
    for path in given.out:
        _check(path)
    if given.batch < 1:
        raise InputError(f"--batch {given.batch} is less than 1")
    photo = None
    if given.photo is not None:
        photo = opened(given.photo)
    elif given.data == "photos":
        photo = gallery.load_sample(gallery.DEFAULT_SAMPLE)
    request = LaboratoryRequest(
        depth=given.depth,
        combine=given.combine,
        norm=given.norm,
        initialisation=given.initialisation,
        nonlinearity=given.nonlinearity,
        data=given.data,
        batch=given.batch,
        seed=given.seed,
        photo=photo if given.data == "photos" else None,
        device=given.device,
    )
    result = _measured(request)
    for path in given.out:
        _write(result, path)
    if given.json:
        say_json(_as_json(result), 2)
    else:
        say(_as_text(result))
    return 0


def _measured(request: LaboratoryRequest) -> LaboratoryResult:
    from resnet_viz.analysis.devices import DeviceError
    from resnet_viz.analysis.laboratory import run
    from resnet_viz.analysis.session import Session
    from resnet_viz.analysis.task import TaskContext

    context = TaskContext(Session(), list, lambda: False)
    with bar(unit="block") as shown:
        try:
            for update in run(request, context):
                if isinstance(update, LaboratoryResult):
                    return update
                if isinstance(update, Progress) and not shown.disable:
                    shown.total = update.total or None
                    shown.set_description(update.text, refresh=False)
                    shown.update(update.done - shown.n)
        except (ValueError, TaskError, DeviceError) as error:
            raise InputError(str(error)) from None
    raise AssertionError("the laboratory gave no result")


def _check(path: Path) -> None:
    """Before anything is measured, that ``path`` can be written."""
    from resnet_viz.export import figure, table

    formats = (*figure.FORMATS, *table.FORMATS)
    if path.suffix.lower() not in formats:
        raise InputError(
            f"--out {path} is no name for a file; let it end with {', '.join(formats)}"
        )
    if not path.parent.is_dir():
        raise InputError(
            f"--out {path}: there is no folder {path.parent}; make it, or choose another"
        )


def _write(result: LaboratoryResult, path: Path) -> None:
    from resnet_viz.export import table
    from resnet_viz.export.formats import ExportError, write

    shown = laboratory(result)
    numbers = path.suffix.lower() in table.FORMATS
    try:
        write(table_of(shown) if numbers else shown, path)
    except ExportError as error:
        raise InputError(str(error)) from None


def _as_json(result: LaboratoryResult) -> dict[str, Any]:
    """The result as plain values; numbers that are not finite are the strings "nan", "inf"."""
    asked = {k: v for k, v in asdict(result.request).items() if k not in ("photo", "crop")}
    photo = result.request.photo
    return {
        "request": asked | {"photo": None if photo is None else photo.name},
        "device": result.device,
        "networks": [_network_as_json(flow, result) for flow in result.flows],
    }


def _network_as_json(flow: NetworkFlow, result: LaboratoryResult) -> dict[str, Any]:
    verdict = judge(flow, result.request)
    return {
        "title": flow.title,
        "regime": verdict.regime,
        "reason": verdict.sentence,
        "paper": verdict.paper,
        "loss": finite(flow.loss),
        "layers": [
            {k: finite(v) if isinstance(v, float) else v for k, v in asdict(layer).items()}
            for layer in flow.layers
        ],
    }


def _as_text(result: LaboratoryResult) -> str:
    """The headings and a table to read: for each network both gradients and the variance."""
    lines = [heading(flow, judge(flow, result.request)) for flow in result.flows]
    lines += [compared(result), ""]
    names = ("weights", "activation", "variance")
    width = 12
    lines.append(
        f"{'':16}" + "".join(f"  {flow.title:<{3 * width - 2}}" for flow in result.flows).rstrip()
    )
    lines.append(
        f"{'layer':16}" + "".join(f"{name:>{width}}" for name in names) * len(result.flows)
    )
    for layers in zip(*(flow.layers for flow in result.flows), strict=True):
        cells = [
            number_text(value, 3)
            for layer in layers
            for value in (layer.weight_gradient, layer.activation_gradient, layer.variance)
        ]
        lines.append(f"{layers[0].name:16}" + "".join(f"{cell:>{width}}" for cell in cells))
    lines += ["", "L2 norms of the gradient of the loss; variance of the activations, forwards"]
    return "\n".join(lines)


COMMAND = Command(
    "gradient", "measure a residual network and its plain twin, untrained", _options, _run
)
