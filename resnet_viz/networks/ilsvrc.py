"""The winners of the ImageNet challenge from 2010 to 2015 and LeNet-5, from a table with sources.

The figures are those of the papers and of the challenge's own pages, each with its place; what a
team entered was as a rule an average of several networks, which the notes say.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from resnet_viz import assets

_TABLE = "ilsvrc.json"


@dataclass(frozen=True)
class Source:
    """``where`` in the ``paper`` it stands, and for ``what``: "depth", "error", …

    ``short`` is the paper as authors and year, ``link`` its address.
    """

    short: str
    paper: str
    where: str
    what: str
    link: str


@dataclass(frozen=True)
class Entry:
    """A network, or a method without one, of a year.

    ``convolutional`` and ``fully_connected`` count the layers on the longest way through; they are
    None where nothing was deep. ``error`` is the top-5 test error in percent, None for what was
    never entered. ``network`` is its name in the catalog, whether or not the catalog has it, and
    ``opens`` says how that one differs.
    """

    name: str
    team: str
    year: int
    convolutional: int | None
    fully_connected: int | None
    residual: bool
    error: float | None
    network: str | None
    note: str
    opens: str | None
    sources: tuple[Source, ...]

    @property
    def depth(self) -> int | None:
        """Layers with weights, from input to output."""
        if self.convolutional is None or self.fully_connected is None:
            return None
        return self.convolutional + self.fully_connected


@dataclass(frozen=True)
class Human:
    """What a person reaches at the same task; ``error`` as that of ``Entry``."""

    error: float
    label: str
    note: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Twin:
    """One of the four networks with which the paper shows degradation on ImageNet.

    ``error`` is the top-1 error on the validation set in percent, over ten crops of each photo.
    ``network`` and ``opens`` are as those of ``Entry``.
    """

    name: str
    depth: int
    residual: bool
    error: float
    network: str | None
    opens: str | None


@cache
def entries() -> tuple[Entry, ...]:
    """All rows of the table, by year.

    Raises:
        AssetError: the table is damaged.
    """
    with assets.table(_TABLE) as table:
        rows = [Entry(**{**row, "sources": _sources(row["sources"])}) for row in table["entries"]]
        return tuple(sorted(rows, key=lambda row: row.year))


@cache
def human() -> Human:
    """The row for people.

    Raises:
        AssetError: the table is damaged.
    """
    with assets.table(_TABLE) as table:
        row = table["human"]
        return Human(**{**row, "sources": _sources(row["sources"])})


@cache
def twins() -> tuple[tuple[Twin, ...], tuple[Source, ...]]:
    """Plain and residual networks of 18 and 34 layers, and where they stand.

    Raises:
        AssetError: the table is damaged.
    """
    with assets.table(_TABLE) as table:
        twins = table["twins"]
        return tuple(Twin(**row) for row in twins["rows"]), _sources(twins["sources"])


def sources() -> tuple[Source, ...]:
    """Each paper or page of the table once, in the order of the table."""
    rows = [source for entry in entries() for source in entry.sources] + list(human().sources)
    return tuple({row.short: row for row in rows}.values())


def _sources(rows: list[dict[str, str]]) -> tuple[Source, ...]:
    return tuple(Source(**row) for row in rows)
