"""Which part of the house may know what: Qt only in engine and views, torch nowhere in views."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "resnet_viz"


def modules(*folders: str) -> list[str]:
    """The dotted names of all modules in folders of the package."""
    files = [file for folder in folders for file in sorted((PACKAGE / folder).rglob("*.py"))]
    names = [".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


def loaded_by(names: list[str], forbidden: list[str]) -> str:
    """Import ``names`` in a fresh interpreter; what of ``forbidden`` is loaded afterwards."""
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print(*[name for name in {forbidden!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "folder",
    ["networks", "images", "results", "analysis", "figures", "export", "commands"],
)
def test_layers_below_the_engine_import_no_qt(folder: str) -> None:
    assert loaded_by(modules(folder), ["PySide6", "pyqtgraph"]) == ""


def test_the_command_line_imports_no_qt() -> None:
    names = ["resnet_viz.cli", "resnet_viz.app", "resnet_viz.analysis.session"]
    assert loaded_by(names, ["PySide6", "pyqtgraph"]) == ""


def test_views_and_engine_import_no_torch_before_the_worker_does() -> None:
    names = modules("views", "engine")
    assert "resnet_viz.views.shell.main_window" in names
    assert loaded_by(names, ["torch", "torchvision", "captum"]) == ""


def test_views_import_nothing_for_videos_before_one_is_asked_for() -> None:
    assert loaded_by(modules("views"), ["PySide6.QtMultimedia"]) == ""


NOT_FOR_THE_FIRST_PAINT = [
    *("httpx", "asyncio", "ssl", "yaml", "email", "matplotlib", "scipy", "sklearn", "tqdm"),
    *("torch", "torchvision", "captum", "safetensors", "av", "tifffile", "pillow_heif"),
    "resnet_viz.export.animation",
    "resnet_viz.export.lecture",
    "resnet_viz.results.laboratory",
]
"""What takes time to import and is of use only later."""


def test_the_first_paint_waits_for_nothing_that_it_does_not_show() -> None:
    """The window is built but not shown: with that the worker's thread begins to import torch."""
    code = f"""
import sys, tempfile
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from resnet_viz.views.explorer.panels import PANELS
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.pages import PAGES
application = QApplication([])
with tempfile.TemporaryDirectory() as folder:
    settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(settings)
later = [*PAGES[1:], *(one for one in PANELS if not one.shown)]
assert PAGES[0].where.partition(":")[0] in sys.modules
names = {NOT_FOR_THE_FIRST_PAINT!r} + [entry.where.partition(":")[0] for entry in later]
print(*[name for name in names if name in sys.modules])
sys.stdout.flush()
import os
os._exit(0)
"""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == ""


def test_the_check_sees_what_it_forbids() -> None:
    assert loaded_by(["resnet_viz.views.widgets.theme"], ["PySide6", "torch"]) == "PySide6"


def test_only_the_engine_starts_threads() -> None:
    names = ("Thread", "concurrent.futures", "QRunnable", "multiprocessing")
    found = [
        f"{file.relative_to(PACKAGE)}: {name}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if file.parent.name != "engine"
        for name in names
        if name in file.read_text(encoding="utf-8")
    ]
    assert found == []


SHARED = {"diagram", "plots", "help", "widgets"}


def test_no_feature_of_the_window_imports_another() -> None:
    """A page's folder, and the shell, know themselves and what is shared, which knows no page."""
    views = PACKAGE / "views"
    found = []
    for file in sorted(views.rglob("*.py")):
        folder = file.relative_to(views).parts[0]
        text = file.read_text(encoding="utf-8")
        used = set(re.findall(r"^\s*(?:from|import) resnet_viz\.views\.(\w+)", text, re.MULTILINE))
        found += [f"{file.relative_to(views)}: {one}" for one in used - SHARED - {folder}]
    assert found == []
