"""Standard output, standard error and signals, as Unix has them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any, TextIO

from resnet_viz.commands.command import InputError

if TYPE_CHECKING:
    from tqdm import tqdm

NAME = "resnet-viz"

BROKEN_PIPE = 128 + 13
"""What shells call the exit code of a program that wrote to a pipe that nobody reads any more."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_NO_LETTER = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    r"""``text`` with control characters, and bytes of names that are not UTF-8, as \xNN."""
    return _UNPRINTABLE.sub(_escaped, text)


def shown(name: str) -> str:
    """The name of a file for a text of several lines: on one line, whatever is in it."""
    return printable(name).replace("\n", r"\n").replace("\t", r"\t")


def utf8(text: str) -> str:
    r"""``text`` with bytes of names that are not UTF-8 as \xNN, and otherwise as it is."""
    return _NO_LETTER.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # how Python keeps a byte that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def say(text: str) -> None:
    """Print ``text``, of a line or more, on standard output, at once.

    Raises:
        InputError: it cannot be written, as on a full disk.
        BrokenPipeError: nobody reads it any more.
    """
    if sys.stdout is None:
        raise InputError("standard output is closed, so nothing can be printed")
    try:
        print(_for(sys.stdout, printable(text)), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        _give_up(sys.stdout)
        raise InputError(
            f"standard output cannot be written ({error.strerror or error}); write to another place"
        ) from None


def remark(sentence: str) -> None:
    """Print one line on standard error, after the program's name.

    Raises:
        BrokenPipeError: nobody reads it any more.
    """
    if sys.stderr is None:
        return
    try:
        print(_for(sys.stderr, f"{NAME}: {shown(sentence)}"), file=sys.stderr, flush=True)
    except BrokenPipeError:
        raise
    except OSError:  # there is nowhere left to say it
        _give_up(sys.stderr)


def complain(sentence: str) -> int:
    """Say ``sentence`` on standard error; gives the exit code for bad input."""
    remark(sentence)
    return 2


def bar(**options: Any) -> tqdm[Any]:
    """A progress bar on standard error, if that is a terminal."""
    from tqdm import tqdm

    return tqdm(file=sys.stderr, disable=None, leave=False, **options)


def _for(stream: TextIO, text: str) -> str:
    """``text`` with what the terminal's own encoding lacks escaped."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


@contextlib.contextmanager
def well_behaved() -> Iterator[None]:
    """While a command runs: libraries do not warn, and to be ended is to clean up first."""
    stand_in_for_closed_streams()
    with warnings.catch_warnings(), _signals():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        yield


def hushed() -> None:
    """Write no more to streams that nobody reads, not even when Python ends."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            _give_up(stream)


def _give_up(stream: TextIO) -> None:
    """Let what is left in ``stream`` go nowhere, or Python would say that it cannot be written."""
    if stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def stand_in_for_closed_streams() -> None:
    """Give what is opened later no number below 3, where libraries in C write what they have to
    say; standard error, if it was closed, says nothing."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Let those that would end the program at once end it in order, by an exception."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
