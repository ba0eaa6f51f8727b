"""A network of the user's own in a script: its layers, written out as they were read."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from resnet_viz.export.script_parts import NoScript
from resnet_viz.networks.architecture import Architecture

if TYPE_CHECKING:
    from torch import nn

    from resnet_viz.networks.builder import BuiltResNet


def own_definitions(of: Architecture) -> str:
    """The classes of its blocks, those of its layers that torch has not, and how it runs."""
    text = own_expression(of)
    used = [definition for name, definition in _LAYERS.items() if f"{name}(" in text]
    after = "block.relu(y)" if of.order == "post" else "y"
    first = next(iter(_built(of).layer1.children()))  # type: ignore[union-attr]
    act = _layer(first.get_submodule("relu"))
    return "".join(used) + _BLOCK.replace("<<activation>>", act) + _RUN.replace("<<after>>", after)


@lru_cache(maxsize=8)
def own_expression(of: Architecture) -> str:
    """The network as an expression, layers in the order in which they are drawn at random."""
    network = _built(of)
    stages = []
    for number in range(1, len(of.stages) + 1):
        blocks = [_block(one) for one in network.get_submodule(f"layer{number}").children()]
        lines = "".join(_repeated(text, len([*some])) for text, some in groupby(blocks))
        stages.append(f"    layer{number}=nn.Sequential(\n{lines}    ),\n")
    tail = "" if network.norm is None else f"    norm={_layer(network.norm)},\n"
    tail += "" if network.relu is None else f"    relu={_layer(network.relu)},\n"
    return (
        f"nn.Sequential(OrderedDict(\n"
        f"    stem={_layer(network.stem)},\n{''.join(stages)}{tail}"
        f"    pool={_layer(network.pool)},\n    flatten=nn.Flatten(),\n"
        f"    head={_layer(network.head)},\n))"
    )


def _built(of: Architecture) -> BuiltResNet:
    import torch

    from resnet_viz.networks.builder import build

    with torch.device("meta"):
        return build(of)


def _repeated(text: str, count: int) -> str:
    indented = text.replace("\n", "\n        ")
    if count == 1:
        return f"        {indented},\n"
    return f"        *({indented} for _ in range({count})),\n"


def _block(block: nn.Module) -> str:
    layers = [
        f"{name}={_layer(layer)}"
        for name, layer in block.named_children()
        if name not in ("enter", "relu", "downsample")
    ]
    steps: tuple[str, ...] = block.steps  # type: ignore[assignment]
    said = repr(" ".join(steps))
    if block.shares:
        layers.append(f"shared={steps.index('conv1')}")
    if block.downsample is not None:
        layers.append(f"downsample={_layer(block.downsample)}")  # type: ignore[arg-type]
    return "Block(\n    " + ",\n    ".join([said, *layers]) + ",\n)"


def _layer(layer: nn.Module) -> str:
    """The expression that makes a layer anew."""
    from torch import nn

    from resnet_viz.networks import builder

    kind = type(layer).__name__
    if isinstance(layer, nn.Conv2d):
        made = "StandardisedConv" if kind == "StandardisedConv" else "nn.Conv2d"
        given = [layer.in_channels, layer.out_channels, layer.kernel_size[0]]
        rest = {
            "stride": (layer.stride[0], 1),
            "padding": (layer.padding[0], 0),
            "dilation": (layer.dilation[0], 1),
            "groups": (layer.groups, 1),
            "bias": (layer.bias is not None, True),
        }
        words = [f"{word}={value}" for word, (value, usual) in rest.items() if value != usual]
        return f"{made}({', '.join([*map(str, given), *words])})"
    if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d):
        words = [str(layer.num_features)]
        words += [f"eps={layer.eps!r}"] if layer.eps != 1e-5 else []
        words += [] if layer.affine else ["affine=False"]
        return f"nn.{kind}({', '.join(words)})"
    if isinstance(layer, nn.GroupNorm):
        return f"nn.GroupNorm({layer.num_groups}, {layer.num_channels}, eps={layer.eps!r})"
    if isinstance(layer, nn.Linear):
        bias = "" if layer.bias is not None else ", bias=False"
        return f"nn.Linear({layer.in_features}, {layer.out_features}{bias})"
    if isinstance(layer, builder.SqueezeExcitation):
        biases = layer.fc1.bias is not None, layer.fc2.bias is not None
        return f"Squeeze({layer.fc1.in_channels}, {layer.fc1.out_channels}, {biases})"
    if isinstance(layer, builder.ZeroPad):
        return f"Pad({layer.stride}, {layer.before}, {layer.after}, {layer.pooled})"
    if isinstance(layer, nn.AvgPool2d):
        return (
            f"nn.AvgPool2d({layer.kernel_size}, {layer.stride}, ceil_mode={layer.ceil_mode}, "
            f"count_include_pad={layer.count_include_pad})"
        )
    if isinstance(layer, nn.MaxPool2d):
        return (
            f"nn.MaxPool2d({layer.kernel_size}, {layer.stride}, {layer.padding}, "
            f"ceil_mode={layer.ceil_mode})"
        )
    if isinstance(layer, nn.Sequential):
        inside = ", ".join(f"{name}={_layer(one)}" for name, one in layer.named_children())
        return f"nn.Sequential(OrderedDict({inside}))"
    if isinstance(layer, builder.Blur | builder.ConcatPool):
        return f"{kind}()"
    plain = (nn.ReLU, nn.SiLU, nn.GELU, nn.ELU, nn.Tanh, nn.Identity, nn.LeakyReLU)
    if isinstance(layer, (*plain, nn.AdaptiveAvgPool2d, nn.ZeroPad2d)):
        return f"nn.{layer!r}"
    raise NoScript(f"There is no script for a network with a layer of the kind {kind}")


_LAYERS = {
    "StandardisedConv": '''
class StandardisedConv(nn.Conv2d):
    """Filters of mean 0 and variance 1: arXiv:1903.10520, eq. 2."""

    def forward(self, x):
        variance, mean = torch.var_mean(self.weight, (1, 2, 3), correction=0, keepdim=True)
        weight = (self.weight - mean) * torch.rsqrt(variance + 1e-8)
        return self._conv_forward(x, weight, self.bias)

''',
    "Squeeze": '''
class Squeeze(nn.Module):
    """Squeeze-and-excitation: arXiv:1709.01507, fig. 2."""

    def __init__(self, width, hidden, biases):
        super().__init__()
        self.fc1 = nn.Conv2d(width, hidden, 1, bias=biases[0])
        self.fc2 = nn.Conv2d(hidden, width, 1, bias=biases[1])

    def forward(self, x):
        means = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(torch.relu(self.fc1(means))))

''',
    "Pad": '''
class Pad(nn.Module):
    """Every ``stride``-th pixel (or means of as many), and zeros for channels that are new."""

    def __init__(self, stride, before, after, pooled):
        super().__init__()
        self.stride, self.zeros, self.pooled = stride, (0, 0, 0, 0, before, after), pooled

    def forward(self, x):
        if self.pooled and self.stride > 1:
            x = nn.functional.avg_pool2d(x, self.stride, self.stride, ceil_mode=True)
        else:
            x = x[:, :, :: self.stride, :: self.stride]
        return nn.functional.pad(x, self.zeros)

''',
    "Blur": '''
class Blur(nn.Module):
    """1-2-1 both ways, of stride 2: arXiv:1904.11486."""

    def forward(self, x):
        line = x.new_tensor([0.25, 0.5, 0.25])
        kernel = torch.outer(line, line).expand(x.shape[1], 1, 3, 3)
        x = nn.functional.pad(x, (1, 1, 1, 1), "reflect")
        return nn.functional.conv2d(x, kernel, None, 2, groups=x.shape[1])

''',
    "ConcatPool": '''
class ConcatPool(nn.Module):
    """Each channel's maximum, then each one's mean."""

    def forward(self, x):
        return torch.cat((x.amax((2, 3), keepdim=True), x.mean((2, 3), keepdim=True)), 1)

''',
}
"""The layers that torch has not, by their names in a script."""

_BLOCK = '''
class Block(nn.Module):
    """A residual block; ``steps`` are the layers of its branch, of which both paths may share."""

    def __init__(self, steps, shared=0, downsample=None, **layers):
        super().__init__()
        self.relu, self.steps, self.shared = <<activation>>, steps.split(), shared
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.downsample = downsample

'''

_RUN = '''
def stem(net, x):
    return net.stem(x)


def blocks(net):
    """The blocks by their names, from input to output."""
    stages = [(name, stage) for name, stage in net.named_children() if name.startswith("layer")]
    return {f"{name}.{n}": block for name, stage in stages for n, block in enumerate(stage)}


def branch(block, x):
    """The residual branch F(x)."""
    for name in block.steps:
        x = getattr(block, name)(x)
    return x


def shortcut(block, x):
    if block.downsample is None:
        return x
    for name in block.steps[: block.shared]:
        x = getattr(block, name)(x)
    return block.downsample(x)


def after(block, y):
    return <<after>>


def head(net, y):
    if hasattr(net, "norm"):
        y = net.relu(net.norm(y))
    return net.head(net.flatten(net.pool(y)))

'''
