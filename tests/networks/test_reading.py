"""Networks out of names and shapes: what is read, what is said, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torchvision import models

from resnet_viz.analysis.probe import probe
from resnet_viz.networks.architecture import Architecture, BlockSpec, Conv, HeadLayer
from resnet_viz.networks.builder import build
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.kinds import residual_blocks
from resnet_viz.networks.reading.leaves import Unreadable
from resnet_viz.networks.reading.network import read_network
from resnet_viz.networks.reading.reading import Reading, build_with_weights
from resnet_viz.networks.skips import SkipGates
from resnet_viz.networks.walk import build_structure


class Stored:
    """A tensor as a file holds it."""

    def __init__(self, value: Tensor) -> None:
        self.value, self.shape = value, tuple(value.shape)
        self.dtype = str(value.dtype).removeprefix("torch.")

    def load(self) -> Tensor:
        return self.value


def stored(network: nn.Module | dict[str, Tensor]) -> dict[str, Stored]:
    state = network.state_dict() if isinstance(network, nn.Module) else network
    return {name: Stored(value) for name, value in state.items()}


def scrambled(network: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            assert module.running_mean is not None
            assert module.running_var is not None
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            if module.affine:
                nn.init.uniform_(module.weight, 0.5, 1.0)
    return network.eval()


def read(network: nn.Module, **evidence: object) -> Reading:
    return read_network(stored(network), evidence=evidence)


def same(network: nn.Module, reading: Reading, channels: int = 3, side: int = 64) -> None:
    x = torch.randn(2, channels, side, side)
    again = build_with_weights(reading, stored(network))
    with torch.no_grad():
        torch.testing.assert_close(again(x), network(x), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "name", ["resnet18", "resnet34", "resnet50", "resnext50_32x4d", "wide_resnet50_2"]
)
def test_torchvisions_networks_are_read_as_they_are(name: str) -> None:
    network = scrambled(getattr(models, name)(weights=None, num_classes=7))
    reading = read(network)
    same(network, reading)
    assert reading.dialect == "torchvision"
    assert reading.architecture.outputs == 7
    assert reading.extras == ()


def test_regnets_strides_are_its_own() -> None:
    network = scrambled(models.regnet_y_400mf(weights=None, num_classes=5))
    reading = read(network)
    same(network, reading)
    assert [block.squeeze is not None for block in reading.architecture.blocks][:1] == [True]
    assert reading.dialect == "regnet"


def test_the_order_of_the_alphabet_makes_no_difference() -> None:
    network = scrambled(models.resnet50(weights=None, num_classes=3))
    by_name = dict(sorted(stored(network).items()))
    assert next(iter(by_name)) == "bn1.bias"
    assert read_network(by_name).architecture == read(network).architecture


def test_what_the_file_cannot_show_is_said_and_can_be_chosen() -> None:
    network = scrambled(models.resnet50(weights=None, num_classes=3))
    reading = read(network)
    said = {one.key: one for one in reading.assumptions}
    assert {"stem", "stride", "blur", "dilation", "activation"} <= set(said)
    assert said["stride"].guess == "on the 3×3"
    assert said["stride"].alternatives == ("on the first 1×1",)
    sentence = next(x for x in reading.sentences() if "the stride in a bottleneck" in x)
    assert sentence.startswith("The file cannot show the stride in a bottleneck")

    chosen = reading.chosen("stride", "on the first 1×1")
    for module in network.modules():
        if isinstance(module, models.resnet.Bottleneck):
            module.conv1.stride, module.conv2.stride = module.conv2.stride, (1, 1)
    same(network, chosen)
    assert next(one for one in chosen.assumptions if one.key == "stride").sure
    with pytest.raises(ValueError, match="no choice 'on the sum' of stride"):
        reading.chosen("stride", "on the sum")


def test_dilation_is_offered_as_torchvision_builds_it() -> None:
    network = scrambled(
        models.resnet50(
            weights=None, num_classes=3, replace_stride_with_dilation=[False, True, True]
        )
    )
    reading = read(network).chosen("dilation", "in place of the last two stages' strides")
    same(network, reading, side=96)
    told = read(network, args={"replace_stride_with_dilation": [False, True, True]})
    same(network, told, side=96)


def test_what_the_file_says_of_itself_goes_before_what_is_usual() -> None:
    network = models.resnet18(weights=None)
    assert read(network, arch="wideresnet18").architecture.stem_pool == "none"
    assert read(network, config={"hidden_act": "silu"}).architecture.activation == "silu"
    reading = read(network, hyper_parameters={"image_size": 96})
    assert reading.preprocessing is not None
    assert reading.preprocessing.size == 96


# --- Heads -------------------------------------------------------------------------------------


def with_head(head: nn.Module) -> nn.Module:
    network = models.resnet18(weights=None)
    network.fc = head
    return scrambled(network)


@pytest.mark.parametrize(
    "head",
    [
        lambda: nn.Sequential(nn.Dropout(0.5), nn.Linear(512, 4)),
        lambda: nn.Sequential(nn.Linear(512, 30), nn.ReLU(), nn.Dropout(), nn.Linear(30, 4)),
        lambda: nn.Sequential(nn.Linear(512, 30), nn.Linear(30, 4)),
        lambda: nn.Sequential(
            nn.Linear(512, 30), nn.BatchNorm1d(30), nn.ReLU(), nn.Dropout(), nn.Linear(30, 4)
        ),
        lambda: nn.Sequential(
            nn.BatchNorm1d(512), nn.Dropout(), nn.Linear(512, 30), nn.ReLU(),
            nn.BatchNorm1d(30), nn.Dropout(), nn.Linear(30, 4),
        ),
    ],
)  # fmt: skip
def test_no_layer_of_a_head_is_dropped(head: Callable[[], nn.Module]) -> None:
    network = with_head(head())
    reading = read(network)
    same(network, reading)
    weights = [name for name in network.state_dict() if name.startswith("fc.")]
    assert set(weights) <= set(reading.names.values()) | set(reading.extras)
    assert reading.architecture.outputs == 4


def test_a_head_like_fastais_is_read() -> None:
    """Maximum and mean side by side, then norms and linear layers."""

    class Both(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.cat((x.amax((2, 3)), x.mean((2, 3))), 1)

    body = nn.Sequential(*list(models.resnet18(weights=None).children())[:-2])
    head = nn.Sequential(
        Both(), nn.Flatten(), nn.BatchNorm1d(1024), nn.Dropout(), nn.Linear(1024, 64, bias=False),
        nn.ReLU(), nn.BatchNorm1d(64), nn.Dropout(), nn.Linear(64, 5, bias=False),
    )  # fmt: skip
    network = scrambled(nn.Sequential(body, head))
    reading = read(network)
    assert reading.architecture.pool == "max and mean"
    same(network, reading)


def test_a_network_without_a_head_gives_its_features() -> None:
    network = with_head(nn.Identity())
    reading = read(network)
    same(network, reading)
    assert reading.architecture.head == ()
    assert any("no classes" in sentence for sentence in reading.sentences())


def test_one_output_is_no_certainty_of_a_class() -> None:
    reading = read(with_head(nn.Linear(512, 1)))
    assert any("sigmoid" in sentence for sentence in reading.sentences())


def test_several_outputs_are_classes_unless_the_file_or_the_user_says_otherwise() -> None:
    network = scrambled(models.resnet18(weights=None, num_classes=4))
    reading = read(network)
    said = {one.key: one for one in reading.assumptions}
    assert said["outputs"].what == "what its 4 outputs are"
    assert not said["outputs"].sure
    told = read(network, config={"problem_type": "multi_label_classification"})
    chosen = reading.chosen("outputs", "each by itself, yes or no (sigmoid)")
    assert told.architecture == chosen.architecture
    assert told.spec("a file").independent

    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        logits = network(image)[0]
    for one, expected in ((reading, logits.softmax(0)), (chosen, logits.sigmoid())):
        again = build_with_weights(one, stored(network))
        measured = probe(again, SkipGates(again), image).probabilities
        torch.testing.assert_close(torch.from_numpy(measured), expected, rtol=1e-3, atol=1e-5)


# --- What lies beside, and what is refused -----------------------------------------------------


def test_extras_are_named_and_not_used() -> None:
    state = stored(scrambled(models.resnet18(weights=None)))
    state["layer1.0.conv1.total_ops"] = Stored(torch.zeros(1))
    state["criterion.weight"] = Stored(torch.zeros(10))
    state["n_averaged"] = Stored(torch.tensor(3))
    reading = read_network(state)
    assert set(reading.extras) == {"layer1.0.conv1.total_ops", "criterion.weight", "n_averaged"}


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("layer2.1.attention.weight", (128, 128, 1, 1)),
        ("layer2.1.act.weight", (128,)),
        ("layer3.0.scale", ()),
        ("layer1.0.conv1.lora_A", (4, 64)),
    ],
)
def test_a_tensor_in_a_block_that_is_not_known_is_refused_by_name(
    name: str, shape: tuple[int, ...]
) -> None:
    state = stored(models.resnet18(weights=None))
    state[name] = Stored(torch.zeros(shape))
    with pytest.raises(Unreadable, match=name.rpartition(".")[0].split(".")[0]):
        read_network(state)


def test_a_layer_between_the_blocks_is_not_skipped() -> None:
    state = stored(models.resnet18(weights=None))
    state["transition.weight"] = Stored(torch.zeros(128, 128, 1, 1))
    with pytest.raises(Unreadable, match=r"transition\.weight"):
        read_network(state)


@pytest.mark.parametrize("name", ["vgg16", "vgg16_bn", "alexnet"])
def test_plain_chains_are_no_residual_networks(name: str) -> None:
    with torch.device("meta"):
        state = stored(getattr(models, name)(weights=None))
    with pytest.raises(Unreadable, match=r"plain chain of .* convolutions"):
        read_network(state)


def test_a_chain_in_groups_is_no_residual_network() -> None:
    def group(came: int, went: int) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(came, went, 3, 1, 1), nn.BatchNorm2d(went), nn.ReLU(),
            nn.Conv2d(went, went, 3, 1, 1), nn.BatchNorm2d(went), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip

    layers = [group(3, 64), group(64, 128), group(128, 256), group(256, 256)]
    with pytest.raises(Unreadable, match="plain chain"):
        read(nn.Sequential(*layers, nn.Flatten(), nn.Linear(256, 10)))


@pytest.mark.parametrize("name", ["densenet121", "mobilenet_v2", "efficientnet_b0", "convnext_tiny",
                                  "squeezenet1_0", "googlenet", "vit_b_16"])  # fmt: skip
def test_other_networks_are_refused_in_a_sentence(name: str) -> None:
    with torch.device("meta"):
        state = stored(getattr(models, name)(weights=None))
    with pytest.raises(Unreadable):
        read_network(state)


def test_classes_without_end_are_refused_before_anything_is_built() -> None:
    state = stored(models.resnet18(weights=None))
    with torch.device("meta"):
        state["fc.weight"] = Stored(torch.empty(300_000_000, 512))
        state["fc.bias"] = Stored(torch.empty(300_000_000))
    with pytest.raises(Unreadable, match="300,000,000 classes"):
        read_network(state)


@pytest.mark.parametrize(
    ("value", "what"),
    [(torch.full((64,), torch.nan), "finite"), (torch.ones(64, dtype=torch.int32), "whole")],
)
def test_numbers_that_are_none_are_refused_by_name(value: Tensor, what: str) -> None:
    network = models.resnet18(weights=None)
    reading, state = read(network), stored(network)
    state["layer1.0.bn1.weight"] = Stored(value)
    with pytest.raises(WeightsError, match=rf"layer1\.0\.bn1\.weight .*{what}"):
        build_with_weights(reading, state)


# --- It is a network of the program ------------------------------------------------------------

CONVS = (Conv(8, 8, 3, norm=True), Conv(8, 8, 3, norm=True))
WIDER = (Conv(8, 16, 3, norm=True), Conv(16, 16, 3, norm=True))
SMALL = Architecture(
    channels=3,
    stem=(Conv(3, 8, 3, norm=True),),
    stages=((BlockSpec(CONVS),), (BlockSpec(WIDER, 2, Conv(8, 16, 1, norm=True)),)),
    head=(HeadLayer("linear", 16, 5),),
)


@pytest.mark.parametrize("order", ["post", "pre", "pyramid"])
@pytest.mark.parametrize("raw", [False, True])
def test_built_blocks_obey_their_gates(order: str, raw: bool) -> None:
    torch.manual_seed(0)
    of = replace(SMALL, order=order, raw_projection=raw, stem_active=order == "post")
    network = scrambled(build(of))
    gates = SkipGates(network)
    x = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        before = network(x)
        for name, block in residual_blocks(network).items():
            y = torch.randn(1, 8, 16, 16)
            gates.set(GateSettings.of({name: 0.5}, {name: 0.25}))
            both = 0.25 * block.branch(y) + 0.5 * block.shortcut(y)
            torch.testing.assert_close(block(y), both.relu() if order == "post" else both)
        gates.set(GateSettings())
        assert torch.equal(network(x), before)
        gates.remove()
        assert torch.equal(network(x), before)


def test_a_network_from_a_file_can_be_drawn_and_probed() -> None:
    network = scrambled(models.resnet50(weights=None, num_classes=3))
    reading = read(network)
    spec = replace(reading.spec("a file"), input_size=64)
    made_of = build_structure(spec)
    drawn = build_structure(replace(spec, architecture=None, maker="torchvision.models:resnet50"))
    assert made_of.parameters == drawn.parameters == sum(p.numel() for p in network.parameters())
    assert [b.output_shape for b in made_of.blocks] == [b.output_shape for b in drawn.blocks]
    assert made_of.depth == 50
    assert made_of.title == "ResNet-50"
    measured = probe(
        again := build_with_weights(reading, stored(network)),
        SkipGates(again),
        torch.randn(1, 3, 64, 64),
    )
    assert [block.name for block in measured.blocks] == [b.name for b in made_of.blocks]


def test_a_squeeze_is_one_layer_of_the_branch() -> None:
    network = scrambled(models.regnet_y_400mf(weights=None, num_classes=5))
    made_of = build_structure(read(network).spec("regnet"))
    kinds = [layer.kind for layer in made_of.block("layer1.0").layers]
    assert kinds.count("SqueezeExcitation") == 1
    assert made_of.parameters == sum(p.numel() for p in network.parameters())


# --- What other projects build -----------------------------------------------------------------


class Binomial(nn.Module):
    """1-2-1 both ways, of stride 2, with mirrored edges."""

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.pad(x, (1, 1, 1, 1), mode="reflect")
        kernel = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]) / 16
        maps = x.flatten(0, 1).unsqueeze(1)
        smooth = nn.functional.conv2d(maps, kernel.view(1, 1, 3, 3), stride=2)
        return smooth.view(*x.shape[:2], *smooth.shape[2:])


@pytest.mark.parametrize(
    ("pool", "choice"),
    [
        (lambda: nn.AvgPool2d(2), "a mean of 2×2 after an unstrided convolution"),
        (Binomial, "a binomial filter after an unstrided convolution"),
    ],
)
def test_pools_in_place_of_strides_can_be_chosen(
    pool: Callable[[], nn.Module], choice: str
) -> None:
    network = scrambled(models.resnet50(weights=None, num_classes=3))
    for block in network.modules():
        if isinstance(block, models.resnet.Bottleneck) and block.conv2.stride == (2, 2):
            block.conv2.stride = (1, 1)
            block.bn3 = nn.Sequential(block.bn3)  # only to hold what follows
            inner = block.conv3
            block.conv3 = nn.Sequential(pool(), inner)
    state = {
        name.replace("conv3.1.", "conv3.").replace("bn3.0.", "bn3."): value
        for name, value in network.state_dict().items()
    }
    reading = read_network(stored(state)).chosen("blur", choice)
    again = build_with_weights(reading, stored(state))
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(again(x), network(x), rtol=1e-3, atol=1e-4)


def test_group_norm_leaves_its_groups_and_filters_open() -> None:
    def norm(width: int) -> nn.Module:
        return nn.GroupNorm(16, width)

    torch.manual_seed(0)
    network = models.resnet18(weights=None, num_classes=3, norm_layer=norm).eval()
    reading = read(network)
    said = {one.key: one for one in reading.assumptions}
    assert said["groups"].guess == "group norm of 32 groups"
    assert "brought to mean 0 and variance 1" in said["filters"].alternatives
    same(network, reading.chosen("groups", "group norm of 16 groups"))

    chosen = reading.chosen("groups", "group norm of 16 groups")
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            filters = module.weight.data
            spread, mean = torch.var_mean(filters, (1, 2, 3), correction=0, keepdim=True)
            again = (filters - mean) / (spread + 1e-8).sqrt()
            module.register_buffer("before", filters.clone(), persistent=False)
            module.weight.data = again
    wanted = build_with_weights(chosen, stored(network))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data = module.get_buffer("before")
    standardised = chosen.chosen("filters", "brought to mean 0 and variance 1")
    given = build_with_weights(standardised, stored(network))
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(given(x), wanted(x), rtol=1e-3, atol=1e-4)


def test_cadenes_names_tell_the_pool_and_the_stride() -> None:
    """Its first layer is called layer0, its squeezes se_module and its classifier last_linear."""
    network = scrambled(models.resnet50(weights=None, num_classes=3))
    network.maxpool = nn.MaxPool2d(3, 2, ceil_mode=True)
    state = {
        (f"layer0.{name}" if name.startswith(("conv1", "bn1")) else name).replace(
            "fc.", "last_linear."
        ): value
        for name, value in network.state_dict().items()
    }
    for name, block in network.named_modules():
        if isinstance(block, models.resnet.Bottleneck):
            width = block.conv3.out_channels
            block.conv1.stride, block.conv2.stride = block.conv2.stride, (1, 1)
            block.bn3 = nn.Sequential(block.bn3, squeeze := Squeeze(width))
            state |= {f"{name}.se_module.{k}": v for k, v in squeeze.state_dict().items()}
    reading = read_network(stored(state))
    assert reading.dialect == "cadene"
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        again = build_with_weights(reading, stored(state))(x)
        torch.testing.assert_close(again, network(x), rtol=1e-3, atol=1e-4)


class Squeeze(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(width, width // 16, 1)
        self.fc2 = nn.Conv2d(width // 16, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        scale = self.fc2(torch.relu(self.fc1(x.mean((2, 3), keepdim=True))))
        return x * torch.sigmoid(scale)
