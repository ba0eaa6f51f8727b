"""CIFAR-10 as its authors publish it: fetched from torchvision's address, read by torchvision."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Generator
from pathlib import Path

import numpy as np
import platformdirs

from resnet_viz.images.cifar10 import LabelledImages, first_of_each
from resnet_viz.networks.download import WeightsError, downloading

_CHUNK = 2**22
OTHERWISE = (
    "open CIFAR-10 from a folder or a zip file, or train on the digits, which need no network"
)

Steps = Generator[tuple[str, int, int], None, None]
"""What is going on, how much of it is done, and of how much; for the user."""


def home() -> Path:
    """Where the data are kept: the user's own folder for data of this program."""
    return platformdirs.user_data_path("resnet-viz") / "data"


def is_there(folder: Path) -> bool:
    """True if ``folder`` holds the unpacked archive, whole or not."""
    from torchvision.datasets import CIFAR10

    names = [name for name, _ in (*CIFAR10.train_list, *CIFAR10.test_list)]
    inside = folder / CIFAR10.base_folder
    return all((inside / name).exists() for name in (*names, CIFAR10.meta["filename"]))


def is_whole(folder: Path) -> bool:
    """True if every file of the unpacked archive in ``folder`` has the right hash."""
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity

    inside = folder / CIFAR10.base_folder
    return all(
        check_integrity(str(inside / name), md5)
        for name, md5 in (*CIFAR10.train_list, *CIFAR10.test_list)
    )


def fetching(folder: Path) -> Steps:
    """Download the archive (170 MB) into ``folder``, check it and unpack it, in steps.

    What is there already is not fetched again; the archive is deleted once it is unpacked.

    Raises:
        WeightsError: it could not be downloaded, or is another file than torchvision knows; the
            sentence says why and what to do instead.
    """
    from torchvision.datasets import CIFAR10

    if is_there(folder):
        return
    archive = folder / CIFAR10.filename
    if not archive.exists():
        mb = 2**20
        steps = downloading(CIFAR10.url, archive, otherwise=OTHERWISE, room="make room there")
        for received, total in steps:
            of = f" of {total / mb:.0f} MB" if total else ""
            yield f"Downloading CIFAR-10, {received / mb:.0f} MB{of}", received, total
    md5 = hashlib.md5(usedforsecurity=False)
    with archive.open("rb") as file:
        while chunk := file.read(_CHUNK):
            md5.update(chunk)
            yield "Checking CIFAR-10", file.tell(), archive.stat().st_size
    if md5.hexdigest() != CIFAR10.tgz_md5:
        archive.unlink()
        raise WeightsError(
            f"{archive.name} is damaged or another file (its MD5 is not {CIFAR10.tgz_md5}) and "
            f"was deleted; try again, or {OTHERWISE}"
        )
    try:
        with tarfile.open(archive) as packed:
            for number, member in enumerate(packed, start=1):
                _extract(packed, member, folder)
                yield "Unpacking CIFAR-10", number, 0
    except (tarfile.TarError, OSError) as error:
        raise WeightsError(
            f"{archive.name} could not be unpacked into {folder}: {error}; "
            f"make room there, or {OTHERWISE}"
        ) from error
    archive.unlink()


def _extract(packed: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Unpack a file or a folder; nothing else, and nothing that would lie elsewhere.

    Python before 3.11.4 has no filters that see to it.

    Raises:
        tarfile.TarError: it is another thing, or leads out of ``folder``.
    """
    there = (folder / member.name).resolve()
    if not (member.isreg() or member.isdir()) or not there.is_relative_to(folder.resolve()):
        raise tarfile.TarError(f"{member.name!r} is no file of its own folder")
    if hasattr(tarfile, "data_filter"):
        packed.extract(member, folder, filter="data")
    else:
        packed.extract(member, folder, set_attrs=False)


def read(folder: Path, limit: int = 0) -> LabelledImages:
    """The training images in the unpacked archive in ``folder``: all, or as `first_of_each` says.

    Raises:
        ValueError: a file is damaged.
    """
    from torchvision.datasets import CIFAR10

    try:
        found = CIFAR10(folder, train=True, download=False)
    except RuntimeError as error:
        raise ValueError(
            f"CIFAR-10 in {folder / CIFAR10.base_folder} is damaged; delete that folder and try "
            f"again, or {OTHERWISE}"
        ) from error
    labels = np.asarray(found.targets, np.int64)
    chosen = first_of_each(labels, limit)
    return LabelledImages(np.ascontiguousarray(found.data[chosen]), labels[chosen])
