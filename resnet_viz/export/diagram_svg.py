"""The block diagram as SVG for a page whose style has the colours and whose script has the gates.

The painter is that of every exported diagram; a skip is drawn once for each gate that it can have,
and the page shows one of them.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from html import escape

import numpy as np
from PIL import Image

from resnet_viz.export.diagram import LEGIBLE, Diagram, paint
from resnet_viz.figures.layout.geometry import Label, Point, Rect
from resnet_viz.figures.layout.parts import Part
from resnet_viz.figures.looks import LIGHT

_NAMED = ("window", "panel", "raised", "line", "text", "muted", "accent", "branch", "skip", "off")
_THEME = replace(
    LIGHT,
    **{name: f"var(--{name})" for name in _NAMED},  # type: ignore[arg-type]
    stages=("var(--stage1)", "var(--stage2)", "var(--stage3)", "var(--stage4)"),
)
"""Colours that the page's style gives, so that a dark page has a dark diagram."""

_MARGIN = 6.0


def svg_diagram(
    diagram: Diagram, gates: Mapping[str, Sequence[float]], switches: frozenset[str], kind: str
) -> str:
    """The whole diagram; ``kind`` is its class.

    ``gates`` are those at which the skip of each block can be; the blocks of ``switches`` are
    buttons that a key or a click can press.
    """
    layout = diagram.laid_out()
    pen = _SvgPen(gates, switches)
    paint(pen, layout, diagram)
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    return (
        f'<svg viewBox="{-_MARGIN:g} {-_MARGIN:g} {width:.0f} {height:.0f}" '
        f'role="group" aria-label="{escape(diagram.title)}">{"".join(pen.made)}</svg>'
    )


class _SvgPen:
    """Writes elements, in the order in which they are drawn."""

    def __init__(self, gates: Mapping[str, Sequence[float]], switches: frozenset[str]) -> None:
        self.theme, self.shift = _THEME, 0.0
        self.made: list[str] = []
        self._gates, self._switches = gates, switches

    def box(self, rect: Rect, face: str, edge: str, line: float = 1.2, round_by: float = 4.0,
            alpha: float = 1.0, edge_alpha: float = 1.0, order: float = 3.0) -> None:  # fmt: skip
        self.made.append(
            f'<rect {_rect(rect)} rx="{min(round_by, rect.width / 2, rect.height / 2):.1f}" '
            f'fill="{face}"{_share("fill", alpha)} stroke="{edge}"{_share("stroke", edge_alpha)} '
            f'stroke-width="{line:g}"/>'
        )

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float = 1.6,
             dashed: bool = False, alpha: float = 1.0, order: float = 2.0) -> None:  # fmt: skip
        codes = [1, *[2] * (len(points) - 1)]
        self.curve(points, codes, colour, width, dashed, alpha)

    def curve(self, vertices: Sequence[tuple[float, float]], codes: Sequence[int], colour: str,
              width: float, dashed: bool, alpha: float) -> None:  # fmt: skip
        path, bend = "", False
        for (x, y), code in zip(vertices, codes, strict=True):
            letter = {1: "M", 2: "L", 3: "" if bend else "Q"}[code]
            path += f"{letter}{x:.1f} {y:.1f} "
            bend = code == 3 and not bend
        dashes = f' stroke-dasharray="{3 * width:.1f} {2 * width:.1f}"' if dashed else ""
        self.made.append(
            f'<path d="{path.strip()}" fill="none" stroke="{colour}"{_share("stroke", alpha)} '
            f'stroke-width="{width:.2g}"{dashes}/>'
        )

    def circle(self, centre: Point, radius: float, face: str, edge: str, line: float) -> None:
        self.made.append(
            f'<circle cx="{centre.x:.1f}" cy="{centre.y:.1f}" r="{radius:.1f}" fill="{face}" '
            f'stroke="{edge}" stroke-width="{line:.2g}"/>'
        )

    def polygon(self, corners: Sequence[tuple[float, float]], colour: str) -> None:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        self.made.append(f'<polygon points="{points}" fill="{colour}"/>')

    def image(self, pixels: np.ndarray, place: Rect) -> None:
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG")
        text = base64.b64encode(stream.getvalue()).decode()
        self.made.append(
            f'<image {_rect(place)} preserveAspectRatio="none" '
            f'href="data:image/png;base64,{text}"/>'
        )

    def label(self, label: Label, colour: str, bold: bool = False) -> None:
        if label.size < LEGIBLE - 0.01:
            return
        at = label.rect.centre
        lines = label.text.split("\n")
        turned = f' transform="rotate(-90 {at.x:.1f} {at.y:.1f})"' if label.turned else ""
        weight = ' font-weight="bold"' if bold else ""
        size = 0.96 * label.size
        for number, words in enumerate(lines):
            down = at.y + (number - (len(lines) - 1) / 2) * 1.2 * size + 0.35 * size
            self.made.append(
                f'<text x="{at.x:.1f}" y="{down:.1f}" font-size="{size:.1f}" fill="{colour}" '
                f'text-anchor="middle"{weight}{turned}>{escape(words)}</text>'
            )

    @contextmanager
    def part(self, part: Part) -> Iterator[None]:
        """A block and its skip in a group, which is a button where it is a switch."""
        if part.arc is None or len(part.names) != 1:
            yield
            return
        name = escape(part.name)
        button = ""
        if part.name in self._switches:
            button = f' role="button" tabindex="0" aria-label="{name}" aria-pressed="false"'
        self.made.append(f'<g class="block" data-block="{name}"{button}>')
        yield
        self.made.append(f'<rect class="hit" {_rect(_reach(part))} rx="5"/></g>')

    def gates(self, part: Part, gate: float) -> Iterator[float]:
        for one in self._gates.get(part.name, (gate,)):
            shown = " shown" if one == gate else ""
            self.made.append(f'<g class="gate{shown}" data-gate="{one:g}">')
            yield one
            self.made.append("</g>")


def _reach(part: Part) -> Rect:
    """A part with the way past it."""
    place = part.rect
    left, top, right, bottom = place.x, place.y, place.right, place.bottom
    if part.arc is not None and part.junction is not None:
        arc, meet = part.arc, part.junction
        right, bottom = max(right, meet.right), max(bottom, meet.bottom)
        if arc.vertical:
            left = min(left, arc.top)
        else:
            top = min(top, arc.top)
        left, top = min(left, arc.start.x), min(top, arc.start.y)
    return Rect(left - 2, top - 2, right - left + 4, bottom - top + 4)


def _rect(rect: Rect) -> str:
    return f'x="{rect.x:.1f}" y="{rect.y:.1f}" width="{rect.width:.1f}" height="{rect.height:.1f}"'


def _share(what: str, alpha: float) -> str:
    return "" if alpha == 1.0 else f' {what}-opacity="{alpha:.2g}"'
