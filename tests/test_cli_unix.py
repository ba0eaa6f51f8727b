"""The command line as Unix people expect it: streams, signals, names, and what can be piped."""

from __future__ import annotations

import hashlib
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_viz import app
from resnet_viz.images.photo import look_for_photos
from resnet_viz.networks import catalog
from tests import fakes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="streams are those of Unix")

ROOT = Path(__file__).parent.parent
SMALL = ("--network", "resnet20", "--device", "cpu")
"""With the weights that come with the program."""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "gradient.png"
    Image.fromarray(fakes.photo().pixels).save(path)
    return path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process; gives its code and what it printed."""

    def run(*arguments: object) -> tuple[int, str, str]:
        try:
            code = app.main([str(one) for one in arguments])
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        streams = capsys.readouterr()
        assert "Traceback" not in streams.err
        for line in streams.err.splitlines():
            assert line.startswith("resnet-viz: ")
        return code, streams.out, streams.err

    return run


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a shell makes of ``command``, in which "resnet-viz" is the program."""
    program = f'"{sys.executable}" -m resnet_viz'
    return subprocess.run(
        ["/bin/bash", "-c", command.replace("resnet-viz", program)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


# --- Streams -----------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_that_cannot_be_written_is_a_sentence_and_2(tmp_path: Path) -> None:
    done = shell("resnet-viz --help > /dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "resnet-viz: standard output cannot be written (No space left on device); "
        "write to another place\n"
    )


def test_nobody_reads_and_nothing_is_said(tmp_path: Path) -> None:
    done = shell("resnet-viz --help | true; exit ${PIPESTATUS[0]}", tmp_path)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.long
def test_closed_streams(tmp_path: Path) -> None:
    """Without standard error nothing is said and nothing else is changed; without standard output
    nothing can be printed."""
    done = shell("resnet-viz analyze nothing.png 2>&- ; echo $?", tmp_path)
    assert (done.stdout, done.stderr) == ("2\n", "")
    done = shell("resnet-viz --help >&-", tmp_path)
    assert done.returncode == 2
    assert done.stderr == "resnet-viz: standard output is closed, so nothing can be printed\n"


class Full(io.StringIO):
    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_result_that_cannot_be_printed(
    monkeypatch: pytest.MonkeyPatch, run: Run, image: Path
) -> None:
    for arguments in (["networks"], ["analyze", image, *SMALL, "--json=array"]):
        monkeypatch.setattr(sys, "stdout", Full())
        code, _, said = run(*arguments)
        assert code == 2
        assert "standard output cannot be written (No space left on device)" in said


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_done_is_kept_when_it_is_interrupted(
    tmp_path: Path, image: Path, number: signal.Signals
) -> None:
    for copy in range(40):
        shutil.copy(image, tmp_path / f"{copy:02}.png")
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "resnet_viz", "analyze", tmp_path, "--json", "--out", out, *SMALL],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(number)
    rest, errors = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert errors == ("resnet-viz: interrupted\n" if number == signal.SIGINT else "")
    entries = [json.loads(line) for line in (first + rest).splitlines()]
    assert 1 <= len(entries) < 41
    written = sorted(out.iterdir())
    assert {Path(entry["out"]) for entry in entries} <= set(written)
    for folder in written:
        assert not folder.name.startswith(".")
        assert np.load(folder / "blocks.npz")["blocks"].size == 10


def test_an_interrupted_list_holds_what_was_done(
    monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path, image: Path
) -> None:
    shutil.copy(image, tmp_path / "other.png")
    from resnet_viz.commands import analyze

    real, done = analyze.run_pass, []

    def run_pass(*given: object) -> object:
        if done:
            raise KeyboardInterrupt
        done.append(real(*given))
        return done[0]

    monkeypatch.setattr(analyze, "run_pass", run_pass)
    code, printed, said = run("analyze", tmp_path, *SMALL, "--json=array")
    assert (code, said) == (130, "resnet-viz: interrupted\n")
    assert [Path(entry["image"]).name for entry in json.loads(printed)] == ["gradient.png"]


# --- Files that cannot be written --------------------------------------------------------------


@contextmanager
def full_disk(size: int = 2000) -> Iterator[None]:
    """No file may be longer: writes fail as those to a full disk do.

    Python would cut its own files of byte code off as well, and read them in later tests.
    """
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = writes


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyze", "IMAGE", *SMALL, "--out", "OUT"),
        ("report", "IMAGE", *SMALL, "--formats", "png", "--out", "OUT"),
        ("gradient", "--depth", "8", "--batch", "2", "--device", "cpu", "--out", "OUT/lab.svg"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_full_disk_is_a_sentence_and_leaves_no_half_file(
    run: Run, tmp_path: Path, image: Path, arguments: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    given = [one.replace("IMAGE", str(image)).replace("OUT", str(out)) for one in arguments]
    with full_disk():
        code, printed, said = run(*given)
    assert (code, printed) == (2, "")
    assert len(said.splitlines()) == 1
    assert "cannot be written (File too large)" in said
    assert list(out.iterdir()) == []


def test_a_folder_that_may_not_be_written_to_is_told_before_anything_is_computed(
    monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path, image: Path
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    code, printed, said = run("analyze", image, *SMALL, "--out", tmp_path)
    assert (code, printed) == (2, "")
    assert f"{tmp_path} cannot be written to; choose another folder for --out" in said


# --- Names -------------------------------------------------------------------------------------


def test_paths_are_told_as_they_were_typed(
    monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path, image: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("a", "b"):
        Path(folder).mkdir()
        Path(folder, "p.jpg").write_bytes(b"no picture")
    code, printed, said = run("analyze", "./a/p.jpg", "b/", "lost.jpg", image, *SMALL)
    assert code == 2
    assert [line.split()[1] for line in said.splitlines()] == ["./a/p.jpg", "b/p.jpg", "lost.jpg"]
    assert printed.startswith(f"{image}: ResNet-20")
    Path("a", "w.pth").write_bytes(b"no weights")
    code, _, said = run("analyze", image, "--checkpoint", "./a/w.pth")
    assert code == 2
    assert said.startswith("resnet-viz: ./a/w.pth ")


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no names that are not UTF-8")
def test_names_that_are_no_text_are_escaped(run: Run, tmp_path: Path, image: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/caf\xe9\n\x1b[31m.png"
    shutil.copy(os.fsencode(image), odd)
    code, printed, _ = run("analyze", os.fsdecode(odd), *SMALL)
    assert code == 0
    assert printed.splitlines()[0].startswith(f"{tmp_path}/caf\\xe9\\n\\x1b[31m.png: ResNet-20")
    code, printed, _ = run("analyze", os.fsdecode(odd), *SMALL, "--json")
    assert json.loads(printed.encode())["image"] == f"{tmp_path}/caf\\xe9\n\x1b[31m.png"
    lost = os.fsdecode(odd + b"\xff")
    code, _, said = run("analyze", lost, *SMALL)
    assert code == 2
    assert len(said.splitlines()) == 1
    assert r"caf\xe9\n\x1b[31m.png\xff does not exist" in said


def test_a_folder_that_may_not_be_read_is_told_and_the_rest_is_done(
    monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path, image: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    scandir = os.scandir

    def refuse(path: str | int = ".") -> object:
        if path == str(closed):
            raise PermissionError(13, "Permission denied", str(closed))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    code, printed, said = run("analyze", tmp_path, *SMALL, "--json")
    assert code == 2
    refused, done = (json.loads(line) for line in printed.splitlines())
    assert refused["image"] == str(closed)
    assert f"{closed} may not be read (Permission denied)" in refused["error"]
    assert refused["error"] in said
    assert done["image"] == str(image)


def test_a_name_that_is_too_long_is_told() -> None:
    (found,) = look_for_photos("x" * 5000)
    assert "File name too long" in found.problem


# --- What is typed and printed -----------------------------------------------------------------


def test_standard_input(monkeypatch: pytest.MonkeyPatch, run: Run, image: Path) -> None:
    _, asked, _ = run("analyze", image, *SMALL, "--json")

    def given(data: bytes) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return run("analyze", "-", *SMALL, "--json")

    code, printed, _ = given(image.read_bytes())
    assert code == 0
    assert json.loads(printed)["image"] == "-"
    assert json.loads(printed)["top5"] == json.loads(asked)["top5"]
    code, printed, said = given(b"")
    assert code == 2
    assert said == "resnet-viz: standard input is empty; choose another file.\n"
    assert json.loads(printed)["error"] in said


@pytest.mark.parametrize("arguments", [("analyse",), ("analyse", "photo.jpg"), ("netwroks",)])
def test_a_misspelt_command_gets_a_suggestion(run: Run, arguments: tuple[str, ...]) -> None:
    code, _, said = run(*arguments)
    assert code == 2
    meant = "networks" if arguments[0] == "netwroks" else "analyze"
    assert said == f"resnet-viz: there is no command '{arguments[0]}'; did you mean {meant}?\n"


def test_an_entry_says_how_to_get_the_result_again(run: Run, image: Path) -> None:
    _, printed, _ = run("analyze", image, *SMALL, "--json")
    entry = json.loads(printed)
    weights = ROOT / "assets" / "weights" / "resnet20-cifar10.safetensors"
    spec = catalog.find("resnet20")
    assert entry["weights_sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert entry["preprocessing"]["mean"] == list(spec.mean)
    assert entry["preprocessing"]["size"] == 32
    assert entry["preprocessing"]["crop"]["size"] > 0
    assert entry["device"] == "CPU"
    assert entry["versions"]["torch"] == torch.__version__.partition("+")[0] or (
        entry["versions"]["torch"] == torch.__version__
    )


def test_columns_do_not_run_together(run: Run, tmp_path: Path, image: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\n".join(f"a very long name of the class number {n}" for n in range(10)))
    _, printed, _ = run("analyze", image, *SMALL, "--labels", names, "--skips", "off")
    rows = printed.splitlines()[1:]
    for row in rows:
        assert len([part for part in row.strip().split("  ") if part.strip()]) >= 2
    heads = [row.index("all skips on") for row in rows if "all skips on" in row]
    assert len(heads) == 2
    assert heads[0] == heads[1]


def test_guessed_is_said_only_of_what_was_guessed(run: Run, tmp_path: Path, image: Path) -> None:
    path = tmp_path / "mine.pth"
    torch.save(catalog.find("lenet5").build().state_dict(), path)
    own = ("analyze", image, "--checkpoint", path, "--device", "cpu")
    _, _, said = run(*own)
    assert "Guessed from that: an input of" in said
    assert "say --size or --normalise" in said
    _, _, said = run(*own, "--normalize", "none")
    assert "Guessed from that: an input of" in said
    assert "--normalise" not in said
    _, _, said = run(*own, "--normalise", "none", "--size", "32")
    assert "uess" not in said
    torch.save(catalog.find("resnet20").build().state_dict(), path)
    _, _, said = run(*own, "--normalise", "none", "--size", "32")
    assert "the activation: ReLU" in said
    assert "normalisation" not in said
    assert said.endswith("If a guess is wrong, say --assume.\n")


@pytest.mark.long
def test_warnings_of_libraries_are_kept_to_themselves(
    run: Run, tmp_path: Path, image: Path
) -> None:
    """Half a TIFF, and a PNG with damage that Pillow warns of."""
    for kind in ("tif", "png", "gif", "jpg"):
        stream = io.BytesIO()
        with Image.open(image) as picture:
            picture.resize((64, 64)).save(stream, {"tif": "TIFF", "jpg": "JPEG"}.get(kind, kind))
        data = stream.getvalue()
        (tmp_path / f"half.{kind}").write_bytes(data[: len(data) // 2])
    done = shell(
        f"resnet-viz analyze half.tif half.png half.gif half.jpg gradient.png {' '.join(SMALL)}",
        tmp_path,
    )
    assert "gradient.png: ResNet-20" in done.stdout
    assert [line for line in done.stderr.splitlines() if not line.startswith("resnet-viz: ")] == []
    assert "site-packages" not in done.stderr


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate"), "not enough memory for resnet20"),
        (MemoryError(), "not enough memory for resnet20"),
        (RuntimeError("CUDA error: device lost"), "The device stopped during the pass of resnet20"),
    ],
)
def test_a_device_that_gives_up_is_told(
    monkeypatch: pytest.MonkeyPatch, run: Run, image: Path, error: Exception, words: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("resnet_viz.analysis.session.Session.run", refuse)
    code, printed, said = run("analyze", image, *SMALL)
    assert (code, printed) == (2, "")
    assert words in said
