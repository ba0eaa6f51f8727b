"""The hand-out as one HTML file that needs no network: its text, its data, its style and script.

Everything that comes from files and from names of classes is escaped, and a content security policy
lets the browser fetch nothing and run nothing but the one script that is in the file.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib.metadata import version
from typing import Any

import numpy as np
from PIL import Image

from resnet_viz import assets
from resnet_viz.export.diagram import Diagram
from resnet_viz.export.diagram_svg import svg_diagram
from resnet_viz.figures import attribution
from resnet_viz.figures.gradient_flow import bands
from resnet_viz.figures.gradient_words import remark, sentence
from resnet_viz.figures.looks import DARK, LIGHT, Theme
from resnet_viz.figures.maps import cam_scale, remarks
from resnet_viz.figures.numbers import count_text, number_text, per_cent, power_of_ten, row_of
from resnet_viz.figures.predictions import TOP
from resnet_viz.figures.scale import Scale
from resnet_viz.figures.terms import keys_by_word, terms, word_pattern
from resnet_viz.images import overlay
from resnet_viz.images.photo import network_picture
from resnet_viz.results.attribution import AttributionResult
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.handout import STRENGTHS, Computed, Handout, Question, strength_key
from resnet_viz.results.result import Pass, Result

MOST_BYTES = 8_000_000
"""What the file may have."""

_MAPS = 4_500_000
"""Bytes of all Grad-CAMs before they become text, a third longer."""

_LEVELS = 254
"""The least and the greatest level of a map are 0 and this; the one above stands for NaN and ∞."""

_MOST_SIDE = 56  # pixels of a map; larger ones are averaged down
_MOST_TILES = 60
_PHOTO, _OPACITY = 448, 0.8
_ATTRIBUTED = 336  # pixels of the photo under a map of attribution


def page(handout: Handout) -> str:
    """The whole file.

    Raises:
        ValueError: the network is so large that `MOST_BYTES` would not be enough.
    """
    for share in (1.0, 0.5, 0.2, 0.05):
        made = _page(handout, int(_MAPS * share)).encode("utf-8", "replace")
        if len(made) <= MOST_BYTES:
            return made.decode()
    raise ValueError(
        f"The hand-out of {handout.on.structure.title} would be larger than "
        f"{MOST_BYTES // 10**6} MB; choose a network with fewer blocks"
    )


def _page(handout: Handout, room: int) -> str:
    tiles = _tiles(handout, room)
    data = json.dumps(_data(handout, tiles), ensure_ascii=False, allow_nan=False)
    script = assets.text("handout", "handout.js")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{allowed}'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    title = f"{handout.on.structure.title} on “{handout.request.snapshot.photo.name}”"
    parts = (
        _header(handout, title),
        "<main>",
        _controls(handout),
        _figures(handout, tiles),
        _attribution(handout.attribution),
        _all_states(handout),
        _questions(handout.request.questions),
        _glossary(),
        "</main>",
        _footer(handout, tiles),
    )
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<meta name="generator" content="ResNet Explorer {escape(version("resnet-viz"))}">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>\n{_colours()}{assets.text('handout', 'handout.css')}</style>\n"
        "</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + f'\n<script type="application/json" id="data">{_safe(data)}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def _safe(data: str) -> str:
    """JSON that cannot end the script that it stands in."""
    for sign in "<>&\u2028\u2029":
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    return data


# ---- data


def _tiles(handout: Handout, room: int) -> tuple[int, ...]:
    """The places of the blocks whose Grad-CAMs are kept: all that there is room for, evenly."""
    blocks = handout.on.now.blocks
    sizes = [_small(block.cam).size for block in blocks]
    count = min(len(blocks), _MOST_TILES)
    while True:
        places = np.unique(np.linspace(0, len(blocks) - 1, count).round().astype(int))
        if count <= 2 or sum(sizes[n] for n in places) * len(handout.states) <= room:
            return tuple(int(n) for n in places)
        count -= 1


def _small(cam: np.ndarray) -> np.ndarray:
    """A map with at most `_MOST_SIDE` rows and columns, by means of whole squares of pixels."""
    step = math.ceil(max(cam.shape) / _MOST_SIDE)
    if step == 1:
        return cam
    height, width = (side - side % step for side in cam.shape)
    cut = cam[:height, :width].reshape(height // step, step, width // step, step)
    means: np.ndarray = cut.mean(axis=(1, 3))
    return means


def _data(handout: Handout, tiles: Sequence[int]) -> dict[str, Any]:
    on = handout.on
    structure = on.structure
    scale = Scale.covering(
        block.gradient_norm for one in handout.states for block in one.result.now.blocks
    )
    return {
        "first": handout.first,
        "strengths": [strength_key(strength) for strength in reversed(STRENGTHS)]
        if structure.skips
        else [],
        "blocks": [
            {
                "name": block.name,
                "skip": structure.block(block.name).has_skip,
                "stage": structure.stage_of(block.name),
            }
            for block in on.now.blocks
        ],
        "bands": [list(band) for band in bands(structure)],
        "scale": {"low": scale.low, "high": scale.high, "rows": sorted(scale.rows)},
        "ticks": {power: power_of_ten(power) for power in range(scale.low, scale.high + 1)},
        "on": [_place(block.gradient_norm) for block in on.now.blocks],
        "onText": [number_text(block.gradient_norm) for block in on.now.blocks],
        "classes": on.snapshot.own_spec.has_classes,
        "colours": _inferno(),
        "opacity": _OPACITY,
        "levels": _LEVELS,
        "tiles": [
            {
                "block": place,
                "height": _small(on.now.blocks[place].cam).shape[0],
                "width": _small(on.now.blocks[place].cam).shape[1],
            }
            for place in tiles
        ],
        "states": [_state(one, tiles) for one in handout.states],
    }


def _state(one: Computed, tiles: Sequence[int]) -> dict[str, Any]:
    result, structure = one.result, one.result.structure
    gates = one.state.gates
    levels, tops, greatest, kept = [], [], [], []
    for place in tiles:
        block = result.now.blocks[place]
        top, as_on = cam_scale(result, block.name)
        shares = overlay.share(_small(block.cam), 0.0, top)
        whole = np.where(np.isnan(shares), _LEVELS + 1, np.rint(shares * _LEVELS))
        levels.append(whole.astype(np.uint8).tobytes())
        tops.append(number_text(top))
        greatest.append(number_text(overlay.finite_range(block.cam)[1]))
        kept.append(as_on)
    return {
        "key": one.state.key,
        "title": one.state.title,
        "sentence": sentence(result),
        "note": note(result),
        "gates": [
            gates.skip(block.name) if structure.block(block.name).has_skip else None
            for block in result.now.blocks
        ],
        "top": [
            [
                result.labels[index],
                *(cell for run in (result.now, result.all_on) for cell in odds(result, run, index)),
            ]
            for index in _classes(result)
        ],
        "norms": [_place(block.gradient_norm) for block in result.now.blocks],
        "texts": [number_text(block.gradient_norm) for block in result.now.blocks],
        "remark": remarks(result, result.now.blocks[tiles[-1]].cam),
        "tops": tops,
        "greatest": greatest,
        "kept": kept,
        "maps": base64.b64encode(b"".join(levels)).decode(),
    }


def note(result: Result) -> str:
    """What kind of network this is, where that must be said, without links."""
    return re.sub(r"\s*<a .*", "", remark(result), flags=re.DOTALL)


def _classes(result: Result) -> list[int]:
    """The classes that are among the most probable, now or with all skips on."""
    runs = (result.now, result.all_on)
    return list(dict.fromkeys(index for run in runs for index in run.top(TOP)))


def odds(result: Result, run: Pass, index: int) -> tuple[float, str]:
    """A share for the bar and the text beside it; of a network without classes only a text."""
    if result.snapshot.own_spec.has_classes:
        share = float(run.probabilities[index])
        return (round(share, 5) if math.isfinite(share) else 0.0), per_cent(share)
    return 0.0, number_text(float(run.logits[index]), 3)


def _place(value: float) -> float | str:
    """The power of ten, or the row of a value that has none."""
    return row_of(value) or round(math.log10(value), 4)


def _inferno() -> str:
    return base64.b64encode(_table("inferno").tobytes()).decode()


def _table(name: str) -> np.ndarray:
    """A map of colours, (256, 3) uint8."""
    from resnet_viz.export.figure import colour_map

    found: np.ndarray = np.rint(255 * colour_map(name)(np.linspace(0, 1, 256))[:, :3])
    return found.astype(np.uint8)


def _picture(pixels: np.ndarray, lossless: bool = False) -> str:
    stream = io.BytesIO()
    kind = "PNG" if lossless else "JPEG"
    Image.fromarray(pixels).save(stream, kind, quality=85)
    text = base64.b64encode(stream.getvalue()).decode()
    return f"data:image/{kind.lower()};base64,{text}"


# ---- parts of the page


def _colours() -> str:
    def rule(theme: Theme) -> str:
        names = ("window", "panel", "raised", "line", "text", "muted", "accent", "branch", "skip")
        values = [f"--{name}: {theme.colour(name)};" for name in (*names, "off", "warning")]
        values += [f"--stage{n}: {colour};" for n, colour in enumerate(theme.stages, start=1)]
        return ":root { " + " ".join(values) + " }"

    return f"{rule(LIGHT)}\n@media screen and (prefers-color-scheme: dark) {{ {rule(DARK)} }}\n"


def _header(handout: Handout, title: str) -> str:
    on = handout.on
    snapshot, structure = on.snapshot, on.structure
    photo = network_picture(snapshot.photo, on.crop, _PHOTO)
    seen = on.network_input
    side = seen.shape[0]
    lecture = f"<p>{escape(handout.request.title)}</p>" if handout.request.title else ""
    weights = f"Its weights: {on.weights.title}."
    if not on.weights.trained:
        weights = "It is untrained, and its answers mean nothing."
    target = on.labels[on.now.target]
    return (
        f"<header>\n{lecture}<h1>{escape(title)}</h1>\n"
        f"<p>{escape(structure.title)} has {structure.depth} layers with weights and "
        f"{escape(count_text(structure.parameters, 'parameters'))}. "
        f"{escape(weights)} Gradient and Grad-CAM are those of "
        f"“{escape(target)}”.</p>\n"
        '<div class="photos">\n'
        f'<figure><img id="photo" src="{_picture(photo)}" width="224" height="224" '
        f'alt="The photo “{escape(snapshot.photo.name)}”, cut to the square that the network sees">'
        "<figcaption>The photo</figcaption></figure>\n"
        f'<figure><img class="seen" src="{_picture(seen, True)}" width="224" height="224" '
        f'alt="The same in the {side} by {side} pixels that the network is given">'
        f"<figcaption>What the network is given: {side}×{side} pixels</figcaption></figure>\n"
        "</div>\n</header>"
    )


def _controls(handout: Handout) -> str:
    structure = handout.on.structure
    if not structure.skips:
        why = structure.why_no_skips or f"{structure.title} has no skips."
        return f'<section id="controls"><h2>Skips</h2>\n<p>{escape(why)}</p></section>'
    there = {one.state.key: one.state for one in handout.states}
    keys = [key for key in there if not key.startswith(("block-", "strength"))]
    radios = "\n".join(
        f'<label><input type="radio" name="state" value="{escape(key)}"> '
        f"{escape(there[key].title)}</label>"
        for key in sorted(
            keys, key=lambda key: ("on", "off").index(key) if key in ("on", "off") else 2
        )
    )
    options = "".join(
        f'<option value="{escape(key)}">{escape(key.removeprefix("block-"))}</option>'
        for key in there
        if key.startswith("block-")
    )
    one = ""
    if options:
        one = (
            '<label>One block alone: <select id="block"><option value="">none</option>'
            f"{options}</select></label>"
        )
    left_out = ""
    if handout.left_out:
        left_out = (
            f"<p>{escape(handout.why[:1].upper() + handout.why[1:])}.</p>"
            f"<details><summary>The blocks without one</summary>"
            f"<p>{escape(', '.join(handout.left_out))}</p></details>"
        )
    return (
        '<section id="controls" class="script">\n<h2>Skips</h2>\n'
        "<p>Each of these was computed beforehand, and other combinations were not: to choose one "
        f"puts all other skips on.</p>\n{left_out}"
        f'<fieldset><legend>Which skips are off?</legend>\n<div class="choices">{radios}</div>\n'
        f"{one}</fieldset>\n"
        '<label class="strength">Strength of all skips '
        f'<input id="strength" type="range" min="0" max="{len(STRENGTHS) - 1}" step="1"> '
        '<output id="strength-text" for="strength"></output></label>\n'
        f"{_diagram(handout)}\n</section>"
    )


def _diagram(handout: Handout) -> str:
    """The whole network, for a wide window and for a narrow one; each block switches its skip."""
    structure = handout.on.structure
    gates = {
        name: sorted({one.state.gates.skip(name) for one in handout.states}, reverse=True)
        for name in structure.skips
    }
    switches = frozenset(structure.skips) - frozenset(handout.left_out)
    drawn = "".join(
        f'<div class="{kind}">'
        + svg_diagram(
            Diagram(structure, size=size, picture=handout.on.network_input), gates, switches, kind
        )
        + "</div>"
        for kind, size in _DIAGRAMS.items()
    )
    stages = "".join(
        f'<button type="button" data-stage="{stage.number}">Stage {stage.number}</button> '
        for stage in structure.stages
        if stage.skips
    )
    return (
        '<h3 id="blocks-title">The blocks, from input to output</h3>\n'
        "<p>Each box is a residual branch, the arc past it the skip, and ⊕ is where the two meet. "
        "Choose a block, or a stage, to switch its skip off.</p>\n"
        f'<p class="stages">{stages}</p>\n<div class="diagram">{drawn}</div>'
    )


_DIAGRAMS: dict[str, tuple[float, float]] = {"wide": (1080.0, 420.0), "narrow": (350.0, 700.0)}
"""The sizes in which the diagram is laid out, by the kind of window."""


def _figures(handout: Handout, tiles: Sequence[int]) -> str:
    on = handout.on
    classes = on.snapshot.own_spec.has_classes
    what, which = ("Probability", "Class") if classes else ("Output", "Feature")
    target = on.labels[on.now.target]
    evidence = (
        f"Grad-CAM shows where the evidence for “{target}” lies, as each block sees it (Selvaraju "
        "et al. 2017, arXiv:1610.02391). Choose a block to see it over the photo."
    )
    norm = (
        f"The L2 norm of the gradient of the logit of “{target}” at the output of every block, "
        "from input to output, on a logarithmic scale."
    )
    two = bool(on.structure.skips)
    columns = (
        f'<th scope="col">{what} now</th><th scope="col">with all skips on</th>'
        if two
        else f'<th scope="col">{what}</th>'
    )
    return f"""<section id="state" class="script" aria-labelledby="state-title">
<h2 id="state-title"></h2>
<p id="sentence" role="status" aria-live="polite"></p>
</section>
<section class="script" id="predictions">
<h2>Predictions</h2>
<table><thead><tr><th scope="col">{which}</th>{columns}</tr></thead>
<tbody id="top"></tbody></table>
</section>
<section class="script" id="cams">
<h2>Grad-CAM</h2>
<p>{_linked(evidence)}</p>
<div class="cam"><canvas id="cam" width="{_PHOTO}" height="{_PHOTO}" role="img"></canvas>
<div><p id="cam-text"></p><p class="ramp"><span>0</span><canvas id="ramp" width="128" height="1"
aria-hidden="true"></canvas><span id="ramp-top"></span></p><p id="cam-remark" class="note"></p>
</div></div>
<div id="strip" class="strip" role="group" aria-label="Grad-CAM of every block, input to output">
</div>
</section>
<section class="script" id="gradient">
<h2>Gradient</h2>
<p>{_linked(norm)}</p>
<p id="note" class="note"></p>
<div id="plot"></div>
<p class="legend" aria-hidden="true"><span class="now">●</span> now{
        " "
        if not two
        else ' <span class="on">□</span> all skips on <span class="cross">×</span> skip off'
    }</p>
<details><summary>These numbers as a table</summary>
<div class="scroll"><table><thead><tr><th scope="col">Block</th><th scope="col">Skip</th>
<th scope="col">Gradient now</th><th scope="col">with all skips on</th></tr></thead>
<tbody id="numbers"></tbody></table></div></details>
</section>"""


def _attribution(result: AttributionResult | None) -> str:
    """The maps of each method that was asked for, with all skips on beside all off."""
    if result is None:
        return ""
    photo = attribution.photo(result, _ATTRIBUTED)
    parts = []
    for name in result.request.methods:
        method, ends = METHODS[name], attribution.ends(result, name)
        table = _table(attribution.SIGNED if method.signed else "inferno")
        warning = f" {method.warning}." if method.warning else ""
        figures = []
        for one in (one for one in result.maps if one.method == name):
            said = f"{attribution.title(result, one)}: {attribution.remark(one)}"
            shown = ""
            if not one.refusal:
                pixels = overlay.laid(photo, one.values, ends, table, _OPACITY)
                shown = (
                    f'<img src="{_picture(pixels)}" width="224" height="224" alt="{escape(said)}">'
                )
            figures.append(f"<figure>{shown}<figcaption>{escape(said)}</figcaption></figure>")
        low, high = (number_text(end, 3) for end in ends)
        scale = "" if math.isnan(ends[1]) else f" Colours from {low} to {high} {method.unit}."
        parts.append(
            f"<h3>{escape(method.title)}</h3>\n<p>{escape(method.sentence)} "
            f"{escape(method.paper)}.{escape(warning)}{escape(scale)}</p>\n"
            f'<div class="photos">{"".join(figures)}</div>'
        )
    return (
        f'<section id="attribution"><h2>Why {escape(result.asked)}?</h2>\n'
        f"<p>{escape(attribution.caption(result))}</p>\n" + "\n".join(parts) + "</section>"
    )


def _all_states(handout: Handout) -> str:
    on = handout.on
    target = on.labels[on.now.target]
    best = "Most probable class" if on.snapshot.own_spec.has_classes else "Strongest feature"
    head = ("State", best, f"“{target}”", "Gradient at the stem", "at the last block")
    columns = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    rows = []
    for one in handout.states:
        result = one.result
        top = result.now.top(1)[0]
        cells = (
            f"{result.labels[top]}, {odds(result, result.now, top)[1]}",
            odds(result, result.now, result.now.target)[1],
            number_text(result.now.blocks[0].gradient_norm),
            number_text(result.now.blocks[-1].gradient_norm),
        )
        rows.append(
            f'<tr><th scope="row"><a href="#state={escape(one.state.key)}">'
            f"{escape(one.state.title)}</a></th>"
            + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            + "</tr>"
        )
    return (
        '<section id="all"><h2>All states</h2>\n'
        "<noscript><p>This browser runs no scripts, or they are switched off; the table has the "
        "numbers all the same.</p></noscript>\n"
        f'<div class="scroll"><table><thead><tr>{columns}</tr></thead>\n'
        f"<tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def _questions(questions: Iterable[Question]) -> str:
    made = []
    for number, one in enumerate(questions, start=1):
        answers = "".join(
            f'<label><input type="radio" name="question{number}"> {escape(answer)}</label>'
            for answer in one.answers
        )
        right = _right(one)
        made.append(
            f"<li><fieldset><legend>{escape(one.text)}</legend>"
            f'<div class="choices">{answers}</div></fieldset>{right}</li>'
        )
    if not made:
        return ""
    return f'<section id="questions"><h2>Questions</h2>\n<ol>{"".join(made)}</ol></section>'


def _right(question: Question) -> str:
    """What was measured, to be opened by who has guessed; "" where nothing was."""
    said = [question.measured] if question.measured else []
    if question.right is not None and 0 <= question.right < len(question.answers):
        said.insert(0, f"✓ {question.answers[question.right]}")
    elif said:
        said.append("None of the answers fits.")
    if not said:
        return ""
    lines = "".join(f"<p>{escape(line)}</p>" for line in said)
    return f"<details><summary>What was measured</summary>{lines}</details>"


def _linked(text: str) -> str:
    """Plain text as HTML in which the first of each of the glossary's words leads there."""
    seen: set[str] = set()

    def link(found: re.Match[str]) -> str:
        key = keys_by_word()[found[0].lower()]
        if key in seen:
            return found[0]
        seen.add(key)
        return f'<a href="#term-{escape(key)}">{found[0]}</a>'

    return word_pattern().sub(link, escape(text))


def _glossary() -> str:
    entries = []
    for term in terms().values():
        paper = ""
        if term.paper is not None:
            text, link = term.paper
            paper = f' <a href="{escape(link)}" rel="noreferrer">{escape(text)}</a>'
        see = ", ".join(
            f'<a href="#term-{escape(key)}">{escape(terms()[key].name)}</a>' for key in term.see
        )
        entries.append(
            f'<dt id="term-{escape(term.key)}">{escape(term.name)}</dt>'
            f"<dd>{escape(term.text)}{paper} <span>See also: {see}</span></dd>"
        )
    return (
        '<section id="glossary"><h2>Glossary</h2>\n<details><summary>All words</summary>\n'
        f"<dl>{''.join(entries)}</dl></details></section>"
    )


def _footer(handout: Handout, tiles: Sequence[int]) -> str:
    on = handout.on
    blocks = on.now.blocks
    lines = [
        f"Computed with ResNet Explorer {version('resnet-viz')} on {on.device}. Nothing in this "
        "file is fetched from anywhere, and nothing leaves it."
    ]
    if len(tiles) < len(blocks):
        lines.append(f"Grad-CAMs of {len(tiles)} of the {len(blocks)} blocks are in this file.")
    if any(max(blocks[place].cam.shape) > _MOST_SIDE for place in tiles):
        lines.append(f"Grad-CAMs larger than {_MOST_SIDE}×{_MOST_SIDE} were averaged down.")
    lines.append("He, Zhang, Ren and Sun 2015, “Deep Residual Learning”, arXiv:1512.03385.")
    return "<footer>" + "".join(f"<p>{escape(line)}</p>" for line in lines) + "</footer>"
