"""What PyInstaller's recipe gathers of licences: of every library that the program runs on."""

from __future__ import annotations

import importlib.util
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def licences() -> ModuleType:
    spec = importlib.util.spec_from_file_location("licences", ROOT / "packaging" / "licences.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def needed() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["video"]]


@pytest.mark.long
def test_every_library_has_a_licence_of_its_own_place(
    licences: ModuleType, needed: list[str], tmp_path: Path
) -> None:
    found = licences.closure(needed)
    assert {"torch", "pyside6", "pyside6-essentials", "shiboken6", "numpy", "sympy"} <= set(found)
    assert "pytest" not in found
    kept = licences.collect(found, tmp_path)
    places = [place for _, place in kept]
    assert len(places) == len(set(places))
    assert not [place for place in places if ".." in place or place.startswith("/")]
    for name, library in found.items():
        mine = [path for path, place in kept if f"/{name}-{library.version}/" in place]
        assert mine, name
        for path in mine:
            assert Path(path).stat().st_size > 0


def test_what_brings_no_file_is_told_of(licences: ModuleType, tmp_path: Path) -> None:
    qt = distribution("PySide6")
    kept = dict(licences.collect({"pyside6": qt}, tmp_path))
    (note,) = (path for path, place in kept.items() if "/pyside6-" in place)
    text = Path(note).read_text(encoding="utf-8")
    assert "LGPL" in text
    assert qt.version in text
    places = set(kept.values())
    assert {"licences/LGPL-3.txt", "licences/GPL-3.txt", "licences/Qt.txt"} <= places
    said = (licences.TEXTS / "Qt.txt").read_text(encoding="utf-8")
    assert "LGPL-3.txt" in said
    assert "LESSER" in (licences.TEXTS / "LGPL-3.txt").read_text(encoding="utf-8")


def test_extras_and_markers_are_followed(licences: ModuleType) -> None:
    assert "pytest" not in licences.closure(["tqdm"])
    assert licences.closure(["tqdm; python_version < '3'"]) == {}
    assert licences.closure(["no-such-library-as-this"]) == {}
    assert set(licences.closure(["tqdm[none]"])) == {"tqdm"}


def test_the_recipe_gathers_them() -> None:
    recipe = (ROOT / "packaging" / "resnet-viz.spec").read_text(encoding="utf-8")
    compile(recipe, "resnet-viz.spec", "exec")
    assert "from licences import closure, collect" in recipe
    assert "analysis.datas +=" in recipe
