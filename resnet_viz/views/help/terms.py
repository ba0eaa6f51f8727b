"""The glossary's entries, and links to them in any text."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from functools import cache

from resnet_viz import assets
from resnet_viz.views.widgets import theme

SCHEME = "term:"
"""What the address of a link to an entry begins with; its key follows."""


@dataclass(frozen=True)
class Term:
    """An entry. ``also`` are the other words for it, ``paper`` is its text and address, or empty,
    and ``see`` are keys of entries to read next."""

    key: str
    name: str
    also: tuple[str, ...]
    text: str
    paper: tuple[str, str] | None
    see: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """All words for it."""
        return (self.name, *self.also)


@cache
def terms() -> dict[str, Term]:
    """Every entry by its key, in the order of the alphabet."""
    rows = json.loads(assets.text("glossary.json"))
    return {
        row["key"]: Term(
            row["key"],
            row["name"],
            tuple(row["also"]),
            row["text"],
            (row["paper"]["text"], row["paper"]["link"]) if row["paper"] else None,
            tuple(row["see"]),
        )
        for row in rows
    }


def find(word: str) -> Term:
    """The entry with this key, name or other word, whatever the case.

    Raises:
        KeyError: there is none.
    """
    return terms()[_keys()[word.strip().lower()]]


def found_in(text: str) -> list[Term]:
    """The entries whose words occur in a plain or rich text, in the order of the text."""
    keys = dict.fromkeys(
        _keys()[match[0].lower()]
        for piece in _pieces(text)
        if not piece.startswith("<")
        for match in _words().finditer(html.unescape(piece))
    )
    return [terms()[key] for key in keys]


def matching(query: str) -> list[Term]:
    """The entries for a search: first those called so, then those with a word and those with a
    text that holds ``query``."""
    query = query.strip().lower()
    found: list[list[Term]] = [[], [], []]
    for term in terms().values():
        if term.name.lower().startswith(query):
            found[0].append(term)
        elif any(query in word.lower() for word in term.words):
            found[1].append(term)
        elif query in term.text.lower():
            found[2].append(term)
    return [term for rank in found for term in rank]


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
        key = _keys()[match[0].lower()]
        if key in seen:
            return match[0]
        seen.add(key)
        return f'<a href="{SCHEME}{key}" style="{style}">{match[0]}</a>'

    made = []
    for piece in _pieces(text):
        if piece.startswith("<"):
            inside = piece.lower().startswith("<a ") or (inside and piece.lower() != "</a>")
            if piece.lower().startswith("<a ") and "style=" not in piece:
                # Qt would keep the colour of the theme in which the text was first shown.
                piece = f'{piece[:-1]} style="color: {look.accent}">'
            made.append(piece)
        else:
            made.append(piece if inside else _words().sub(link, piece))
    return "".join(made)


def _pieces(text: str) -> list[str]:
    """The text cut into tags and what is between them."""
    return re.split(r"(</?[a-zA-Z][^>]*>)", text)


@cache
def _keys() -> dict[str, str]:
    """Each word in lower case, and the key of its entry."""
    words = {word.lower(): term.key for term in terms().values() for word in term.words}
    return words | {key: key for key in terms()}


@cache
def _words() -> re.Pattern[str]:
    """Any of the words, the longest that fits; "ResNet" is none of them in "ResNet-50"."""
    words = sorted(
        (word for term in terms().values() for word in term.words), key=len, reverse=True
    )
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?![\w-])", re.IGNORECASE)
