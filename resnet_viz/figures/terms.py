"""The glossary's entries, and finding them in any text; without Qt, for hand-outs too."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from resnet_viz import assets


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
    """Every entry by its key, in the order of the alphabet; none if the file is damaged."""
    try:
        with assets.table("glossary.json") as rows:
            return _terms(rows)
    except assets.AssetError as error:
        assets.faults.add(str(error))
        return {}


def _terms(rows: list[dict[str, Any]]) -> dict[str, Term]:
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
    return terms()[keys_by_word()[word.strip().lower()]]


def found_in(text: str) -> list[Term]:
    """The entries whose words occur in a plain or rich text, in the order of the text."""
    found = dict.fromkeys(
        keys_by_word()[match[0].lower()]
        for piece in pieces(text)
        if not piece.startswith("<")
        for match in word_pattern().finditer(html.unescape(piece))
    )
    return [terms()[key] for key in found]


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


def pieces(text: str) -> list[str]:
    """A rich text cut into tags and what is between them."""
    return re.split(r"(</?[a-zA-Z][^>]*>)", text)


@cache
def keys_by_word() -> dict[str, str]:
    """Each word in lower case, and the key of its entry."""
    words = {word.lower(): term.key for term in terms().values() for word in term.words}
    return words | {key: key for key in terms()}


@cache
def word_pattern() -> re.Pattern[str]:
    """Any of the words, the longest that fits; "ResNet" is none of them in "ResNet-50"."""
    words = sorted(
        (word for term in terms().values() for word in term.words), key=len, reverse=True
    )
    any_word = "|".join(map(re.escape, words)) or "(?!)"
    return re.compile(rf"(?<![\w-])(?:{any_word})(?![\w-])", re.IGNORECASE)
