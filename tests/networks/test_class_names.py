"""Names of classes from the user's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viz.networks.class_names import read_class_names
from resnet_viz.networks.download import WeightsError


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "tench\n great white \nKätzchen\n\n"),
        ("a.txt", "\ufefftench\r\ngreat white\r\nKätzchen"),
        ("a.json", '["tench", "great white", "Kätzchen"]'),
        ("a.JSON", '{"2": "Kätzchen", "0": "tench", "1": "great white"}'),
        ("a.json", '{"0": ["n1", "tench"], "1": ["n2", "great white"], "2": ["n3", "Kätzchen"]}'),
    ],
)
def test_names_are_read(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert read_class_names(path) == ("tench", "great white", "Kätzchen")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"\xff\xfe\x00", "is no text in UTF-8"),
        ("a.txt", b"", "is empty"),
        ("a.txt", b"tench\n\nshark\n", "has no name for class 1"),
        ("a.json", b"tench", "is no JSON"),
        ("a.json", b"[" * 100_000, "is no JSON"),
        ("a.json", b"3", "holds neither a list nor numbers with names"),
        ("a.json", b'{"a": "tench"}', "has a key that is no number"),
        ("a.json", b'{"0": "tench", "2": "shark"}', "does not number its names 0, 1, 2 and so on"),
        ("a.json", b'["tench", 3]', "has no name for class 1"),
        ("a.txt", b"a\n" * 3_000_000, "is too large"),
    ],
)
def test_other_files_are_refused_by_name(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        read_class_names(path)
    assert str(caught.value).startswith(f"{name} {words}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"missing\.txt cannot be read"):
        read_class_names(tmp_path / "missing.txt")
