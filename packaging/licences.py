"""The licences of everything that a folder made by PyInstaller holds, to be passed on with it."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

TEXTS = Path(__file__).parent / "licences"
"""Texts that the libraries name and do not bring along."""

_NAMES = re.compile(r"licen[cs]e|copying|notice|authors", re.IGNORECASE)
_CODE = {".py", ".pyc", ".pyi", ".so", ".pyd", ".dll", ".h"}


def name_of(library: str) -> str:
    """A library's name as one writes it to compare it with others."""
    return re.sub(r"[-_.]+", "-", library).lower()


def closure(libraries: Iterable[str]) -> dict[str, Distribution]:
    """The installed ones of ``libraries`` and all that they need, by their names."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(one) for one in libraries]
    while waiting:
        asked = waiting.pop()
        extras = asked.extras or {""}
        if asked.marker is not None and not any(
            asked.marker.evaluate({"extra": extra}) for extra in extras
        ):
            continue
        try:
            one = distribution(asked.name)
        except PackageNotFoundError:
            continue
        if name_of(asked.name) in found:
            continue
        found[name_of(asked.name)] = one
        for more in map(Requirement, one.requires or ()):
            if more.marker is None or any(
                more.marker.evaluate({"extra": extra}) for extra in extras
            ):
                waiting.append(Requirement(str(more).partition(";")[0]))
    return dict(sorted(found.items()))


def licences_of(library: Distribution) -> Iterator[tuple[Path, Path]]:
    """The files of its licences, and their places in a folder of its own."""
    for file in library.files or ():
        path = Path(str(library.locate_file(file)))
        inside = any(part.lower() in ("licenses", "licences") for part in file.parts)
        if not (inside or _NAMES.search(file.name)) or file.suffix.lower() in _CODE:
            continue
        if path.is_file():
            yield path, Path(*file.parts[1 if file.parts[0].endswith(".dist-info") else 0 :])


def declared(library: Distribution) -> str:
    """What a library says of itself, for those that bring no file."""
    about = library.metadata
    classes = [one for one in about.get_all("Classifier") or () if one.startswith("License ::")]
    licence = about.get("License-Expression") or about.get("License") or "; ".join(classes)
    addresses = [about.get("Home-page") or "", *(about.get_all("Project-URL") or ())]
    lines = [f"{about['Name']} {library.version}", f"Licence: {licence or 'not said'}"]
    if licence and "LGPL" in licence:
        lines.append("Its text is in LGPL-3.txt and GPL-3.txt in the folder above; see Qt.txt too.")
    return "\n".join([*lines, *filter(None, addresses)]) + "\n"


def collect(libraries: dict[str, Distribution], notes: Path) -> list[tuple[str, str]]:
    """Every file of ``libraries``' licences with its place in the bundle, from its top folder.

    ``notes`` is a folder for what is written here of those without a file.
    """
    found = [(str(text), f"licences/{text.name}") for text in sorted(TEXTS.glob("*.txt"))]
    python = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    if python.is_file():
        found.append((str(python), "licences/Python.txt"))
    notes.mkdir(parents=True, exist_ok=True)
    for name, library in libraries.items():
        folder = f"licences/{name}-{library.version}"
        files = list(licences_of(library))
        found += [(str(path), f"{folder}/{place.as_posix()}") for path, place in files]
        if not files:
            note = notes / f"{name}.txt"
            note.write_text(declared(library), encoding="utf-8")
            found.append((str(note), f"{folder}/LICENCE.txt"))
    return found
