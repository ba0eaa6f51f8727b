"""Download a file of weights: with progress, a cancel that is noticed at once, and a hash check."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import uuid
from collections.abc import Callable, Generator
from pathlib import Path
from urllib.parse import urlsplit

Received = Callable[[int, int], None]
"""Called with (bytes received, bytes in all); the second is 0 where the server does not say."""

_MB = 2**20  # as torchvision counts the sizes that it lists
_CHUNK = _MB // 4
_TICK = 0.1  # seconds between two looks at ``cancelled``


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
    a ``.partial`` file beside ``dest``, of a name of its own, so that two programs that download
    the same file do not write into each other's; it is deleted after an error or a cancel.

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
    partial = dest.with_name(f"{dest.name}.{uuid.uuid4().hex}.partial")
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("xb") as file:
            reception = _Reception(url, dest.name, file.write, progress, timeout, otherwise)
            yield from _until_done(reception)
        if not reception.sha256.hexdigest().startswith(sha256_prefix):
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
    """Passes the body of ``url`` to ``write`` and hashes it on the way."""

    def __init__(
        self,
        url: str,
        name: str,
        write: Callable[[bytes], object],
        progress: Received | None,
        timeout: float,
        otherwise: str = "open a file of weights",
    ) -> None:
        self.url, self.name, self.write = url, name, write
        self.progress, self.timeout, self.otherwise = progress, timeout, otherwise
        self.sha256 = hashlib.sha256()
        self.received = self.total = 0

    async def run(self) -> None:
        import httpx

        headers = {"User-Agent": "resnet-viz", "Accept-Encoding": "identity"}
        try:
            async with (
                httpx.AsyncClient(
                    headers=headers, timeout=self.timeout, follow_redirects=True
                ) as client,
                client.stream("GET", self.url) as response,
            ):
                response.raise_for_status()
                self.total = int(response.headers.get("Content-Length") or 0)
                if self.progress:
                    self.progress(0, self.total)
                async for chunk in response.aiter_raw(_CHUNK):
                    self.write(chunk)
                    self.sha256.update(chunk)
                    self.received += len(chunk)
                    if self.progress:
                        self.progress(self.received, self.total)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self.unavailable(self._why(error)) from error
        if not self.received:
            raise self.unavailable("the server sent an empty file")

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
