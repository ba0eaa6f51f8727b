"""Preparing for a lecture: what lacks, and fetching it from a small server on loopback."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viz import cli
from resnet_viz.analysis.offline import fetching
from resnet_viz.images import cifar10_archive
from resnet_viz.networks import catalog, weights
from resnet_viz.results.offline import (
    Prepared,
    in_words,
    lacking,
    need,
    needs_of,
    offered,
)
from resnet_viz.results.task import Progress
from tests.images.test_cifar10_archive import Handler, archive  # noqa: F401
from tests.networks.test_weights import BODY, Server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """Serves torchvision's weights, all of them the same made-up file, to an empty folder."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(cifar10_archive, "home", lambda: tmp_path / "data")
    server = Server()
    monkeypatch.setenv(weights.MIRROR_VARIABLE, f"{server.url}/weights")
    official = weights.official

    def of_server(spec: catalog.NetworkSpec) -> weights.Official | None:
        given = official(spec)
        prefix = hashlib.sha256(server.body).hexdigest()[:8]
        return None if given is None else replace(given, sha256_prefix=prefix)

    monkeypatch.setattr(weights, "official", of_server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def prepared(*names: str) -> dict[str, Prepared]:
    return {one.name: one for one in fetching(names) if isinstance(one, Prepared)}


def test_what_lacks_is_said_with_its_size(server: Server) -> None:
    assert [one.name for one in lacking(["resnet56", "resnet50", "lenet5", "resnet50"])] == [
        "resnet50"
    ]
    sentence = in_words("This lecture", lacking(["resnet50"]))
    assert sentence == "This lecture needs ResNet-50’s weights (98 MB)"
    three = in_words("This", lacking(["resnet18", "resnet34", "cifar10"]))
    assert three.endswith("ResNet-18’s weights (45 MB), ResNet-34’s weights (83 MB) and "
                          "CIFAR-10 (163 MB)")  # fmt: skip
    assert in_words("This", lacking(["resnet56"])) == ""
    assert need("resnet20") is None
    assert {one.name for one in offered()} >= {"vgg16", "resnet152", "maskrcnn_resnet50_fpn",
                                               "cifar10"}  # fmt: skip
    sentence = in_words("This lecture", lacking(["fcn_resnet50", "fasterrcnn_resnet50_fpn"]))
    assert sentence == (
        "This lecture needs FCN-ResNet-50’s weights (135 MB) and Faster R-CNN’s weights (160 MB)"
    )
    with pytest.raises(ValueError, match="resnet51"):
        lacking(["resnet51"])


def test_all_are_fetched_with_one_progress(server: Server) -> None:
    updates = list(fetching(("resnet18", "resnet56", "resnet34")))
    progress = [one for one in updates if isinstance(one, Progress)]
    assert all(0 <= one.done <= one.total for one in progress)
    done = [one.done for one in progress]
    assert done == sorted(done)
    assert (done[-1], progress[-1].total) == (2 * len(BODY), 2 * len(BODY))
    said = [one.sentence for one in updates if isinstance(one, Prepared)]
    assert said == [
        "ResNet-18’s weights: fetched and checked",
        "ResNet-56 comes with the program",
        "ResNet-34’s weights: fetched and checked",
    ]
    assert lacking(["resnet18", "resnet34"]) == []
    assert len(server.paths) == 2
    again = prepared("resnet18", "resnet34")
    assert {one.sentence.partition(": ")[2] for one in again.values()} == {
        "there already, and whole"
    }
    assert len(server.paths) == 2


def test_a_model_downstream_is_fetched(server: Server) -> None:
    given = prepared("deeplabv3_resnet50")
    assert given["deeplabv3_resnet50"].sentence == (
        "DeepLabV3-ResNet-50’s weights: fetched and checked"
    )
    assert server.paths == ["/weights/deeplabv3_resnet50_coco-cd0a2569.pth"]
    assert lacking(["deeplabv3_resnet50"]) == []


def test_a_damaged_file_is_fetched_again(server: Server) -> None:
    found = weights.official(catalog.find("resnet18"))
    assert found is not None
    found.path.parent.mkdir(parents=True)
    found.path.write_bytes(BODY[:-1])
    assert "fetched" in prepared("resnet18")["resnet18"].sentence
    assert found.path.read_bytes() == BODY


def test_one_that_fails_does_not_stop_the_others(server: Server) -> None:
    wrong = server.body
    given = prepared("resnet18")
    assert not given["resnet18"].failed
    server.mode = "404"
    given = prepared("resnet34", "resnet18")
    assert given["resnet34"].failed
    assert "404" in given["resnet34"].sentence
    assert not given["resnet18"].failed
    server.mode, server.body = "whole", wrong
    steps = fetching(("resnet50",))
    while not next(steps).text.startswith("Downloading"):  # type: ignore[union-attr]
        pass
    steps.close()
    found = weights.official(catalog.find("resnet50"))
    assert found is not None
    assert not [file for file in found.path.parent.iterdir() if file.suffix == ".partial"]


def test_cifar10_is_fetched_checked_and_kept(
    server: Server,
    archive: type[Handler],  # noqa: F811
    tmp_path: Path,
) -> None:
    assert [one.name for one in lacking(["cifar10"])] == ["cifar10"]
    assert "fetched" in prepared("cifar10")["cifar10"].sentence
    assert lacking(["cifar10"]) == []
    assert "there already" in prepared("cifar10")["cifar10"].sentence
    (tmp_path / "data" / "cifar-10-batches-py" / "test_batch").write_bytes(b"half")
    damaged = prepared("cifar10")["cifar10"]
    assert damaged.failed
    assert "damaged" in damaged.sentence


def test_what_a_session_and_a_lecture_need(tmp_path: Path) -> None:
    session = tmp_path / "mine.json"
    session.write_text(
        json.dumps(
            {
                "version": 1,
                "network": "resnet50",
                "photo": {"name": "x", "path": "gone.jpg"},
                "weights": {"kind": "default", "path": ""},
                "choices": {"compare": {"other": "vgg16"}, "training": {"data": "cifar10"}},
            }
        )
    )
    needs = needs_of(session)
    assert set(needs.names) == {"resnet50", "vgg16", "cifar10"}
    assert needs.files == (tmp_path / "gone.jpg",)
    session.write_text(json.dumps({"network": "resnet50", "weights": {"kind": "untrained"}}))
    assert needs_of(session).names == ()
    lecture = tmp_path / "lecture.md"
    lecture.write_text("---\nnetwork: resnet152\n---\n# ResNet-50 and AlexNet\nresnet18s.")
    assert needs_of(lecture).names == ("resnet152",)
    with pytest.raises(ValueError, match=r"nothing\.json cannot be read"):
        needs_of(tmp_path / "nothing.json")


def test_the_command(server: Server, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lecture = tmp_path / "lecture.md"
    lecture.write_text("network: resnet18\n")
    assert cli.main(["fetch", "--list", str(lecture)]) == 0
    streams = capsys.readouterr()
    assert streams.out.split()[:2] == ["lacks", "resnet18"]
    assert "This computer needs ResNet-18’s weights (45 MB)" in streams.err
    assert cli.main(["fetch", str(lecture), "resnet56"]) == 0
    streams = capsys.readouterr()
    assert streams.err == "", "there is a bar although this is no terminal"
    assert "fetched and checked" in streams.out
    assert cli.main(["fetch", "--list", "resnet18"]) == 0
    assert capsys.readouterr().out.startswith("there  resnet18")
    server.mode = "500"
    assert cli.main(["fetch", "resnet34"]) == 2
    assert "500" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--list"),
        (["resnet51"], "resnet51"),
        (["missing.json"], "missing.json cannot be read"),
    ],
)
def test_what_cannot_be_fetched_is_said(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert cli.main(["fetch", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1
