"""The glossary's entries and the links to them."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest

from resnet_viz import assets
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.trust_measures import MEASURES
from resnet_viz.views.help import terms
from resnet_viz.views.help.terms import Term, linked
from resnet_viz.views.instruments.registry import INSTRUMENTS

TERMS = list(terms.terms().values())
WANTED = (
    "ImageNet", "gradient", "block", "stage", "shortcut", "projection", "bottleneck",
    "degradation", "backbone", "residual branch", "receptive field", "Grad-CAM", "top-5 error",
)  # fmt: skip


def links(text: str) -> list[tuple[str, str]]:
    """The keys that a rich text links to, and the words."""
    return re.findall(r'<a href="term:([^"]+)"[^>]*>([^<]*)</a>', text)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.key)
def test_an_entry_is_whole(term: Term) -> None:
    sentences = re.findall(r"[.?!](?:\s|$)", term.text)
    assert 1 <= len(sentences) <= 4
    assert 80 < len(term.text) < 400
    assert term.see
    assert term.key not in term.see
    if term.paper is not None:
        assert term.paper[0]
        assert urlsplit(term.paper[1]).scheme == "https"


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.key)
def test_what_to_see_also_exists(term: Term) -> None:
    assert {terms.terms()[key].key for key in term.see} == set(term.see)


@pytest.mark.parametrize("word", WANTED)
def test_the_words_of_the_story_have_an_entry(word: str) -> None:
    assert word.lower() in [w.lower() for w in terms.find(word).words]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("receptive", {"receptive-field", "effective-field"}),
        ("readout", {"linear-probe"}),
        ("refinement", {"refinement", "cosine"}),
        ("alignment", {"residual-alignment", "pca"}),
        ("folder", {"pca", "t-sne"}),
        ("depth", {"grad-cam"}),
    ],
)
def test_what_an_instrument_says_leads_to_its_terms(name: str, keys: set[str]) -> None:
    panel = next(entry for entry in INSTRUMENTS if entry.name == name).load()
    assert keys <= {key for key, _ in links(linked(f"{panel.SHOWS} {panel.PAPER}"))}


def test_methods_and_measures_lead_to_their_terms() -> None:
    for name, method in METHODS.items():
        if name not in ("gradient", "input_gradient", "guided_grad_cam"):
            key = name.replace("_", "-")
            assert links(linked(method.title)) == [(key, method.title)]
    for name in ("deletion", "insertion", "road", "infidelity", "sensitivity"):
        assert links(linked(MEASURES[name].title)) == [(name, MEASURES[name].title)]


def test_no_word_belongs_to_two_entries() -> None:
    words = [word.lower() for term in TERMS for word in set(term.words)]
    assert sorted(words) == sorted(set(words))


def test_the_entries_are_in_the_order_of_the_alphabet() -> None:
    names = [row["name"].lower() for row in json.loads(assets.text("glossary.json"))]
    assert names == sorted(names)


def test_a_word_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="zebra"):
        terms.find("zebra")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Every block has a shortcut.", [("block", "block"), ("shortcut", "shortcut")]),
        ("The skip connection skips", [("shortcut", "skip connection")]),
        ("Blocks, then more blocks", [("block", "Blocks")]),
        ("the residual branch of a branch", [("branch", "residual branch")]),
        ("ResNet-50 and a ResNet", [("resnet", "ResNet")]),
        ("blockade, unblock, sub-block", []),
        ("<b title='a block'>stage</b>", [("stage", "stage")]),
        ('<a href="https://x.org/block">a block</a> and a stage', [("stage", "stage")]),
        ("top-5 error and top-5", [("top5", "top-5 error")]),
    ],
)
def test_known_words_become_links_once(text: str, expected: list[tuple[str, str]]) -> None:
    assert links(linked(text)) == expected


def test_linking_changes_nothing_but_adds_links() -> None:
    text = "A <b>block</b> &lt; a stage &amp; a <i>shortcut</i>, 3 > 2"
    assert re.sub(r"<a [^>]*>|</a>", "", linked(text)) == text


def test_an_entry_does_not_link_to_itself() -> None:
    assert links(linked("A block is a block in a stage", without="block")) == [("stage", "stage")]


def test_every_link_leads_somewhere() -> None:
    for term in TERMS:
        for key, word in links(linked(term.text)):
            assert terms.find(key) is terms.find(word)


def test_a_search_finds_names_before_texts() -> None:
    found = [term.key for term in terms.matching(" Shortcut ")]
    assert found[0] == "shortcut"
    named = {term.key for term in TERMS if any("shortcut" in w.lower() for w in term.words)}
    assert set(found[: len(named)]) == named
    assert "degradation" not in named
    assert "pre-activation" in found[len(named) :]
    assert [term.key for term in terms.matching("")] == [term.key for term in TERMS]
    assert terms.matching("zebra") == []


def test_terms_are_found_in_what_is_written_anywhere() -> None:
    found = terms.found_in("<b>Gradient</b> norm at each block &amp; stage")
    assert [term.key for term in found] == ["gradient", "norm", "block", "stage"]
