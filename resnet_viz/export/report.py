"""A report: the hand-out, every figure and every table of one image, in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np

from resnet_viz.export.analysis import new_folder
from resnet_viz.export.figure import draw, write_figure
from resnet_viz.export.handout import write_handout
from resnet_viz.export.handout_page import odds
from resnet_viz.export.table import write_table
from resnet_viz.figures.attribution import attribution
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.gradient_flow import gradient_flow
from resnet_viz.figures.looks import LIGHT
from resnet_viz.figures.maps import activations, grad_cam
from resnet_viz.figures.numbers import number_text
from resnet_viz.figures.predictions import predictions
from resnet_viz.figures.table import Cell, Table, table_of
from resnet_viz.images import overlay
from resnet_viz.results.handout import Handout
from resnet_viz.results.result import Result
from resnet_viz.results.task import Progress

_CHANNELS = 32
_LINES = 44  # of the table of states on a page of the PDF


@dataclass(frozen=True)
class Report:
    """What was written: everything is in ``folder``, and ``files`` are in the order of writing."""

    folder: Path
    files: tuple[Path, ...]


def figures_of(result: Result) -> tuple[Figure, ...]:
    """Predictions, gradient flow, and for the last block of each stage Grad-CAM; then the channels
    of the last block, strongest first."""
    ends = [stage.blocks[-1].name for stage in result.structure.stages]
    cams = [replace(grad_cam(result, end), name=f"grad-cam-{end}") for end in ends]
    last = result.now.blocks[-1]
    channels = last.activation.reshape(len(last.activation), -1)
    order = np.argsort(-channels.mean(axis=1), kind="stable")[:_CHANNELS]
    chosen = [int(channel) for channel in order]
    ranges = [overlay.finite_range(last.activation[channel]) for channel in chosen]
    maps = activations(result, last, chosen, ranges) if last.activation.size else None
    found = (predictions(result), gradient_flow(result), *cams, maps)
    return tuple(one for one in found if one is not None)


def states_table(handout: Handout) -> Table:
    """A row for each state: the answer, and the gradient at every block."""
    on = handout.on
    target = on.labels[on.now.target]
    classes = on.snapshot.own_spec.has_classes
    what = "probability" if classes else "output"
    columns = ("state", "first", f"its {what}", f"{what} of {target}")
    blocks = tuple(f"gradient norm at {block.name}" for block in on.now.blocks)
    rows: list[tuple[Cell, ...]] = []
    for one in handout.states:
        now = one.result.now
        values = now.probabilities if classes else now.logits
        best = now.top(1)[0]
        rows.append(
            (
                one.state.title,
                on.labels[best],
                float(values[best]),
                float(values[now.target]),
                *(block.gradient_norm for block in now.blocks),
            )
        )
    return Table("states", (*columns, *blocks), tuple(rows))


def writing(
    handout: Handout,
    result: Result,
    folder: Path,
    name: str,
    formats: Sequence[str] = (".png", ".svg"),
    pdf: bool = False,
) -> Iterator[Progress | Report]:
    """Write into a new folder in ``folder``, called ``name`` or ``name``-2 and so on.

    ``result`` is that of the state that was asked for. The hand-out is ``index.html``; figures and
    tables are in folders of these names; ``pdf`` asks for ``report.pdf``, all of them on paper.

    Raises:
        OSError: a file cannot be written. ValueError: the hand-out would be too large.
    """
    with new_folder(folder, name) as making:
        place = making.place
        figures = figures_of(result)
        if handout.attribution is not None and handout.attribution.maps:
            figures = (*figures, attribution(handout.attribution))
        total = len(figures) + 2 + pdf
        files = [place / "index.html"]
        yield Progress("Writing the hand-out", 0, total)
        write_handout(handout, files[0])
        for kind in ("figures", "tables"):
            (place / kind).mkdir()
        for done, figure in enumerate(figures, start=1):
            yield Progress(f"Writing {figure.name}", done, total)
            for suffix in formats:
                files.append(place / "figures" / f"{figure.name}{suffix}")
                write_figure(figure, files[-1])
            files.append(place / "tables" / f"{figure.name}.csv")
            write_table(table_of(figure), files[-1])
        yield Progress("Writing the table of all states", len(figures) + 1, total)
        files.append(place / "tables" / "states.csv")
        write_table(states_table(handout), files[-1])
        if pdf:
            yield Progress("Writing the PDF", len(figures) + 2, total)
            files.append(place / "report.pdf")
            _write_pdf(handout, figures, files[-1])
    made = tuple(making.place / file.relative_to(place) for file in files)
    yield Report(making.place, made)


def _write_pdf(handout: Handout, figures: Sequence[Figure], path: Path) -> None:
    """All states as a table, then a page for each figure."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_pdf import PdfPages

    title = f"{handout.on.structure.title} on “{handout.request.snapshot.photo.name}”"
    lines = _lines(handout)
    settings = {"pdf.fonttype": 42, "font.family": "DejaVu Sans", "text.parse_math": False}
    with rc_context(settings), PdfPages(path, metadata={"Title": title}) as pages:  # type: ignore[arg-type]
        for start in range(0, len(lines), _LINES):
            pages.savefig(_text_page(title, lines[start : start + _LINES]))
        for figure in figures:
            pages.savefig(draw(figure, LIGHT))


def _lines(handout: Handout) -> list[str]:
    on = handout.on
    target = on.labels[on.now.target]
    made = [f"{'State':32}{'First answer':34}{target[:14]:>15}{'Gradient at stem':>20}"]
    for one in handout.states:
        now = one.result.now
        best = now.top(1)[0]
        answer = f"{on.labels[best][:22]}, {odds(one.result, now, best)[1]}"
        share = odds(one.result, now, now.target)[1]
        norm = number_text(now.blocks[0].gradient_norm)
        made.append(f"{one.state.title[:31]:32}{answer:34}{share:>15}{norm:>20}")
    return made


def _text_page(title: str, lines: Sequence[str]) -> object:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    sheet = Sheet(figsize=(8.27, 11.69))
    FigureCanvasAgg(sheet)
    sheet.text(0.06, 0.95, title, fontsize=13, wrap=True)
    sheet.text(0.06, 0.92, "\n".join(lines), family="DejaVu Sans Mono", fontsize=6.8, va="top")
    return sheet


def write_contents(folder: Path, reports: Sequence[tuple[str, Report]]) -> Path:
    """A page in ``folder`` that leads to several reports, each with its title."""
    items = "\n".join(
        f'<li><a href="./{quote(report.folder.name)}/index.html">{escape(title)}</a></li>'
        for title, report in reports
    )
    path = folder / "index.html"
    path.write_text(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Reports</title></head><body><h1>Reports</h1>\n<ol>{items}</ol></body></html>\n",
        encoding="utf-8",
    )
    return path
