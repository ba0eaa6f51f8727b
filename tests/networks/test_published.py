"""The table of torchvision's weights against the installed torchvision's metadata."""

from __future__ import annotations

import math

import pytest
import torchvision
from torchvision.models import get_model_weights

from resnet_viz.networks import catalog, published
from resnet_viz.networks.published import Published, PublishedDownstream

ROWS = published.published()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.network}-{row.version}")
def test_a_row_is_what_torchvision_says(row: Published) -> None:
    known = {weights.name: weights for weights in get_model_weights(row.network)}
    if row.weights not in known:
        pytest.skip(f"torchvision {torchvision.__version__} has no {row.network} {row.weights}")
    meta = known[row.weights].meta
    measured = meta["_metrics"]["ImageNet-1K"]
    assert row.parameters == meta["num_params"]
    assert (row.top1, row.top5) == (measured["acc@1"], measured["acc@5"])
    assert row.gflops == meta["_ops"]
    assert row.recipe == meta["recipe"]
    assert (row.file, row.megabytes) == (
        known[row.weights].url.rpartition("/")[2],
        meta["_file_size"],
    )
    assert row.new_recipe == ("new training recipe" in " ".join(meta["_docs"].split()))


def test_no_weights_of_a_network_are_left_out() -> None:
    table = {(row.network, row.weights) for row in ROWS}
    for network in {row.network for row in ROWS}:
        for weights in get_model_weights(network):
            if not math.isnan(weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]):
                assert (network, weights.name) in table, "run: make tables"


def test_every_imagenet_network_of_the_catalog_is_in_the_table() -> None:
    imagenet = {spec.name for spec in catalog.CATALOG.values() if spec.family == "imagenet"}
    assert imagenet == {row.network for row in ROWS}


@pytest.mark.parametrize("network", sorted({row.network for row in ROWS}))
def test_the_newest_is_torchvisions_default(network: str) -> None:
    newest = published.newest(network)
    assert newest is not None
    assert newest.weights == get_model_weights(network).DEFAULT.name
    assert published.newest("resnet20") is None


def test_which_networks_have_shortcuts() -> None:
    plain = {row.network for row in ROWS if not row.residual}
    assert plain == {"alexnet", "googlenet", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn"}


def test_versions_are_named_in_short() -> None:
    assert {row.version for row in ROWS} == {"V1", "V2"}


@pytest.mark.parametrize("row", published.downstream(), ids=lambda row: row.network)
def test_a_row_downstream_is_what_torchvision_says(row: PublishedDownstream) -> None:
    newest = get_model_weights(row.network).DEFAULT
    assert row.weights == newest.name
    assert row.parameters == newest.meta["num_params"]
    (measured,) = newest.meta["_metrics"].values()
    assert {value for _, value in row.measured} <= set(measured.values())
    assert dict(row.measured).keys() <= {"mean IoU", "box AP", "mask AP"}
    assert (row.file, row.megabytes) == (
        newest.url.rpartition("/")[2],
        newest.meta["_file_size"],
    )
