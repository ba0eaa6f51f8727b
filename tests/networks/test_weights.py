"""Weights: the embedded ones, the real download code against a loopback server, the user's file."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from resnet_viz.networks import download as downloads
from resnet_viz.networks import published, weights
from resnet_viz.networks.catalog import find
from resnet_viz.networks.choice import WeightsChoice, WeightsInfo
from resnet_viz.networks.download import _Reception, download
from resnet_viz.networks.family import CLASSES

EMBEDDED = "resnet20-cifar10"
RESNET20 = replace(find("resnet20"), embedded=EMBEDDED)
RESNET18 = find("resnet18")
PLAIN20 = replace(find("plain20"), embedded=None)
BODY = bytes(range(256)) * 4096  # 1 MiB
State = dict[str, Tensor]


class Server(ThreadingHTTPServer):
    """Serves ``body`` at every path, in the manner of ``mode``."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mode = "whole"
        self.body = BODY
        self.paths: list[str] = []
        self.ranges: list[str | None] = []
        self.cuts: list[int] = []
        self.tags: list[str] = []
        self.over = threading.Event()
        self.stalls = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        server.paths.append(self.path)
        server.ranges.append(self.headers["Range"])
        if server.mode.startswith("http"):
            self.send_response(302)
            self.send_header("Location", server.mode + self.path)
            self.end_headers()
            return
        if server.cuts:
            self._cut_off(server.cuts.pop(0))
            return
        if server.mode == "ranges":
            self._cut_off(len(server.body))
            return
        if server.mode == "silent":
            server.stalls.set()
            server.over.wait(60)
            server.stalls.clear()
            return
        if server.mode.isdigit():
            self.send_error(int(server.mode))
            return
        self.send_response(200)
        if server.mode != "no length":
            self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        if server.mode == "slow":
            for begin in range(0, len(server.body), len(server.body) // 8):
                server.over.wait(0.06)
                self.wfile.write(server.body[begin : begin + len(server.body) // 8])
            return
        whole = server.mode in ("whole", "no length")
        self.wfile.write(server.body if whole else server.body[: len(server.body) // 2])
        if server.mode == "stall":
            server.stalls.set()
            server.over.wait(60)
            server.stalls.clear()

    def _cut_off(self, sent: int) -> None:
        """``sent`` bytes at most, from where the client asks if the server's mode is "ranges"."""
        body, begin = self.server.body, 0
        tag = self.server.tags[0] if self.server.tags else ""
        if len(self.server.tags) > 1:
            self.server.tags.pop(0)
        asked = self.headers["Range"]
        same = self.headers["If-Range"] in (None, tag)
        if self.server.mode == "ranges" and asked and same:
            begin = int(asked.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(body):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        if tag:
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body) - begin))
        self.end_headers()
        self.wfile.write(body[begin : begin + sent])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloads, "PAUSES", (0.0, 0.0, 0.0))
    with served() as server:
        yield server


@contextlib.contextmanager
def served() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(weights.MIRROR_VARIABLE, raising=False)
    yield
    weights.set_mirror(None)


@pytest.fixture(scope="module")
def resnet18_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a ResNet-18 whose weights are made up."""
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("official") / "resnet18.pth"
    torch.save(RESNET18.build().state_dict(), path)
    return path.read_bytes()


@pytest.fixture
def made_up_official(
    resnet18_bytes: bytes, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> weights.Official:
    """The made-up ResNet-18 in place of torchvision's, on ``server`` as on a mirror."""
    server.body = resnet18_bytes
    prefix = hashlib.sha256(resnet18_bytes).hexdigest()[:8]
    real = weights.official(RESNET18)
    assert real is not None
    made_up = weights.Official(
        real.enum, f"https://unreachable.invalid/models/resnet18-{prefix}.pth", prefix
    )
    monkeypatch.setattr(weights, "official", lambda spec: made_up)
    listed = published.newest("resnet18")
    assert listed is not None
    listed = replace(listed, file=made_up.file_name)
    monkeypatch.setattr(published, "newest", lambda _: listed)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    weights.set_mirror(f"{server.url}/mirror/")
    return made_up


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def a_state(seed: int = 7) -> State:
    """A state dict of ResNet-20 in which no value is that of another seed or initialisation."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.rand(value.shape, generator=generator) + 0.5
        if value.is_floating_point()
        else value
        for name, value in RESNET20.build().state_dict().items()
    }


def load_file(path: Path, network: nn.Module | None = None) -> nn.Module:
    network = network or RESNET20.build()
    info = weights.load(network, RESNET20, WeightsChoice("file", str(path)))
    assert info == WeightsInfo(path.name, True)
    return network


def assert_same(network: nn.Module, state: State) -> None:
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, state[name], rtol=0, atol=0)


def assert_refused(path: Path, sentence: str) -> None:
    """The file is refused with ``sentence`` and the network is as it was, every value of it."""
    network = RESNET20.build()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(weights.WeightsError) as caught:
        load_file(path, network)
    assert str(caught.value) == sentence
    assert_same(network, before)


# Downloading


def test_download_writes_the_file_and_reports_its_progress(server: Server, tmp_path: Path) -> None:
    dest = tmp_path / "new" / "folder" / "a.pth"
    seen: list[tuple[int, int]] = []
    download(
        f"{server.url}/a.pth",
        dest,
        lambda received, total: seen.append((received, total)),
        sha256_prefix=sha256(BODY)[:8],
    )
    assert dest.read_bytes() == BODY
    assert [path.name for path in dest.parent.iterdir()] == ["a.pth"]
    assert seen[0] == (0, len(BODY))
    assert seen[-1] == (len(BODY), len(BODY))
    assert seen == sorted(seen)


def test_download_without_a_length_reports_a_total_of_zero(server: Server, tmp_path: Path) -> None:
    server.mode = "no length"
    seen: list[tuple[int, int]] = []
    download(server.url, tmp_path / "a.pth", lambda received, total: seen.append((received, total)))
    assert seen[-1] == (len(BODY), 0)


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("404", "the server answered 404 (Not Found)"),
        ("500", "the server answered 500 (Internal Server Error)"),
        ("half", "it was cut off after 0.5 MB of 1.0 MB"),
        ("stall", "nothing came for 0.4 s after 0.5 MB of 1.0 MB"),
        ("silent", "nothing came for 0.4 s"),
        ("whole", "the file there is another one (its hash is not 00000000…)"),
    ],
)
def test_download_that_fails_says_why_and_leaves_nothing(
    server: Server, tmp_path: Path, mode: str, why: str
) -> None:
    server.mode = mode
    prefix = "00000000" if mode == "whole" else ""
    with pytest.raises(weights.WeightsUnavailable) as caught:
        download(f"{server.url}/a.pth", tmp_path / "a.pth", timeout=0.4, sha256_prefix=prefix)
    assert str(caught.value) == (
        f"a.pth could not be downloaded from 127.0.0.1:{server.server_port}: {why}; "
        "try again, or open a file of weights"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("sent", [0, 1, 65_536, 262_143, len(BODY) - 1])
@pytest.mark.parametrize("tag", ['"a"', 'W/"a"', ""])
def test_a_download_that_is_cut_off_goes_on_where_it_stopped(
    server: Server, tmp_path: Path, sent: int, tag: str
) -> None:
    server.mode, server.cuts, server.tags = "ranges", [sent], [tag]
    download(f"{server.url}/a", tmp_path / "a", sha256_prefix=sha256(BODY))
    assert (tmp_path / "a").read_bytes() == BODY
    assert server.ranges == [None, f"bytes={sent}-" if sent else None]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_download_goes_on_for_as_long_as_more_comes(server: Server, tmp_path: Path) -> None:
    server.mode, server.cuts = "ranges", [100_000] * 10
    download(f"{server.url}/a", tmp_path / "a", sha256_prefix=sha256(BODY))
    assert (tmp_path / "a").read_bytes() == BODY
    assert server.ranges[-1] == "bytes=1000000-"


def test_a_server_that_knows_no_ranges_is_asked_for_all_of_it(
    server: Server, tmp_path: Path
) -> None:
    server.cuts = [900_000, 1000]
    seen: list[tuple[int, int]] = []
    download(f"{server.url}/a", tmp_path / "a", lambda *both: seen.append(both))
    assert (tmp_path / "a").read_bytes() == BODY
    assert seen.count((0, len(BODY))) == 3
    assert max(seen) == seen[-1] == (len(BODY), len(BODY))


def test_parts_of_two_versions_of_a_file_are_not_joined(server: Server, tmp_path: Path) -> None:
    server.mode, server.cuts, server.tags = "ranges", [900_000], ['"old"', '"new"']
    download(f"{server.url}/a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == BODY
    assert server.ranges == [None, "bytes=900000-"], "the server was to tell that it is another"


def test_without_a_name_for_the_version_and_without_a_hash_nothing_is_joined(
    server: Server, tmp_path: Path
) -> None:
    server.mode, server.cuts = "ranges", [900_000]
    download(f"{server.url}/a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == BODY
    assert server.ranges == [None, None]


def test_what_a_failed_download_has_is_where_the_next_one_goes_on(
    server: Server, tmp_path: Path
) -> None:
    dest, prefix = tmp_path / "a", sha256(BODY)
    server.mode, server.cuts = "ranges", [400_000, 0, 0, 0, 0]
    with pytest.raises(
        weights.WeightsUnavailable, match=r"it was cut off after 0\.4 MB of 1\.0 MB"
    ):
        download(f"{server.url}/a", dest, sha256_prefix=prefix)
    assert not dest.exists()
    server.mode = "503"
    with pytest.raises(weights.WeightsUnavailable, match="the server answered 503"):
        download(f"{server.url}/a", dest, sha256_prefix=prefix)
    server.mode, server.ranges = "ranges", []
    download(f"{server.url}/a", dest, sha256_prefix=prefix)
    assert dest.read_bytes() == BODY
    assert server.ranges == ["bytes=400000-"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("left", [b"x" * 5000, b"x" * (len(BODY) + 1), BODY])
def test_what_a_killed_download_left_is_used_only_if_it_fits(
    server: Server, tmp_path: Path, left: bytes
) -> None:
    dest = tmp_path / "a"
    running = tmp_path / ".a.other.partial"
    running.write_bytes(b"of a download that goes on")
    for name, content in (("0", b"x"), ("1", left)):
        old = tmp_path / f".a.{name}.partial"
        old.write_bytes(content)
        os.utime(old, (1e9, 1e9))
    server.mode = "ranges"
    download(f"{server.url}/a", dest, sha256_prefix=sha256(BODY))
    assert dest.read_bytes() == BODY
    assert {path.name for path in tmp_path.iterdir()} == {"a", running.name}
    assert len(server.paths) == (0 if left == BODY else 2)


def test_a_redirect_is_followed_but_not_in_circles_or_elsewhere_than_the_web(
    server: Server, tmp_path: Path
) -> None:
    with served() as second:
        server.mode = second.url
        download(f"{server.url}/a.pth", tmp_path / "a.pth", sha256_prefix=sha256(BODY))
        assert (tmp_path / "a.pth").read_bytes() == BODY
        assert second.paths == ["/a.pth"]
    for mode, why in (
        (server.url, "Exceeded maximum allowed redirects"),
        ("https+file:///etc", "unsupported protocol"),
    ):
        server.mode = mode
        with pytest.raises(weights.WeightsUnavailable, match=why):
            download(f"{server.url}/b.pth", tmp_path / "b.pth")
    assert not (tmp_path / "b.pth").exists()


def test_a_proxy_of_the_environment_is_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    download("http://weights.invalid/a.pth", tmp_path / "a.pth", sha256_prefix=sha256(BODY))
    assert (tmp_path / "a.pth").read_bytes() == BODY
    assert server.paths == ["http://weights.invalid/a.pth"]
    with pytest.raises(weights.WeightsUnavailable, match=r"from weights\.invalid: .*501"):
        download("https://weights.invalid/b.pth", tmp_path / "b.pth")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "ftp://127.0.0.1:9", "http://a:b"])
def test_a_proxy_that_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(weights.WeightsUnavailable, match="HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"):
        download("http://weights.invalid/a.pth", tmp_path / "a.pth")


def test_a_slow_server_may_take_its_time_and_can_be_left(server: Server, tmp_path: Path) -> None:
    server.mode = "slow"
    seen: list[int] = []
    download(server.url, tmp_path / "a", lambda received, _: seen.append(received), timeout=0.3)
    assert (tmp_path / "a").read_bytes() == BODY
    assert len(set(seen)) > 4
    with pytest.raises(weights.DownloadCancelled):
        download(server.url, tmp_path / "b", cancelled=lambda: True)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_empty_answer_is_not_a_file(server: Server, tmp_path: Path) -> None:
    server.body = b""
    with pytest.raises(weights.WeightsUnavailable, match="the server sent an empty file;"):
        download(server.url, tmp_path / "a.pth")


def test_refused_connection_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(weights.WeightsUnavailable, match=f"{port}: the connection was refused;"):
        download(f"http://127.0.0.1:{port}/a.pth", tmp_path / "a.pth")


def test_unknown_host_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(weights.WeightsUnavailable) as caught:
        download("http://host.invalid/a.pth", tmp_path / "a.pth")
    assert "from host.invalid: the host was not found, or there is no network;" in str(caught.value)


def test_download_into_a_place_that_cannot_be_written_names_it(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(weights.WeightsUnavailable, match=r"a\.pth could not be written to .*file"):
        download(server.url, tmp_path / "file" / "a.pth")


def test_a_full_disk_is_told_and_the_partial_file_goes(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(self: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_Reception, "run", full)
    with pytest.raises(weights.WeightsUnavailable, match="No space left on device; make room"):
        download(server.url, tmp_path / "a.pth")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", ["stall", "silent"])
def test_cancel_is_noticed_at_once_while_the_server_stalls(
    server: Server, tmp_path: Path, mode: str
) -> None:
    server.mode = mode
    with pytest.raises(weights.DownloadCancelled):
        download(server.url, tmp_path / "a.pth", cancelled=server.stalls.is_set)
    assert server.stalls.is_set(), "it waited until the server went on"
    assert not list(tmp_path.iterdir())


def test_two_downloads_of_one_file_do_not_damage_each_other(server: Server, tmp_path: Path) -> None:
    dest = tmp_path / "a.pth"
    both_have_begun = threading.Barrier(2, timeout=5)
    errors: list[Exception] = []

    def fetch() -> None:
        def progress(received: int, total: int) -> None:
            if received == 0:
                both_have_begun.wait()

        try:
            download(server.url, dest, progress, sha256_prefix=sha256(BODY))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not errors
    assert dest.read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["a.pth"]


# Official weights


def test_official_weights_are_torchvisions_newest() -> None:
    newest = weights.official(find("resnet50"))
    assert newest is not None
    assert newest.enum.name == "IMAGENET1K_V2"
    assert newest.file_name == "resnet50-11ad3fa6.pth"
    assert newest.sha256_prefix == "11ad3fa6"
    assert newest.title == "ImageNet-1K V2 (torchvision), 80.9 %"
    assert weights.official(RESNET20) is None


def test_downloads_are_where_torch_keeps_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in (("TORCH_HOME", "~/elsewhere"), ("XDG_CACHE_HOME", str(tmp_path))):
        monkeypatch.delenv("TORCH_HOME", raising=False)
        monkeypatch.setenv(name, value)
        assert weights.downloads() == Path(torch.hub.get_dir()) / "checkpoints"


def test_official_weights_are_downloaded_once_from_the_mirror_into_torch_home(
    made_up_official: weights.Official, server: Server, tmp_path: Path
) -> None:
    there = weights.Availability(False, "to download (45 MB)", "↓")
    assert weights.availability(RESNET18) == there
    network = RESNET18.build()
    seen: list[tuple[int, int]] = []
    info = weights.load(
        network, RESNET18, WeightsChoice(), lambda done, total: seen.append((done, total))
    )
    assert info.trained
    assert info.title == "ImageNet-1K V1 (torchvision), 69.8 %"
    assert seen[-1] == (len(server.body), len(server.body))
    assert server.paths == [f"/mirror/{made_up_official.file_name}"]
    file = tmp_path / "torch" / "hub" / "checkpoints" / made_up_official.file_name
    assert_same(network, torch.load(file, weights_only=True))

    assert weights.availability(RESNET18) == weights.Availability(True, "downloaded")
    weights.load(RESNET18.build(), RESNET18, WeightsChoice())
    assert len(server.paths) == 1


def test_a_damaged_file_in_the_cache_is_downloaded_again(
    made_up_official: weights.Official, server: Server
) -> None:
    made_up_official.path.parent.mkdir(parents=True)
    made_up_official.path.write_bytes(server.body[:1000])
    assert weights.load(RESNET18.build(), RESNET18, WeightsChoice()).trained
    assert made_up_official.path.read_bytes() == server.body


def test_a_failed_or_cancelled_download_leaves_the_network_alone(
    made_up_official: weights.Official, server: Server
) -> None:
    network = RESNET18.build()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    server.mode = "half"
    with pytest.raises(weights.WeightsUnavailable, match="cut off"):
        weights.load(network, RESNET18, WeightsChoice())
    with pytest.raises(weights.DownloadCancelled):
        weights.load(network, RESNET18, WeightsChoice(), cancelled=lambda: True)
    assert_same(network, before)
    assert not list(made_up_official.path.parent.iterdir())


def test_the_mirror_of_the_environment_goes_before_that_of_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = find("resnet50")
    assert weights.official_url(spec) == "https://download.pytorch.org/models/resnet50-11ad3fa6.pth"
    weights.set_mirror(" https://settings.example/a/ ")
    assert weights.official_url(spec) == "https://settings.example/a/resnet50-11ad3fa6.pth"
    monkeypatch.setenv(weights.MIRROR_VARIABLE, "http://environment.example")
    assert weights.official_url(spec) == "http://environment.example/resnet50-11ad3fa6.pth"
    monkeypatch.setenv(weights.MIRROR_VARIABLE, "")
    weights.set_mirror("")
    assert weights.official_url(spec).startswith("https://download.pytorch.org/")


@pytest.mark.parametrize(
    "base", ["ftp://a.example", "a.example/weights", "https://", "http://[a", "http://a:b"]
)
def test_a_mirror_that_is_no_web_address_is_named(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights.set_mirror("https://good.example")
    with pytest.raises(weights.WeightsError) as caught:
        weights.set_mirror(base)
    assert str(caught.value).startswith(f"the mirror in the settings is {base!r}; give an address")
    assert weights.official_url(RESNET18).startswith("https://good.example/")
    monkeypatch.setenv(weights.MIRROR_VARIABLE, base)
    with pytest.raises(weights.WeightsError, match=f"^{weights.MIRROR_VARIABLE} is "):
        weights.official_url(RESNET18)


def test_a_password_in_the_mirror_is_refused_and_not_repeated() -> None:
    with pytest.raises(weights.WeightsError, match="holds a user name or a password") as caught:
        weights.set_mirror("https://user:secret@host.example")
    assert "secret" not in str(caught.value)


def test_no_weights_means_the_initialisation() -> None:
    network = PLAIN20.build()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    for choice in (WeightsChoice(), WeightsChoice("untrained")):
        assert weights.load(network, PLAIN20, choice) == WeightsInfo("untrained", False)
    assert_same(network, before)
    assert weights.availability(PLAIN20) == weights.Availability(
        False, "none, starts untrained", "○"
    )


# Embedded weights


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of assets with made-up weights of ResNet-20 in float16, and their card."""
    folder = tmp_path / "assets" / "weights"
    folder.mkdir(parents=True)
    half = {
        name: value.half() if value.is_floating_point() else value
        for name, value in a_state().items()
    }
    content = safetensors.torch.save(half)
    (folder / f"{EMBEDDED}.safetensors").write_bytes(content)
    card = {"title": "CIFAR-10 (JPEG), 88.1 %", "sha256": sha256(content)}
    (folder / f"{EMBEDDED}.json").write_text(json.dumps(card))
    monkeypatch.setattr("resnet_viz.assets.folder", lambda: tmp_path / "assets")
    return folder


def test_embedded_weights_are_float16_on_disk_and_float32_in_the_network(assets: Path) -> None:
    network = RESNET20.build()
    info = weights.load(network, RESNET20, WeightsChoice())
    assert info == WeightsInfo("CIFAR-10 (JPEG), 88.1 %", True)
    expected = {
        name: value.half().float() if value.is_floating_point() else value
        for name, value in a_state().items()
    }
    assert_same(network, expected)
    assert weights.availability(RESNET20) == weights.Availability(True, "comes with the program")


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("suffix", "harm", "words"),
    [
        ("safetensors", damage, "is damaged (its hash is not the one on its card)"),
        ("safetensors", Path.unlink, "is missing or cannot be read"),
        ("json", Path.unlink, "is missing or damaged"),
        ("json", lambda path: path.write_text("[]"), "is missing or damaged"),
        ("json", lambda path: path.write_text('{"title": "a"}'), "is missing or damaged"),
        ("json", lambda path: path.write_text("{"), "is missing or damaged"),
    ],
)
def test_a_missing_or_damaged_embedded_file_is_named(
    assets: Path, suffix: str, harm: Callable[[Path], object], words: str
) -> None:
    harm(assets / f"{EMBEDDED}.{suffix}")
    with pytest.raises(weights.WeightsError) as caught:
        weights.load(RESNET20.build(), RESNET20, WeightsChoice())
    assert str(caught.value) == (
        f"{EMBEDDED}.{suffix}, which comes with the program, {words}; "
        "install the program again, or choose untrained weights"
    )


def test_missing_embedded_weights_are_not_at_hand(assets: Path) -> None:
    (assets / f"{EMBEDDED}.safetensors").unlink()
    assert not weights.availability(RESNET20).at_hand


# The user's file


def in_a_checkpoint(key: str) -> Callable[[State], object]:
    return lambda state: {"epoch": 3, "optimizer": {"lr": 0.1}, key: state}


def of_data_parallel(state: State) -> object:
    return {"state_dict": {f"module.{name}": value for name, value in state.items()}}


@pytest.mark.parametrize("name", ["a.pt", "a.pth", "a.BIN"])
def test_a_pickled_state_dict_is_loaded(tmp_path: Path, name: str) -> None:
    torch.save(a_state(), tmp_path / name)
    assert_same(load_file(tmp_path / name), a_state())


def test_safetensors_are_loaded(tmp_path: Path) -> None:
    safetensors.torch.save_file(a_state(), tmp_path / "a.safetensors")
    assert_same(load_file(tmp_path / "a.safetensors"), a_state())


@pytest.mark.parametrize(
    "wrap",
    [
        in_a_checkpoint("state_dict"),
        in_a_checkpoint("network"),
        in_a_checkpoint("model"),
        of_data_parallel,
    ],
)
def test_checkpoints_and_prefixes_are_understood(
    tmp_path: Path, wrap: Callable[[State], object]
) -> None:
    torch.save(wrap(a_state()), tmp_path / "a.pt")
    assert_same(load_file(tmp_path / "a.pt"), a_state())


def test_counts_of_batches_may_be_missing(tmp_path: Path) -> None:
    state = {
        name: value for name, value in a_state().items() if not name.endswith("num_batches_tracked")
    }
    torch.save(state, tmp_path / "a.pt")
    load_file(tmp_path / "a.pt")


def without_fc(state: State) -> State:
    return {name: value for name, value in state.items() if name != "fc.weight"}


@pytest.mark.parametrize(
    ("change", "offence"),
    [
        (
            lambda state: state | {"fc.weight": torch.ones(1000, 512)},
            "fc.weight is (1000, 512) there and (10, 64) in the network",
        ),
        (without_fc, "fc.weight is missing there and (10, 64) in the network"),
        (
            lambda state: state | {"layer4.0.conv1.weight": torch.ones(3, 2)},
            "layer4.0.conv1.weight is (3, 2) there and missing in the network",
        ),
    ],
)
def test_a_file_of_another_network_names_the_first_difference(
    tmp_path: Path, change: Callable[[State], State], offence: str
) -> None:
    torch.save(change(a_state()), tmp_path / "weights.pt")
    assert_refused(
        tmp_path / "weights.pt",
        f"weights.pt is not for ResNet-20: {offence}; choose the network it was made for",
    )


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_refused(tmp_path: Path, bad: float) -> None:
    state = a_state()
    state["fc.bias"][3] = bad
    torch.save(state, tmp_path / "weights.pt")
    assert_refused(
        tmp_path / "weights.pt",
        "weights.pt has values in fc.bias that are not finite numbers; "
        "choose weights from a training run that did not diverge",
    )


def test_whole_numbers_are_refused(tmp_path: Path) -> None:
    torch.save(a_state() | {"fc.bias": torch.ones(10, dtype=torch.int8)}, tmp_path / "a.pt")
    assert_refused(
        tmp_path / "a.pt",
        "a.pt holds whole numbers in fc.bias where ResNet-20 has fractions; "
        "choose weights that are not quantised",
    )


@pytest.mark.parametrize("content", [[1, 2], {}, {"state_dict": {}}, {"a": 1}])
def test_a_file_without_weights_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "a.pt")
    assert_refused(
        tmp_path / "a.pt",
        "a.pt holds no weights; choose a file that holds a network's state_dict()",
    )


# Classes


def test_class_labels_are_those_of_the_data() -> None:
    assert weights.class_labels(RESNET20) == CLASSES
    imagenet = weights.class_labels(RESNET18)
    assert len(imagenet) == 1000
    assert imagenet[207] == "golden retriever"


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("207", 207),
        ("Golden Retriever", 207),
        ("golden_retriever ", 207),
        ("tench", 0),
        ("maltese", 153),
        ("goldf", None),
        ("great white", 2),
        ("tiger", 292),
        ("tiger cat", 282),
        ("ambul", 407),
    ],
)
def test_a_class_is_found_by_number_name_or_part(text: str, index: int | None) -> None:
    labels = weights.class_labels(RESNET18)
    if index is None:
        with pytest.raises(ValueError, match=r"goldfish \(1\), goldfinch \(11\); type more"):
            weights.find_class(labels, text)
    else:
        assert weights.find_class(labels, text) == index


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "cat",
            "'cat' fits tiger cat (282), Persian cat (283), Siamese cat (284), "
            "Egyptian cat (285), Madagascar cat (383); type more of the name, or its number",
        ),
        ("dalmation", "there is no class 'dalmation'; did you mean dalmatian (251)"),
        ("1000", "there is no class 1000; the classes are 0 to 999"),
        ("-1", "there is no class -1; the classes are 0 to 999"),
        ("9" * 20, f"there is no class {'9' * 20}; the classes are 0 to 999"),
        (" ", "type the name of a class, or a number from 0 to 999"),
        ("xyzzyx(", "there is no class 'xyzzyx('; try a number from 0 to 999"),
    ],
)
def test_an_unknown_or_ambiguous_class_gets_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        weights.find_class(weights.class_labels(RESNET18), text)
    assert str(caught.value).startswith(sentence)


def test_more_than_five_classes_are_counted() -> None:
    with pytest.raises(ValueError, match=r"terrier \(\d+\) and \d+ more; type more"):
        weights.find_class(weights.class_labels(RESNET18), "terrier")


def test_importing_the_module_imports_neither_torch_nor_qt() -> None:
    code = (
        "import sys, resnet_viz.networks.weights\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('torch', 'torchvision', 'PySide6')]\n"
        "sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
