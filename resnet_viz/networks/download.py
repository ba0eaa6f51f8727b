"""Download a file of weights: with progress, a cancel that is noticed at once, and a hash check.

What was cut off goes on where it stopped if the server can do that (RFC 9110, 13.1.5 and 14).
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import re
import socket
import time
import uuid
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx

Received = Callable[[int, int], None]
"""Called with (bytes received, bytes in all); the second is 0 where the server does not say."""

_MB = 2**20  # as torchvision counts the sizes that it lists
_CHUNK = _MB // 4
_TICK = 0.1  # seconds between two looks at ``cancelled``
_STALE = 120.0  # seconds without a byte after which a download's program must have been killed
_BEGUN = "begun"  # in place of a download's own name: the next one may go on with this file
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

PAUSES = (0.5, 1.0, 2.0)
"""Seconds before the next try when the connection broke, by how many brought nothing new."""


class WeightsError(Exception):
    """The weights cannot be used. The text is one sentence for the user."""


class WeightsUnavailable(WeightsError):
    """The weights are not at hand and could not be downloaded; trying again may help."""


class DownloadCancelled(Exception):
    """The user cancelled the download."""


def download(
    url: str,
    dest: Path,
    progress: Received | None = None,
    cancelled: Callable[[], bool] | None = None,
    timeout: float = 20.0,
    sha256_prefix: str = "",
) -> None:
    """Download ``url`` to ``dest``, which appears only once it is whole and its SHA-256 is right.

    ``timeout`` is how long the server may send nothing, in seconds. Until the end the bytes are in
    a hidden ``.partial`` file beside ``dest``, of a name of its own, so that two programs that
    download the same file do not write into each other's. It is deleted after a cancel; after an
    error it is kept for the next try, if there is a hash to tell whether the two parts fit.

    Raises:
        WeightsUnavailable: there is no network, no such file, too little of it, the wrong one, or
            no room on the disk; the sentence says which.
        DownloadCancelled: ``cancelled`` returned True; noticed at once, even if the server stalls.
    """
    steps = downloading(url, dest, timeout, sha256_prefix, progress)
    with contextlib.closing(steps):
        for _ in steps:
            if cancelled and cancelled():
                raise DownloadCancelled


def downloading(
    url: str,
    dest: Path,
    timeout: float = 20.0,
    sha256_prefix: str = "",
    progress: Received | None = None,
    otherwise: str = "open a file of weights",
    room: str = "make room or choose another folder with TORCH_HOME",
) -> Generator[tuple[int, int], None, None]:
    """`download` as a generator that yields (bytes received, bytes in all) ten times a second.

    To close it is to cancel. ``otherwise`` is what the sentences advise beside trying again, and
    ``room`` what they advise where the file cannot be written.

    Raises:
        WeightsUnavailable: as `download` does.
    """
    partial = _beside(dest, uuid.uuid4().hex)
    checked = bool(sha256_prefix)
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        _claim(dest, partial, checked)
        try:
            with partial.open("a+b") as file:
                reception = _Reception(url, dest.name, file, progress, timeout, otherwise, checked)
                reception.take_up()
                if not (reception.pieced and reception.fits(sha256_prefix)):
                    yield from _until_done(reception)
                if reception.pieced and not reception.fits(sha256_prefix):
                    reception.begin_again()
                    yield from _until_done(reception)
        except WeightsUnavailable:
            if checked and partial.stat().st_size:
                partial.replace(_beside(dest, _BEGUN))
            raise
        if not reception.fits(sha256_prefix):
            why = f"the file there is another one (its hash is not {sha256_prefix}…)"
            raise reception.unavailable(why)
        partial.replace(dest)
    except OSError as error:
        raise WeightsUnavailable(
            f"{dest.name} could not be written to {dest.parent}: {error.strerror or error}; "
            f"{room}, or {otherwise}"
        ) from error
    finally:
        with contextlib.suppress(OSError):  # the error that led here is the one to tell
            partial.unlink(missing_ok=True)


def _beside(dest: Path, name: str) -> Path:
    return dest.with_name(f".{dest.name}.{name}.partial")


def _claim(dest: Path, partial: Path, wanted: bool) -> None:
    """Of what earlier tries have left make the most ``partial``, if ``wanted``; delete the rest.

    A file can be renamed only once: of two programs one gets it.
    """
    left: list[tuple[int, Path]] = []
    for path in dest.parent.glob(f".{glob.escape(dest.name)}.*.partial"):
        with contextlib.suppress(OSError):
            found = path.stat()
            if path == _beside(dest, _BEGUN) or time.time() - found.st_mtime > _STALE:
                left.append((found.st_size, path))
    for _, path in sorted(left, reverse=True):
        with contextlib.suppress(OSError):
            if wanted and not partial.exists():
                path.rename(partial)
            else:
                path.unlink()


def _until_done(reception: _Reception) -> Generator[tuple[int, int], None, None]:
    """Let the reception run in slices, so that this thread can do other things between them."""
    import asyncio  # the window needs this module for its first paint, and asyncio for nothing

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        task = loop.create_task(reception.run())
        while not task.done():
            loop.run_until_complete(asyncio.wait([task], timeout=_TICK))
            yield reception.received, reception.total
        task.result()


class _Reception:
    """Adds what lacks of ``url`` to ``file`` and hashes it on the way.

    ``checked`` says that the whole's hash will be looked at, so that parts may be joined on trust.
    """

    def __init__(
        self,
        url: str,
        name: str,
        file: BinaryIO,
        progress: Received | None,
        timeout: float,
        otherwise: str,
        checked: bool,
    ) -> None:
        self.url, self.name, self.file, self.checked = url, name, file, checked
        self.progress, self.timeout, self.otherwise = progress, timeout, otherwise
        self._clear()

    def begin_again(self) -> None:
        """Forget what was received."""
        self.file.seek(0)
        self.file.truncate()
        self._clear()

    def _clear(self) -> None:
        self.sha256 = hashlib.sha256()
        self.received = self.total = 0
        self.pieced = False
        self._same = ""  # what the server calls this very content of the file

    def take_up(self) -> None:
        """Count what is in the file already."""
        self.file.seek(0)
        while chunk := self.file.read(_CHUNK):
            self.sha256.update(chunk)
            self.received += len(chunk)
        self.pieced = self.received > 0

    def fits(self, sha256_prefix: str) -> bool:
        """True if all that was received has that hash."""
        return self.sha256.hexdigest().startswith(sha256_prefix)

    async def run(self) -> None:
        """Receive what lacks, in as many requests as it takes."""
        import asyncio

        import httpx

        headers = {"User-Agent": "resnet-viz", "Accept-Encoding": "identity"}
        try:
            client = httpx.AsyncClient(headers=headers, timeout=self.timeout, follow_redirects=True)
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            # The environment names a kind that is not known, or SOCKS, which needs a package more.
            proxy = "the proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names cannot be used"
            raise self.unavailable(proxy) from error
        most, failures = self.received, 0
        async with client:
            while True:
                try:
                    await self._request(client)
                    break
                except (httpx.HTTPError, httpx.InvalidURL) as error:
                    failures = 0 if self.received > most else failures + 1
                    most = max(most, self.received)
                    broke = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
                    if not (broke and (most or self.total)) or failures > len(PAUSES):
                        raise self.unavailable(self._why(error)) from error
                    await asyncio.sleep(PAUSES[max(failures, 1) - 1])
        if not self.received:
            raise self.unavailable("the server sent an empty file")

    async def _request(self, client: httpx.AsyncClient) -> None:
        """Ask for what lacks, or for all where the server knows no parts or has another file.

        Raises:
            httpx.HTTPError: it did not come, or not all of it.
        """
        import httpx

        if not (self._same or self.checked):
            self.begin_again()
        headers = {"Range": f"bytes={self.received}-"} if self.received else {}
        if headers and self._same:
            headers["If-Range"] = self._same
        async with client.stream("GET", self.url, headers=headers) as response:
            status = response.status_code
            if status != 416:  # the file is shorter than what was received
                response.raise_for_status()
            if headers and not self._goes_on(response):
                self.begin_again()
                if status != 200:
                    raise httpx.RemoteProtocolError("the server sent another part of the file")
            elif not headers and status != 200:
                raise httpx.DecodingError(f"the server answered {status}, which is not the file")
            if status == 200:
                self.total = int(response.headers.get("Content-Length") or 0)
                tag = response.headers.get("ETag", "")
                weak = tag.startswith("W/")
                self._same = response.headers.get("Last-Modified", "") if weak or not tag else tag
            else:
                self.pieced = True
            if self.progress:
                self.progress(self.received, self.total)
            async for chunk in response.aiter_raw():
                self.file.write(chunk)
                self.sha256.update(chunk)
                self.received += len(chunk)
                if self.progress:
                    self.progress(self.received, self.total)
        if self.received < self.total:
            raise httpx.RemoteProtocolError("the server sent less than it said")

    def _goes_on(self, response: httpx.Response) -> bool:
        """True if the answer begins where the file ends, and is about a file of the same length."""
        found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if response.status_code != 206 or found is None:
            return False
        total = int(found[2]) if found[2] != "*" else self.total
        if int(found[1]) != self.received or total <= self.received or self.total not in (0, total):
            return False
        self.total = total
        return True

    def unavailable(self, why: str) -> WeightsUnavailable:
        """The sentence that says where, why and, if it was not all, how much."""
        if self.received < self.total or (self.received and not self.total):
            of = f" of {self.total / _MB:.1f} MB" if self.total else ""
            why += f" after {self.received / _MB:.1f} MB{of}"
        return WeightsUnavailable(
            f"{self.name} could not be downloaded from {urlsplit(self.url).netloc}: {why}; "
            f"try again, or {self.otherwise}"
        )

    def _why(self, error: Exception) -> str:
        import ssl

        import httpx

        if isinstance(error, httpx.HTTPStatusError):
            status = error.response.status_code
            return f"the server answered {status} ({error.response.reason_phrase})"
        if isinstance(error, httpx.TimeoutException):
            return f"nothing came for {self.timeout:g} s"
        if self.received or self.total:
            return "it was cut off"
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__cause__ or cause.__context__
        if isinstance(cause, ConnectionRefusedError) or "All connection attempts" in str(error):
            return "the connection was refused"
        if isinstance(cause, socket.gaierror):
            return "the host was not found, or there is no network"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({cause.verify_message})"
        return str(error) or type(error).__name__
