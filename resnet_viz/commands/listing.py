"""What --json prints: an image a line as it comes, or one list of all."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from resnet_viz.commands.terminal import say, utf8

Entry = dict[str, Any]


def json_options(parser: argparse.ArgumentParser) -> None:
    """Let ``parser`` take --json and --json=array, as `listed` understands them."""
    parser.add_argument(
        "--json", action="store_const", const="lines", help="print JSON, a line for each image"
    )
    parser.add_argument(
        "--json=array", dest="json", action="store_const", const="array", help="print one list"
    )


@contextlib.contextmanager
def listed(how: str | None) -> Iterator[Callable[[Entry], None]]:
    """Gives what to call with each entry; a list is printed at the end, even if interrupted."""
    entries: list[Entry] = []

    def line(entry: Entry) -> None:
        say_json(entry)

    if how != "array":
        yield line
        return
    try:
        yield entries.append
    finally:
        say_json(entries, 2)


def say_json(value: Any, indent: int | None = None) -> None:
    """Print ``value`` as JSON, which has no number that is not finite; as ASCII where standard
    output is not UTF-8."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    ascii_only = encoding != "utf8"
    say(json.dumps(_clean(value), indent=indent, ensure_ascii=ascii_only, allow_nan=False))


def _clean(value: Any) -> Any:
    """``value`` without what is no UTF-8, as names of files and classes may have."""
    if isinstance(value, str):
        return utf8(value)
    if isinstance(value, dict):
        return {_clean(key): _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value
