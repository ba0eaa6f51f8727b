"""Fetch and check what will be needed where there is no network."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from resnet_viz.analysis.task import TaskContext
from resnet_viz.images import cifar10_archive
from resnet_viz.networks import catalog, weights
from resnet_viz.networks.download import WeightsError, downloading
from resnet_viz.networks.downstream import DOWNSTREAM
from resnet_viz.results.offline import CIFAR10, Need, Prepared, PrepareRequest, need, why_nothing
from resnet_viz.results.task import Progress

OTHERWISE = "prepare without it"

Updates = Generator[Progress | Prepared, None, None]


def run(request: PrepareRequest, context: TaskContext) -> Iterator[object]:
    """`fetching`, as a task."""
    yield from fetching(request.names)


def fetching(names: tuple[str, ...]) -> Updates:
    """Fetch all, one after the other: `Progress` over all in bytes, and a `Prepared` for each.

    What is there is checked by its hash, and fetched again where it is damaged. One that fails does
    not stop the others. To close the generator is to cancel; nothing half is left.

    Raises:
        ValueError: there is no network of one of these names.
    """
    wanted = {name: need(name) for name in dict.fromkeys(names)}
    sizes = {name: 0 if one is None else one.size for name, one in wanted.items()}
    before = 0
    for name, one in wanted.items():
        if one is None:
            yield Prepared(name, why_nothing(name))
            continue
        yield Progress(f"Checking {one.title}", before, sum(sizes.values()))
        steps = _archive(one) if name == CIFAR10 else _weights(one)
        try:
            while True:
                try:
                    text, done, size = next(steps)
                except StopIteration as end:
                    fetched: bool = end.value
                    break
                sizes[name] = size or sizes[name]
                yield Progress(text, before + min(done, sizes[name]), sum(sizes.values()))
        except WeightsError as error:
            yield Prepared(name, str(error), failed=True)
        else:
            said = "fetched and checked" if fetched else "there already, and whole"
            yield Prepared(name, f"{one.title}: {said}")
        finally:
            steps.close()
        before += sizes[name]
    yield Progress("", before, before)


Steps = Generator[tuple[str, int, int], None, bool]
"""What is going on, and bytes of all bytes; at the end, whether anything was fetched."""


def _weights(one: Need) -> Steps:
    spec: weights.Published = DOWNSTREAM.get(one.name) or catalog.find(one.name)
    given = weights.official(spec)
    assert given is not None
    if weights.is_whole(given):
        return False
    url, prefix = weights.official_url(spec), given.sha256_prefix
    for received, total in downloading(url, given.path, sha256_prefix=prefix, otherwise=OTHERWISE):
        yield f"Downloading {one.title}", received, total
    return True


def _archive(one: Need) -> Steps:
    if cifar10_archive.is_there(one.folder):
        if cifar10_archive.is_whole(one.folder):
            return False
        raise WeightsError(
            f"CIFAR-10 in {one.folder} is damaged; delete that folder and fetch it again"
        )
    size = 0
    for text, done, total in cifar10_archive.fetching(one.folder):
        downloads = text.startswith("Downloading")
        size = total if downloads else size
        yield text, done if downloads else size, size
    return True
