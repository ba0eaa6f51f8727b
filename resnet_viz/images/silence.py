"""What libraries in C print about a broken file is kept from the user: the sentence says it."""

from __future__ import annotations

import ctypes
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_STDERR = 2
_FFMPEG_QUIET = -8  # AV_LOG_QUIET
_TURN = deque([True])
"""Empty while someone is quiet: two at once would give standard error back in the wrong order."""


@contextmanager
def quiet() -> Iterator[None]:
    """Let nothing reach standard error meanwhile, not even from C: libtiff cannot be asked."""
    try:
        turn = _TURN.pop()  # atomic
    except IndexError:
        yield
        return
    try:
        kept = os.dup(_STDERR)
    except OSError:  # it is closed
        kept = -1
    try:
        if kept >= 0:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, _STDERR)
            os.close(nowhere)
        yield
    finally:
        if kept >= 0:
            os.dup2(kept, _STDERR)
            os.close(kept)
        _TURN.append(turn)


def quiet_ffmpeg(*folders: Path) -> None:
    """Let the FFmpeg whose libraries lie in ``folders`` print nothing: it is used on threads of its
    own for as long as a video plays."""
    patterns = ("libavutil.so.*", "libavutil.*.dylib", "avutil-*.dll")
    for path in (path for folder in folders for one in patterns for path in folder.glob(one)):
        with suppress(OSError, AttributeError):
            ctypes.CDLL(str(path)).av_log_set_level(_FFMPEG_QUIET)
