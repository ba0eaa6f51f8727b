"""Install the program as a user would, and run it from outside the repository: `make smoke`.

The sdist is made from the checkout, the wheel from the sdist, and the wheel is installed by pip
into a fresh virtual environment. Torch and Qt are gigabytes, so this environment does not install
the dependencies again: a .pth file leads it to those of the interpreter that runs this script.
What is under test, the wheel, is really installed; that it asks for all that it needs is left to
``pip check``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WITH_A_WINDOW = """
import sys
from PySide6.QtCore import QTimer
from resnet_viz import app
from resnet_viz.views.shell.main_window import MainWindow

shown = MainWindow.showEvent

def show(self, event):
    shown(self, event)
    self.engine.result_changed.connect(lambda result: finish(self, result))

def finish(window, result):
    print(result.structure.title, "icon:", not window.windowIcon().isNull(), flush=True)
    window.close()

MainWindow.showEvent = show
QTimer.singleShot(150_000, lambda: sys.exit("no result in 150 seconds"))
sys.exit(app.main([]))
"""
"""The window with its own first result, and then closed."""


def run(*command: str | Path, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    """What a command prints; what it complains of ends the script."""
    print("$", *command[:1], *(str(word).split("\n")[0][:60] for word in command[1:]), flush=True)
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=None if environment is None else dict(environment),
        capture_output=True,
        text=True,
        timeout=200,
    )
    if done.returncode:
        sys.exit(f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def build(folder: Path) -> Path:
    """The wheel, made from the sdist."""
    python = sys.executable
    run(python, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    (sdist,) = folder.glob("resnet_viz-*.tar.gz")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    run(python, "-m", "pip", "wheel", *options, "-w", folder, sdist, cwd=folder)
    (wheel,) = folder.glob("resnet_viz-*.whl")
    for file in (sdist, wheel):
        print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """The folder with the programs of a fresh environment in which ``wheel`` is installed."""
    venv.create(folder)
    names = {"base": str(folder), "platbase": str(folder)}
    programs = Path(sysconfig.get_path("scripts", "venv", vars=names))
    python = programs / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    own = Path(sysconfig.get_path("purelib", "venv", vars=names))
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    run(*pip, "check", cwd=folder)
    code = "import resnet_viz, resnet_viz.assets as a; print(resnet_viz.__file__, a.folder())"
    for place in run(python, "-c", code, cwd=folder).split():
        assert Path(place).is_relative_to(own), f"{place} is not of the installed wheel"
    return programs


def use(programs: Path, elsewhere: Path) -> None:
    """Run the installed program as its users do, in ``elsewhere`` and with a home of its own."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    environment |= {
        "HOME": str(elsewhere),
        "XDG_CONFIG_HOME": str(elsewhere / "config"),
        "QT_QPA_PLATFORM": "offscreen",
        # Nothing of what it does here may need a network.
        "RESNET_VIZ_MIRROR": "http://127.0.0.1:9/nothing-listens-here",
    }
    program = programs / "resnet-viz"
    listed = run(program, "networks", cwd=elsewhere, environment=environment)
    assert "resnet56" in listed, listed
    sample = resources.files("skimage") / "data" / "chelsea.png"
    (elsewhere / "photo.png").write_bytes(sample.read_bytes())
    options = ("--skips", "off", "--device", "cpu", "--json")
    said = run(program, "analyze", "photo.png", *options, cwd=elsewhere, environment=environment)
    assert json.loads(said), said
    said = run(programs / "python", "-c", WITH_A_WINDOW, cwd=elsewhere, environment=environment)
    assert "ResNet-56" in said, said
    assert "icon: True" in said, said


def main() -> None:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="resnet-viz-smoke-") as name:
        folder = Path(name)
        programs = install(build(folder), folder / "venv")
        elsewhere = folder / "elsewhere"
        elsewhere.mkdir()
        use(programs, elsewhere)
    print(f"The wheel installs and runs ({time.monotonic() - begun:.0f} s).")


if __name__ == "__main__":
    main()
