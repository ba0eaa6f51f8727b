"""The challenge's winners: the table's form, its sources, and its agreement with the catalog."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from resnet_viz import assets
from resnet_viz.networks import catalog, ilsvrc
from resnet_viz.networks.ilsvrc import Entry, Source, Twin

ROWS = {entry.name: entry for entry in ilsvrc.entries()}


def sources() -> list[tuple[str, Source]]:
    rows = [(entry.name, source) for entry in ROWS.values() for source in entry.sources]
    rows += [("human", source) for source in ilsvrc.human().sources]
    return rows + [("twins", source) for source in ilsvrc.twins()[1]]


def test_the_table_has_nothing_that_is_not_read() -> None:
    table = json.loads(assets.text("ilsvrc.json"))
    assert table.keys() == {"title", "error", "depth", "human", "twins", "entries"}
    for row in table["entries"]:
        assert row.keys() == Entry.__annotations__.keys()
    for row in table["twins"]["rows"]:
        assert row.keys() == Twin.__annotations__.keys()


def test_the_figures_of_the_story() -> None:
    assert {name: (row.year, row.depth, row.error) for name, row in ROWS.items()} == {
        "LeNet-5": (1998, 5, None),
        "NEC-UIUC": (2010, None, 28.2),
        "XRCE": (2011, None, 25.8),
        "AlexNet": (2012, 8, 16.4),
        "Clarifai": (2013, 8, 11.7),
        "VGG-19": (2014, 19, 7.3),
        "GoogLeNet": (2014, 22, 6.7),
        "ResNet-152": (2015, 152, 3.57),
    }
    assert ilsvrc.human().error == 5.1


@pytest.mark.parametrize("name", [*ROWS, "human", "twins"])
def test_every_row_has_a_source(name: str) -> None:
    assert [source for row, source in sources() if row == name]


@pytest.mark.parametrize(("name", "source"), sources(), ids=lambda value: str(value)[:12])
def test_a_source_says_where_it_is_and_in_what_place(name: str, source: Source) -> None:
    assert source.where
    assert source.what
    assert source.short.split()[-1][-4:].isdigit(), "the short form ends in the year"
    address = urlsplit(source.link)
    assert address.scheme == "https"
    assert address.netloc


def test_every_error_and_every_depth_has_a_source_of_its_own() -> None:
    for entry in ROWS.values():
        whats = " ".join(source.what for source in entry.sources)
        assert entry.error is None or "error" in whats
        assert entry.depth is None or "depth" in whats


def test_each_paper_is_listed_once() -> None:
    shorts = [source.short for source in ilsvrc.sources()]
    assert len(shorts) == len(set(shorts))
    assert {source.short for name, source in sources() if name != "twins"} == set(shorts)


def test_a_network_that_opens_is_as_deep_as_its_tower() -> None:
    for row in (*ROWS.values(), *ilsvrc.twins()[0]):
        if row.network in catalog.CATALOG:
            assert catalog.CATALOG[row.network].depth == row.depth


def test_shortcuts_make_the_deeper_twin_the_better() -> None:
    error = {(row.residual, row.depth): row.error for row in ilsvrc.twins()[0]}
    assert error[False, 34] > error[False, 18]
    assert error[True, 34] < error[True, 18]
