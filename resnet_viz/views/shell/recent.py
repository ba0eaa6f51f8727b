"""The photos, weights and sessions opened last, newest first."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

KEPT = 10


def paths(settings: QSettings) -> list[str]:
    """The files that still exist, newest first."""
    stored = settings.value("recent")
    # A list of one comes back from some settings files as a plain string.
    listed = [stored] if isinstance(stored, str) else stored if isinstance(stored, list) else []
    return [path for path in listed[:KEPT] if isinstance(path, str) and _is_there(path)]


def _is_there(path: str) -> bool:
    try:
        return Path(path).is_file()
    except OSError:  # too long for a path, say
        return False


def add(settings: QSettings, path: str) -> None:
    """Put ``path`` first."""
    absolute = str(Path(path).resolve())
    settings.sync()  # another window of the program may have put some there
    others = [other for other in paths(settings) if other != absolute]
    settings.setValue("recent", [absolute, *others][:KEPT])
