"""What is built holds all that the program needs, and nothing that only one system has.

`make smoke` goes on from here: it installs the wheel into a fresh environment and runs it.
"""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest
from PySide6.QtGui import QIcon
from pytestqt.qtbot import QtBot

from resnet_viz import assets

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "resnet_viz"
MODULES = sorted(PACKAGE.rglob("*.py"))

POSIX_MODULES = {
    "crypt", "fcntl", "grp", "nis", "ossaudiodev", "posix", "pty", "pwd", "readline", "resource",
    "spwd", "syslog", "termios", "tty",
}  # fmt: skip
"""Of Python's library, what is not there on Windows."""

POSIX_NAMES = {
    "os.fork", "os.forkpty", "os.getuid", "os.geteuid", "os.getgid", "os.getpgid", "os.killpg",
    "os.mkfifo", "os.nice", "os.sched_getaffinity", "os.setsid", "os.uname", "os.wait",
    "signal.SIGALRM", "signal.SIGCHLD", "signal.SIGHUP", "signal.SIGKILL", "signal.SIGPIPE",
    "signal.SIGQUIT", "signal.SIGUSR1", "signal.SIGUSR2", "signal.alarm", "signal.pause",
    "signal.setitimer", "signal.sigwait", "socket.AF_UNIX", "time.tzset",
}  # fmt: skip
"""Names that modules which are there on Windows lack there."""


TESTS_OWN = re.compile(r"extra == ['\"]test['\"]")
"""What only tests ask for; other extras, such as that for films, the program offers its users."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    """The wheel as pip builds it, from this checkout and without any download."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "-w", str(folder), str(ROOT)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("resnet_viz-*.whl")
    with ZipFile(path) as opened:
        yield opened


def files(folder: Path) -> set[str]:
    """All files below a folder by their paths from it, without what Python makes."""
    found = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return {file.as_posix() for file in found if "__pycache__" not in file.parts}


def test_the_wheel_holds_every_module_and_asset_and_nothing_else(wheel: ZipFile) -> None:
    wanted = {f"resnet_viz/{name}" for name in files(PACKAGE)}
    wanted |= {f"resnet_viz/assets/{name}" for name in files(ROOT / "assets")}
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert "resnet_viz/assets/weights/resnet56-cifar10.safetensors" in inside
    assert inside == wanted


def described(wheel: ZipFile, name: str) -> bytes:
    (path,) = [one for one in wheel.namelist() if one.endswith(f".dist-info/{name}")]
    return wheel.read(path)


def test_the_wheel_says_what_it_is(wheel: ZipFile) -> None:
    told = message_from_bytes(described(wheel, "METADATA"))
    assert told["License-Expression"] == "MIT"
    assert told["Requires-Python"] == ">=3.11"
    assert described(wheel, "licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    programs = configparser.ConfigParser()
    programs.read_string(described(wheel, "entry_points.txt").decode())
    assert programs["console_scripts"]["resnet-viz"] == "resnet_viz.app:main"


def test_the_package_asks_for_every_library_that_it_imports(wheel: ZipFile) -> None:
    """Also within functions; what is only a part of another library's counts as that."""
    told = message_from_bytes(described(wheel, "METADATA"))
    asked = [one for one in told.get_all("Requires-Dist", []) if not TESTS_OWN.search(one)]
    libraries = {re.split(r"[^\w-]", one)[0].lower().replace("-", "_") for one in asked}
    named = {"PIL": "pillow", "skimage": "scikit_image", "sklearn": "scikit_learn"}
    named |= {"shiboken6": "pyside6", "yaml": "pyyaml"}
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in MODULES
        for _, name in imports(ast.parse(path.read_text(encoding="utf-8")))
        if name not in sys.stdlib_module_names
        and name != "resnet_viz"
        and named.get(name, name).lower() not in libraries
    }
    assert missing == set()


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the topmost package of each import in a module, also within functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module.split(".")[0]


def of_one_system(text: str) -> list[str]:
    """What in a module's text only Linux and macOS have, each with its line."""
    tree = ast.parse(text)
    found = [f"{line}: import {name}" for line, name in imports(tree) if name in POSIX_MODULES]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in POSIX_NAMES:
            found.append(f"{node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.Call):
            found += [f"{node.lineno}: {why}" for why in _of_one_encoding(node)]
        elif isinstance(node, ast.Constant) and f"{node.value}/".startswith("/tmp/"):
            found.append(f"{node.lineno}: {node.value}")
    return found


def _of_one_encoding(call: ast.Call) -> Iterator[str]:
    """Text files without an encoding are read in that of the system: on Windows not UTF-8."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    if "encoding" in {keyword.arg for keyword in call.keywords}:
        return
    if name in ("read_text", "write_text"):
        yield f"{name} without an encoding"
    elif name == "open":
        own = isinstance(call.func, ast.Name)  # whose mode comes after the path
        modes = [one.value for one in call.args[own : own + 1] if isinstance(one, ast.Constant)]
        if [mode for mode in modes if re.fullmatch("[rwax]t?[+]?", str(mode))] or (
            own and not modes
        ):
            yield "open without an encoding"


def test_nothing_in_the_package_is_of_one_system_alone() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{what}"
        for path in MODULES
        for what in of_one_system(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "import fcntl",
        "def f():\n    from resource import getrusage",
        "os.fork()",
        "signal.signal(signal.SIGHUP, f)",
        "Path('/tmp/kept')",
        "path.read_text()",
        "open('names.txt')",
        "open('names.txt', 'w')",
        "path.open('w')",
    ],
)
def test_the_check_sees_what_it_forbids(text: str) -> None:
    assert of_one_system(text) != []


def test_no_file_has_a_name_that_windows_forbids() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = listed.stdout.splitlines()
    assert [name for name in names if re.search(r'[<>:"\\|?*]|[. ]$', name)] == []
    assert len({name.lower() for name in names}) == len(names)


def test_no_index_of_packages_is_named_where_packages_are_chosen() -> None:
    """Whoever installs chooses the index: a mirror in a classroom, PyTorch's own for a CPU."""
    for name in ("pyproject.toml", "Makefile"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert re.findall(r"index-url|https?://\S*(?:pypi|pytorch)\S*", text) == []


def test_the_icon_is_drawn_at_every_size(qtbot: QtBot) -> None:
    path = assets.path("icons", "resnet-viz.svg")
    assert ET.fromstring(path.read_text(encoding="utf-8")).tag.endswith("svg")
    for side in (16, 48, 256):
        image = QIcon(str(path)).pixmap(side, side).toImage()
        assert image.width() == side
        assert len({image.pixel(x, y) for x in range(side) for y in range(side)}) > 8


def test_the_desktop_entry_starts_the_program_and_names_its_icon() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read(ROOT / "packaging" / "resnet-viz.desktop", encoding="utf-8")
    said = entry["Desktop Entry"]
    assert said["Exec"].split() == ["resnet-viz", "%f"]
    assert assets.path("icons", f"{said['Icon']}.svg").is_file()
    assert said["Type"] == "Application"
