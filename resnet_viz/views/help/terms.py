"""Links to the glossary in any text."""

from __future__ import annotations

import re

from resnet_viz.figures.terms import Term as Term
from resnet_viz.figures.terms import find as find
from resnet_viz.figures.terms import found_in as found_in
from resnet_viz.figures.terms import keys_by_word, pieces, word_pattern
from resnet_viz.figures.terms import matching as matching
from resnet_viz.figures.terms import terms as terms
from resnet_viz.views.widgets import theme

SCHEME = "term:"
"""What the address of a link to an entry begins with; its key follows."""


def linked(text: str, without: str = "", colour: str = "") -> str:
    """A rich text with links to the glossary: each entry's first word in ``text`` becomes one.

    ``text`` is plain or rich, as for a QLabel; what is a link already gets the theme's colour,
    unless it has one. ``without`` is the key of an entry that gets none. With the ``colour`` of the
    text around them the links are calm: only dots below tell them from it. ``follow`` in
    glossary.py opens the links.
    """
    look = theme.current()
    style = f"color: {look.accent}"
    if colour:
        style = f"color: {colour}; text-underline-style: dotted; text-decoration-color: {look.off}"
    seen = {without}
    inside = False  # a link that was there before

    def link(match: re.Match[str]) -> str:
        key = keys_by_word()[match[0].lower()]
        if key in seen:
            return match[0]
        seen.add(key)
        return f'<a href="{SCHEME}{key}" style="{style}">{match[0]}</a>'

    made = []
    for piece in pieces(text):
        if piece.startswith("<"):
            inside = piece.lower().startswith("<a ") or (inside and piece.lower() != "</a>")
            if piece.lower().startswith("<a ") and "style=" not in piece:
                # Qt would keep the colour of the theme in which the text was first shown.
                piece = f'{piece[:-1]} style="color: {look.accent}">'
            made.append(piece)
        else:
            made.append(piece if inside else word_pattern().sub(link, piece))
    return "".join(made)
