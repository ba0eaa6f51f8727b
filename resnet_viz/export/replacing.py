"""Files that are whole at every moment: written under another name, then renamed."""

from __future__ import annotations

import glob
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OLD = 600.0
"""Seconds without a change after which what is half written was left by a program that is gone."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name of the same suffix to write to, which becomes ``path`` when all went well.

    Else what was at ``path`` stays, and nothing is left beside it; what a program that was killed
    has left is deleted.
    """
    clear(path.parent, f".{glob.escape(path.stem)}.*.partial{glob.escape(path.suffix)}")
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def clear(folder: Path, pattern: str) -> None:
    """Delete files and folders of such names that have not been touched for long."""
    with suppress(OSError):
        for left in folder.glob(pattern):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime < OLD:
                    continue
                if left.is_dir():
                    shutil.rmtree(left)
                else:
                    left.unlink()
