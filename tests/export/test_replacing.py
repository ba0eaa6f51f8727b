"""Files stay whole when the program is killed while it writes them."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viz.export.analysis import new_folder
from resnet_viz.export.formats import write
from resnet_viz.export.lecture import parse_lecture, save_lecture
from resnet_viz.export.replacing import OLD, replacing
from resnet_viz.export.session import Session, read_session, write_session
from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.series import Series
from resnet_viz.figures.table import table_of
from resnet_viz.results.result import Snapshot
from tests import fakes

NOW = Snapshot("resnet20", fakes.photo(), device="cpu")
CHART = Chart("t", Axis("x", 0, 1), Axis("y", 0, 1), (Series("s", [0.0, 1.0], "branch"),))
FIGURE = Figure("f", "Title", "Caption", (CHART,))

WRITERS: dict[str, Callable[[Path], object]] = {
    "a.resnet.json": lambda path: write_session(Session(NOW), path),
    "a.md": lambda path: save_lecture(parse_lecture("---\nskips: on\n---\n# One\n"), path),
    "a.csv": lambda path: write(table_of(FIGURE), path),
}


def killed(deed: Callable[[], object]) -> None:
    """Do it in a process that is killed (as by ``kill -9``) when all but the renaming is done."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of forking where there are threads
        child = os.fork()
    if child == 0:
        try:
            Path.replace = Path.rename = die  # type: ignore[assignment, method-assign]
            deed()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)


def age(path: Path) -> None:
    long_ago = path.stat().st_mtime - OLD - 1
    os.utime(path, (long_ago, long_ago))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("name", WRITERS)
def test_a_kill_leaves_the_old_file_and_the_next_save_cleans_up(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("old")
    other = tmp_path / ".another.1.partial.json"
    other.touch()
    killed(lambda: WRITERS[name](path))
    assert path.read_text() == "old"
    (left,) = (one for one in tmp_path.iterdir() if one not in (path, other))
    assert left.name.startswith(".")
    WRITERS[name](path)
    assert path.read_text() != "old"
    assert left.exists(), "it may be another program's that is writing just now"
    for one in (left, other):
        age(one)
    WRITERS[name](path)
    assert not left.exists()
    assert other.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_kill_leaves_no_half_folder_under_its_name(tmp_path: Path) -> None:
    def make() -> None:
        with new_folder(tmp_path, "photo[1]") as made:
            (made.place / "a.png").touch()

    killed(make)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".photo[1].")
    age(left)
    make()
    assert [one.name for one in tmp_path.iterdir()] == ["photo[1]"]


def test_names_with_signs_of_patterns_clean_up_their_own_alone(tmp_path: Path) -> None:
    mine, others = tmp_path / ".a[1].7.partial.txt", tmp_path / ".a1.7.partial.txt"
    for left in (mine, others):
        left.touch()
        age(left)
    with replacing(tmp_path / "a[1].txt") as partial:
        partial.touch()
    assert not mine.exists()
    assert others.exists()


def test_a_name_that_is_no_text_is_saved_and_opened(tmp_path: Path) -> None:
    """A file's name may hold bytes that are no character: Python has them as half of one."""
    photo = replace(fakes.photo(), name="\udcff.png")
    path = tmp_path / "a.resnet.json"
    write_session(Session(replace(NOW, photo=photo), block="\ud800"), path)
    path.read_text(encoding="utf-8")
    session, said = read_session(path, NOW)
    assert not said
    assert (session.snapshot.photo.name, session.block) == ("\udcff.png", "\ud800")
    lecture = parse_lecture("---\nskips: on\n---\n# \udcff\n")
    save_lecture(lecture, tmp_path / "a.md")
