"""What the guide and the README name is there: menus, keys, commands, words of a lecture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viz.cli import COMMANDS as ON_THE_COMMAND_LINE
from resnet_viz.export.lecture import LAYOUTS, SHOWN, parse_lecture
from resnet_viz.figures.looks import THEMES
from resnet_viz.views.lecture import keys as presenting
from resnet_viz.views.shell.commands import entries
from resnet_viz.views.shell.shortcuts import groups

ROOT = Path(__file__).parents[1]
TEXTS = {
    path.name: path.read_text(encoding="utf-8")
    for path in (ROOT / "docs" / "guide.md", ROOT / "README.md")
}
GUIDE = TEXTS["guide.md"]

MENUS: dict[str, list[str]] = {}
for entry in entries():
    MENUS.setdefault(entry.menu.replace("&", ""), []).append(
        entry.text.replace("&", "").rstrip("…")
    )

_ARROW = re.compile(rf"\b({'|'.join(MENUS)}) → ")
_HELD = r"(?:Ctrl|Shift|Alt)\+"
_NAMED = r"[A-Z0-9←→↑↓]|F\d+|Esc|Space|Enter|Home|End"
_KEY = re.compile(rf"(?:{_HELD})*(?:{_NAMED})|(?:{_HELD})+[+-]")
_SHORT = {"PgDn": "PgDown", "PgUp": "PgUp", "→": "Right", "←": "Left"}


def named(text: str) -> Iterator[tuple[str, str]]:
    """Each menu that is named with an item, and what follows the arrow."""
    text = " ".join(text.replace("`", "").split())
    for match in _ARROW.finditer(text):
        yield match[1], text[match.end() : match.end() + 60]


@pytest.mark.parametrize("name", TEXTS)
def test_every_item_of_a_menu_is_there(name: str) -> None:
    found = list(named(TEXTS[name]))
    assert len(found) > 5
    for menu, rest in found:
        items = [item for item in MENUS[menu] if re.match(rf"{re.escape(item)}(?!\w)", rest)]
        assert items, f"{menu} → {rest}"
        longest = max(items, key=len)
        if (below := rest.removeprefix(longest)).startswith(" → "):
            assert longest == "Theme"
            assert below[3:].split()[0] in [theme.title for theme in THEMES.values()]


@pytest.mark.parametrize("name", TEXTS)
def test_every_key_is_there(name: str) -> None:
    listed = [key for group in groups().values() for key, _ in group]
    there = {one for keys in listed for one in re.split(r"[\s,;]+", keys)}
    prose = re.sub(r"```.*?```", "", TEXTS[name], flags=re.DOTALL)
    found = [one for one in re.findall(r"`([^`]+)`", prose) if _KEY.fullmatch(one)]
    assert len(found) > 5
    assert [one for one in found if one not in there] == []


def test_the_keys_of_a_presentation_are_bound() -> None:
    bound = {key for one in presenting.BINDINGS for key in presenting.names(one.keys).split(", ")}
    (table,) = re.findall(r"\| key \|.*?\n\n", GUIDE, re.DOTALL)
    rows = [line.split("|")[1] for line in table.splitlines()[2:] if line]
    assert len(rows) > 8
    for row in rows:
        for key in re.split(r", | to | or ", row.replace("`", "").strip()):
            assert _SHORT.get(key, key) in bound, row


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_is_there(name: str) -> None:
    asked = re.findall(r"\bresnet-viz ([a-z]+)\b", TEXTS[name])
    assert asked
    assert [one for one in asked if one not in ON_THE_COMMAND_LINE] == []
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    made = re.findall(r"`make ([a-z-]+)", TEXTS[name])
    assert [one for one in made if one not in targets] == []


def test_the_lecture_in_the_guide_is_one() -> None:
    (text,) = re.findall(r"```markdown\n(.*?)```", GUIDE, re.DOTALL)
    lecture = parse_lecture(text)
    assert lecture.sentences() == []
    assert [step.title for step in lecture.steps] == ["Two paths", "Without the skips"]
    assert lecture.steps[1].predict is not None


def test_the_words_of_a_step_are_all_told() -> None:
    text = " ".join(GUIDE.split())
    (shown,) = re.findall(r"takes one to three of ([^`]+?), and of other pages", text)
    parts = [part for part in SHOWN if not part.startswith("figure")]
    assert shown.split(", ") == parts
    (layouts,) = re.findall(r"`layout` is ([a-z, ]+?)\.", text)
    assert tuple(re.split(r", | or ", layouts)) == LAYOUTS
