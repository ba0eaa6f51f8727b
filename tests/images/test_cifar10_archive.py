"""CIFAR-10 as torchvision knows it, as a miniature on a small server on loopback."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from torchvision.datasets import CIFAR10

from resnet_viz.images import cifar10_archive
from resnet_viz.networks.download import WeightsError, WeightsUnavailable
from resnet_viz.networks.family import CLASSES


def batch(number: int) -> bytes:
    """Three images of one colour each, in the archive's layout: channel by channel."""
    values = np.arange(3) + 10 * number
    data = np.repeat(values[:, None], 3072, axis=1).astype(np.uint8)
    data[:, 1024:2048] = 200
    return pickle.dumps({"data": data, "labels": [number % 10, 3, 4]})


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Handler(BaseHTTPRequestHandler):
    body: ClassVar[bytes] = b""
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Handler]]:
    """The server, and torchvision made to expect what is on it."""
    names = [name for name, _ in CIFAR10.train_list + CIFAR10.test_list]
    files = {name: batch(number) for number, name in enumerate(names)}
    files["batches.meta"] = pickle.dumps({"label_names": list(CLASSES)})
    Handler.body = packed({f"cifar-10-batches-py/{n}": content for n, content in files.items()})
    Handler.asked = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/cifar-10-python.tar.gz"
    monkeypatch.setattr(CIFAR10, "url", url)
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(Handler.body))
    monkeypatch.setattr(CIFAR10, "train_list", [[n, md5(files[n])] for n in names[:-1]])
    monkeypatch.setattr(CIFAR10, "test_list", [[names[-1], md5(files[names[-1]])]])
    meta = {**CIFAR10.meta, "md5": md5(files["batches.meta"])}
    monkeypatch.setattr(CIFAR10, "meta", meta)
    yield Handler
    server.shutdown()
    server.server_close()


def test_it_is_fetched_once_unpacked_and_read(archive: type[Handler], tmp_path: Path) -> None:
    steps = list(cifar10_archive.fetching(tmp_path / "data"))
    texts = " ".join(text for text, _, _ in steps)
    assert all(word in texts for word in ("Downloading", "Checking", "Unpacking"))
    data = cifar10_archive.read(tmp_path / "data")
    assert data.images.shape == (15, 32, 32, 3)
    assert data.images[4, 7, 9].tolist() == [11, 200, 11]
    assert data.labels.tolist() == [0, 3, 4, 1, 3, 4, 2, 3, 4, 3, 3, 4, 4, 3, 4]
    assert not list((tmp_path / "data").glob("*.gz*"))
    assert list(cifar10_archive.fetching(tmp_path / "data")) == []
    assert len(archive.asked) == 1


def test_a_subset_has_the_first_of_each_class(archive: type[Handler], tmp_path: Path) -> None:
    list(cifar10_archive.fetching(tmp_path))
    data = cifar10_archive.read(tmp_path, limit=5)
    assert data.labels.tolist() == [0, 3, 4, 1, 2]


def test_another_file_is_refused_and_deleted(
    archive: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CIFAR10, "tgz_md5", "0" * 32)
    with pytest.raises(WeightsError, match=r"MD5 is not 0000.*train on the digits"):
        list(cifar10_archive.fetching(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("filters", [True, False], ids=["newer Python", "3.11.2"])
def test_a_path_that_leads_out_of_the_folder_is_not_written(
    archive: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filters: bool
) -> None:
    if not filters:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    archive.body = packed({"../escaped": b"x"})
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(archive.body))
    with pytest.raises(WeightsError, match="could not be unpacked"):
        list(cifar10_archive.fetching(tmp_path / "data"))
    assert not (tmp_path / "escaped").exists()


def test_a_damaged_file_is_named(archive: type[Handler], tmp_path: Path) -> None:
    list(cifar10_archive.fetching(tmp_path))
    (tmp_path / "cifar-10-batches-py" / "data_batch_2").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"cifar-10-batches-py is damaged; delete that folder"):
        cifar10_archive.read(tmp_path)


def test_without_a_network_the_sentence_says_what_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    with pytest.raises(WeightsUnavailable, match=r"refused; try again, or open CIFAR-10 from a"):
        list(cifar10_archive.fetching(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_without_room_the_sentence_names_the_folder_and_no_setting_that_is_not_its(
    archive: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(self: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("resnet_viz.networks.download._Reception.run", full)
    with pytest.raises(WeightsUnavailable, match="make room there, or open CIFAR-10") as caught:
        list(cifar10_archive.fetching(tmp_path))
    assert str(tmp_path) in str(caught.value)
    assert "TORCH_HOME" not in str(caught.value)


def test_to_close_it_is_to_cancel(archive: type[Handler], tmp_path: Path) -> None:
    steps = cifar10_archive.fetching(tmp_path)
    next(steps)
    steps.close()
    assert not list(tmp_path.glob("*.partial"))
    assert not cifar10_archive.is_there(tmp_path)
