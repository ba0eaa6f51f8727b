"""Finding by a few letters: how well a text fits what was typed."""

from __future__ import annotations

_AT_START, _AT_WORD, _IN_A_ROW = 6.0, 4.0, 3.0
_LENGTH = 0.01  # that a longer text loses for each letter


def score(typed: str, text: str) -> float | None:
    """How well ``text`` fits, the more the better; None if a word's letters are not all there.

    Each word that was typed is to be found by its letters in their order; letters that begin a word
    or follow each other count more. Nothing typed fits everything alike.
    """
    plain, total = text.lower(), -_LENGTH * len(text)
    for word in typed.lower().split():
        best = _best(word, plain)
        if best is None:
            return None
        total += best
    return total if typed.strip() else 0.0


def _best(word: str, text: str) -> float | None:
    """The best of the ways that begin at each place of the first letter."""
    scores = [
        found
        for start, letter in enumerate(text)
        if letter == word[0] and (found := _from(word, text, start)) is not None
    ]
    return max(scores, default=None)


def _from(word: str, text: str, start: int) -> float | None:
    total, at = 0.0, start
    for number, letter in enumerate(word):
        found = text.find(letter, at)
        if found < 0:
            return None
        total += 1.0
        if found == 0:
            total += _AT_START
        elif not text[found - 1].isalnum():
            total += _AT_WORD
        if number and found == at:
            total += _IN_A_ROW
        at = found + 1
    return total
