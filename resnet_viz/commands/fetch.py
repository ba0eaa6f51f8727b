"""``resnet-viz fetch``: what a lecture will need is downloaded and checked before."""

from __future__ import annotations

import argparse
from pathlib import Path

from resnet_viz.commands.command import Command, InputError
from resnet_viz.commands.terminal import bar, remark, say
from resnet_viz.results.offline import (
    CIFAR10,
    Need,
    Prepared,
    in_words,
    lacking,
    need,
    needs_of,
    offered,
    why_nothing,
)


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"a network, {CIFAR10}, or the file of a session or a lecture: all that it needs",
    )
    parser.add_argument("--list", action="store_true", help="only say what is there and what lacks")


def _run(given: argparse.Namespace) -> int:
    names, lost = _named(given.names)
    for sentence in lost:
        remark(sentence)
    if given.list:
        for one in _needs(names) if given.names else offered():
            state = "there" if one.at_hand else "lacks"
            say(f"{state}  {one.name:24}{one.megabytes:>7}  {one.title}")
        remark(in_words("This computer", lacking(names)) or "Nothing lacks")
        return 2 if lost else 0
    if not given.names:
        raise InputError(
            "name what to fetch, such as resnet50; resnet-viz fetch --list says what there is"
        )
    from resnet_viz.analysis.offline import fetching

    failed = bool(lost)
    with bar(unit="B", unit_scale=True, unit_divisor=1024) as shown:
        for update in fetching(names):
            if isinstance(update, Prepared):
                failed |= update.failed
                if not shown.disable:
                    shown.clear()
                (remark if update.failed else say)(update.sentence)
            elif not shown.disable:
                shown.total = update.total
                shown.set_description(update.text, refresh=False)
                shown.update(update.done - shown.n)
    return 2 if failed else 0


def _needs(names: tuple[str, ...]) -> list[Need]:
    """What ``names`` need, once why some need nothing has been said."""
    found = []
    for name in names:
        if (one := need(name)) is None:
            say(why_nothing(name))
        else:
            found.append(one)
    return found


def _named(given: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The names in what was typed, each once, and a sentence for each file that is not there.

    Raises:
        InputError: one is neither a name nor a file that can be read.
    """
    names: list[str] = []
    lost: list[str] = []
    for text in given:
        try:
            if Path(text).suffix or Path(text).is_file():
                needs = needs_of(Path(text))
                names += needs.names
                lost += [f"{text} needs {file}, which is not there" for file in needs.files]
            else:
                need(text)
                names.append(text)
        except ValueError as error:
            raise InputError(str(error)) from None
    return tuple(dict.fromkeys(names)), lost


COMMAND = Command(
    "fetch", "download and check what will be needed without a network", _options, _run
)
