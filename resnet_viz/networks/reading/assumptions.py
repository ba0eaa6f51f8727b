"""What names and shapes cannot show: the guesses, where they come from, and what else it could be.

Evidence goes in this order: modules that the file saved whole, plain values beside the weights
(arch, config), then names that one project alone uses, then what is usual.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from resnet_viz.networks.architecture import Activation, Architecture, BlockSpec
from resnet_viz.networks.preprocessing import (
    CIFAR10,
    IMAGENET,
    NORMALISATIONS,
    Preprocessing,
)
from resnet_viz.networks.reading.blocks import RawBlock
from resnet_viz.networks.reading.head import Head
from resnet_viz.networks.reading.leaves import Leaf, is_sorted
from resnet_viz.networks.reading.reading import Assumption

Fields = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Evidence:
    """All that guesses are made from. ``names`` are the network's tensors, ``beside`` the file's
    others; ``modules`` and ``values`` what the file has besides them."""

    names: Sequence[str]
    beside: Sequence[str]
    modules: Mapping[str, Any]
    values: Mapping[str, Any]
    blocks: Sequence[RawBlock]
    stem: Sequence[Leaf]
    head: Head
    leaves: Mapping[str, Leaf]

    def has(self, pattern: str) -> bool:
        """True if a name of the network's tensors has the pattern."""
        return any(re.search(pattern, name) for name in self.names)

    def told(self, *keys: str) -> Iterator[tuple[str, Any]]:
        """The values in the file under one of these keys, the outermost first."""
        level: list[Mapping[str, Any]] = [self.values]
        while level:
            inner: list[Mapping[str, Any]] = []
            for mapping in level:
                for key, value in mapping.items():
                    if key in keys:
                        yield key, value
                    if isinstance(value, Mapping):
                        inner.append(value)
            level = inner

    @property
    def arch(self) -> str:
        """The network's name as the file tells it, in lower case."""
        keys = ("arch", "architecture", "model_name", "model_type", "arch_name", "backbone",
                "model", "name", "net", "encoder", "base_model", "architectures")  # fmt: skip
        for _, value in self.told(*keys):
            value = value[0] if isinstance(value, tuple | list) and value else value
            if isinstance(value, str) and re.search(r"res|plain|wrn|regnet|net\d", value.lower()):
                return value.lower()
        return ""

    def attribute(self, module: str, name: str) -> Any:
        """What a saved module says of itself, None where there is none."""
        its = self.modules.get(module)
        return None if its is None else getattr(its, "attributes", {}).get(name)

    def kinds(self) -> dict[str, str]:
        """The last word of the class of each saved module, by its path."""
        return {
            path: str(getattr(its, "class_name", "")).rpartition(".")[2]
            for path, its in self.modules.items()
        }


def dialect_of(asked: Evidence, of: Architecture) -> str:
    """The project whose names these are, "" if none is known."""
    holder = asked.blocks[0].stage
    if asked.has(r"embedder\.embedder\.convolution|encoder\.stages\.\d+\.layers"):
        return "transformers"
    if asked.has(r"(stem\.conv1\.norm|res[2-5]\.\d+\.conv1\.norm)\."):
        return "detectron2"
    if asked.has(r"trunk_output\.|(^|\.)s1\.b1\.conv1"):
        return "regnet"
    if asked.has(r"layer0\.conv1\.") and asked.has(r"\.se_module\."):
        return "cadene"
    if asked.has(r"stages\.\d+\.blocks\.\d+\.conv1"):
        return "timm"
    if asked.has(r"residual_function\.|stage1\.0\.residual\."):
        return "weiaicunzai"
    if asked.has(r"convShortcut"):
        return "xternalbrain"
    linear = asked.head.name.rpartition(".")[2].startswith("linear")
    if asked.has(r"layer2\.0\.shortcut\."):
        return "meliketoy" if of.final_norm else "kuangliu"
    if linear and not asked.has(r"downsample|shortcut") and re.search(r"layer1$", holder):
        return "akamaster"
    if of.order == "pre" and asked.has(r"layer\d\.0\.downsample\.0\."):
        return "bearpaw"
    if len(of.stem) == 3 and asked.has(r"layer2\.0\.downsample\.2\."):
        return "timm"
    if asked.has(r"layer1\.\d+\.conv1\."):
        return "torchvision"
    return ""


def assume(
    of: Architecture, asked: Evidence
) -> tuple[Architecture, tuple[Assumption, ...], tuple[str, ...], str, Preprocessing]:
    """The architecture with every guess filled in, the guesses, notes for the user, the dialect
    and the input."""
    dialect = dialect_of(asked, of)
    guesses = _Guesses(of, asked, dialect)
    for step in (
        guesses.plain_or_residual,
        guesses.order,
        guesses.stem,
        guesses.strides,
        guesses.place_of_the_stride,
        guesses.place_in_basic_blocks,
        guesses.stem_activation,
        guesses.pads,
        guesses.pooled_projections,
        guesses.projections_input,
        guesses.squeezes,
        guesses.blurs,
        guesses.dilation,
        guesses.activation,
        guesses.groups,
        guesses.standardised,
        guesses.epsilon,
        guesses.between_linear_layers,
        guesses.softmax_or_sigmoid,
    ):
        step()
    preprocessing = guesses.input()
    guesses.outputs()
    return guesses.of, tuple(guesses.made), tuple(guesses.notes), dialect, preprocessing


_PROJECTS = {
    "transformers": "Hugging Face's transformers",
    "detectron2": "detectron2",
    "regnet": "RegNet",
    "cadene": "Cadene's squeeze-and-excitation networks",
    "timm": "timm",
    "weiaicunzai": "weiaicunzai's CIFAR-100 networks",
    "xternalbrain": "xternalbrain's wide residual networks",
    "kuangliu": "kuangliu's CIFAR networks",
    "meliketoy": "meliketoy's wide residual networks",
    "akamaster": "akamaster's CIFAR networks",
    "bearpaw": "bearpaw's CIFAR networks",
    "torchvision": "torchvision",
}


class _Guesses:
    def __init__(self, of: Architecture, asked: Evidence, dialect: str) -> None:
        self.of, self.asked, self.dialect = of, asked, dialect
        self.made: list[Assumption] = []
        self.notes: list[str] = []
        self.arch = asked.arch
        self.saved = asked.kinds()

    def say(
        self,
        key: str,
        what: str,
        guess: str,
        choices: Mapping[str, Fields],
        reason: str,
        sure: bool = False,
    ) -> None:
        self.made.append(Assumption(key, what, guess, dict(choices), reason, sure))
        self.of = replace(self.of, **dict(choices[guess]))

    @property
    def names_of(self) -> str:
        return f"the names are those of {_PROJECTS.get(self.dialect, 'no known project')}"

    # --- One guess after the other -------------------------------------------------------------

    def plain_or_residual(self) -> None:
        if any(block.projection is not None for block in self.of.blocks):
            return
        choices: dict[str, Fields] = {
            "residual": (("combine", "add"),),
            "plain": (("combine", "none"),),
        }
        guess, reason, sure = "residual", "there is no projection to tell by", False
        if "plain" in self.arch:
            guess, reason, sure = "plain", f"the file calls it {self.arch}", True
        elif "res" in self.arch:
            reason, sure = f"the file calls it {self.arch}", True
        elif self.of.order != "post" or any(block.squeeze for block in self.of.blocks):
            reason, sure = "plain networks have no such blocks", True
        self.say("combine", "plain or residual", guess, choices, reason, sure)

    def order(self) -> None:
        if self.of.norm != "none":
            return
        choices: dict[str, Fields] = {
            "after each convolution": (("order", "post"), ("stem_active", True)),
            "before each convolution": (("order", "pre"), ("stem_active", False)),
        }
        reason = "there are no norms to tell by, and this is usual"
        self.say("order", "where activations stand", "after each convolution", choices, reason)

    def stem(self) -> None:
        side, deep = self.of.stem[0].kernel, len(self.of.stem) > 1
        choices: dict[str, Fields] = {
            "stride 2 and a 3×3 max pool": (("stem_stride", 2), ("stem_pool", "max")),
            "stride 2 and no pool": (("stem_stride", 2), ("stem_pool", "none")),
            "stride 1 and no pool": (("stem_stride", 1), ("stem_pool", "none")),
            "stride 1 and a 3×3 max pool": (("stem_stride", 1), ("stem_pool", "max")),
            "stride 2 and a 2×2 max pool": (("stem_stride", 2), ("stem_pool", "max 2")),
            "stride 2 and a mean of 2×2": (("stem_stride", 2), ("stem_pool", "avg")),
            "stride 2 and a 3×3 max pool without padding": (
                ("stem_stride", 2),
                ("stem_pool", "max ceil"),
            ),
            "stride 2 and a 3×3 max pool padded with zeros": (
                ("stem_stride", 2),
                ("stem_pool", "max zero"),
            ),
            "stride 2 and a 3×3 max pool of stride 1 and a binomial filter": (
                ("stem_stride", 2),
                ("stem_pool", "max blur"),
            ),
        }
        guess, sure = "stride 2 and a 3×3 max pool", False
        reason = (
            f"it is usual after a stem of {'several convolutions' if deep else f'{side}×{side}'}"
        )
        if side <= 3 and not deep:
            guess, reason = (
                "stride 1 and no pool",
                "it is usual with a stem of 3×3, for small images",
            )
        if self.dialect == "regnet":
            guess, reason, sure = "stride 2 and no pool", self.names_of, True
        if self.dialect == "cadene":
            guess = "stride 2 and a 3×3 max pool without padding"
            reason, sure = self.names_of, True
        if side > 3 and re.search(r"^wideresnet\d", self.arch):
            # Places365's network of that name, which is no wide one.
            guess, reason = "stride 2 and no pool", f"the file calls it {self.arch}"
        named = re.search(r"(resnet|resnext)(aa|blur)", self.arch)
        if named:
            means = named[2] == "aa"
            what = "a mean of 2×2" if means else "a 3×3 max pool of stride 1 and a binomial filter"
            guess, reason = f"stride 2 and {what}", f"the file calls it {self.arch}"
        for _, pooled in self.asked.told("stem_pool_type", "maxpool", "first_pool"):
            if pooled in (False, "", None) and "no pool" not in guess:
                guess, reason = "stride 2 and no pool", "the file's own settings say so"
        told = self._saved_stem(choices)
        if told is not None:
            guess, reason, sure = told, "the saved modules say so", True
        what = "the stem's stride and the max pool after it"
        self.say("stem", what, guess, choices, reason, sure)

    def _saved_stem(self, choices: Mapping[str, Fields]) -> str | None:
        stride = self._side(self.asked.attribute(self.asked.stem[0].name, "stride"))
        if stride is None:
            return None
        pools = [path for path, kind in self.saved.items() if kind == "MaxPool2d"]
        pool = "none"
        if pools:
            size = self._side(self.asked.attribute(pools[0], "kernel_size"))
            pool = "max 2" if size == 2 else "max"
        wanted = (("stem_stride", stride), ("stem_pool", pool))
        return next((name for name, fields in choices.items() if fields == wanted), None)

    @staticmethod
    def _side(value: Any) -> int | None:
        value = value[0] if isinstance(value, tuple | list) and value else value
        return value if isinstance(value, int) else None

    def strides(self) -> None:
        """Of the first stage: the others halve the map, as nearly everywhere."""
        saved = self._saved_strides()
        if saved is not None:
            self.of = replace(self.of, stages=saved, first_stride=saved[0][0].stride)
            return
        first = self.of.blocks[0]
        choices: dict[str, Fields] = {
            "stride 1": (("first_stride", 1),),
            "stride 2": (("first_stride", 2),),
        }
        if first.projection is None and first.came == first.went:
            return
        guess, reason, sure = "stride 1", "it is usual, and only the width has to change", False
        if self.dialect == "regnet":
            guess, reason, sure = "stride 2", self.names_of, True
        elif first.projection is not None and first.came == first.went:
            guess, reason = "stride 2", "its width stays, so that a projection has no other use"
        elif self.dialect:
            reason, sure = self.names_of, True
        self.say("first stage", "the first stage", guess, choices, reason, sure)

    def _strided(self) -> list[tuple[BlockSpec, int]]:
        """Each block and its stride."""
        strides = [spec.stride for spec in self.of.blocks]
        strides[0] = self.of.first_stride
        return list(zip(self.of.blocks, strides, strict=True))

    def _saved_strides(self) -> tuple[tuple[BlockSpec, ...], ...] | None:
        """The stages with the strides of saved modules; those that became dilations count too."""
        strides, dilations = [], []
        for block in self.asked.blocks:
            each = [self._side(self.asked.attribute(leaf.name, "stride")) for leaf in block.convs]
            known = [stride for stride in each if stride is not None]
            if len(known) < len(each):
                return None
            strides.append(max(known))
            dilations.append(self._side(self.asked.attribute(block.convs[1].name, "dilation")) or 1)
        made, at, before = [], 0, 1
        for stage in self.of.stages:
            inside = slice(at, at + len(stage))
            at += len(stage)
            top = max(dilations[inside])
            first, *others = strides[inside]
            if top > before:
                first, before = top // before, top
            made.append(
                tuple(
                    replace(spec, stride=stride)
                    for spec, stride in zip(stage, (first, *others), strict=True)
                )
            )
        return tuple(made)

    def place_of_the_stride(self) -> None:
        strided = [
            (block, spec)
            for block, (spec, stride) in zip(self.asked.blocks, self._strided(), strict=True)
            if spec.bottleneck and stride > 1
        ]
        if not strided:
            return
        choices: dict[str, Fields] = {
            "on the 3×3": (("stride_at", "3x3"),),
            "on the first 1×1": (("stride_at", "1x1"),),
        }
        guess, reason, sure = "on the 3×3", "it is usual since torchvision", False
        if self.dialect == "detectron2" or re.search(r"caffe|msra", self.arch):
            guess, reason = "on the first 1×1", "it is so in detectron2's and Caffe's networks"
        elif self.dialect == "cadene" and len(self.of.stem) == 1:
            guess, reason = "on the first 1×1", self.names_of
        elif self.dialect in ("regnet", "weiaicunzai", "kuangliu", "bearpaw"):
            reason, sure = self.names_of, True
        for _, told in self.asked.told(
            "downsample_in_bottleneck", "stride_in_1x1", "STRIDE_IN_1X1"
        ):
            if isinstance(told, bool):
                guess = "on the first 1×1" if told else "on the 3×3"
                reason, sure = "the file's own settings say so", True
        first = self._side(self.asked.attribute(strided[0][0].convs[0].name, "stride"))
        if first is not None:
            guess = "on the first 1×1" if first > 1 else "on the 3×3"
            reason, sure = "the saved modules say so", True
        self.say("stride", "the stride in a bottleneck", guess, choices, reason, sure)

    def place_in_basic_blocks(self) -> None:
        strided = [
            block
            for block, (spec, stride) in zip(self.asked.blocks, self._strided(), strict=True)
            if not spec.bottleneck and stride > 1
        ]
        if not strided:
            return
        choices: dict[str, Fields] = {
            "on the first convolution": (("late_stride", False),),
            "on the second convolution": (("late_stride", True),),
        }
        guess, reason, sure = "on the first convolution", "it is usual", bool(self.dialect)
        if self.dialect:
            reason = self.names_of
        if self.dialect == "meliketoy":
            guess, sure = "on the second convolution", False
        second = self._side(self.asked.attribute(strided[0].convs[1].name, "stride"))
        if second is not None:
            guess = list(choices)[second > 1]
            reason, sure = "the saved modules say so", True
        self.say("basic stride", "the stride in a basic block", guess, choices, reason, sure)

    def stem_activation(self) -> None:
        if self.of.order != "pyramid":
            return
        choices: dict[str, Fields] = {
            "none": (("stem_active", False),),
            "there is one": (("stem_active", True),),
        }
        guess = "none" if self.of.stem[0].kernel <= 3 else "there is one"
        what = "an activation after the first convolution"
        self.say("stem activation", what, guess, choices, "it is so in PyramidNet")

    def _padded(self) -> bool:
        return self.of.combine == "add" and any(
            spec.projection is None and spec.came != spec.went for spec in self.of.blocks
        )

    def pads(self) -> None:
        if not self._padded():
            return
        choices: dict[str, Fields] = {
            "zeros half before, half after": (("pad_side", "both"), ("pooled", False)),
            "zeros after": (("pad_side", "end"), ("pooled", False)),
            "zeros before": (("pad_side", "begin"), ("pooled", False)),
            "zeros after, a mean of 2×2 first": (("pad_side", "end"), ("pooled", True)),
        }
        guess, reason = "zeros half before, half after", "it is usual"
        if self.dialect == "akamaster":
            reason = f"{self.names_of}; others have them at the end"
        if self.of.order == "pyramid":
            guess, reason = "zeros after, a mean of 2×2 first", "it is so in PyramidNet"
        self.say("pad", "the padded shortcut (option A)", guess, choices, reason)

    def pooled_projections(self) -> None:
        projections = [block.projection for block in self.asked.blocks if block.projection]
        if not any(spec.projection and stride > 1 for spec, stride in self._strided()):
            return
        choices: dict[str, Fields] = {
            "a strided projection": (("pooled", False),),
            "a mean of 2×2, then the projection": (("pooled", True),),
        }
        places = {leaf.parts[-1] for leaf in projections}
        numbered = {place for place in places if place.isdigit()}
        guess, reason, sure = "a strided projection", "it is usual", False
        if numbered and numbered == places:
            sure = True
            reason = "the projection is the first in its list"
            if "0" not in numbered:
                guess = "a mean of 2×2, then the projection"
                reason = "the projection is the second in its list: something without numbers is "
                reason += "before it"
        elif self.dialect:
            reason, sure = self.names_of, True
        self.say("projection", "the shortcut's stride", guess, choices, reason, sure)

    def projections_input(self) -> None:
        if self.of.order != "pre" or not any(spec.projection for spec in self.of.blocks):
            return
        choices: dict[str, Fields] = {
            "the normed and activated input": (("raw_projection", False),),
            "the block's raw input": (("raw_projection", True),),
        }
        guess, reason, sure = "the normed and activated input", "it is so in He 2016's code", False
        if self.dialect in ("bearpaw", "weiaicunzai", "meliketoy"):
            guess, reason = "the block's raw input", self.names_of
        elif self.dialect:
            reason = self.names_of
        self.say("raw", "what a projection reads", guess, choices, reason, sure)

    def squeezes(self) -> None:
        """Where a squeeze stands, if the names' order hides it and its width fits two places."""
        if self.dialect == "cadene" and not self.of.blocks[0].bottleneck:
            self.of = replace(self.of, active_squeeze=True)
        squeezed = [spec for spec in self.of.blocks if spec.squeeze is not None]
        hidden = bool(squeezed) and all(
            spec.bottleneck and spec.convs[1].went == spec.went for spec in squeezed
        )
        if not hidden or not is_sorted(list(self.asked.names)) or self.of.order != "post":
            return
        choices: dict[str, Fields] = {
            "after the last convolution": (("squeezed_after", 3),),
            "after the 3×3": (("squeezed_after", 2),),
        }
        guess, reason, sure = (
            "after the last convolution",
            "it is usual in residual networks",
            False,
        )
        if self.dialect == "regnet":
            guess, reason, sure = "after the 3×3", self.names_of, True
        self.say("squeeze", "the place of the squeeze", guess, choices, reason, sure)

    def blurs(self) -> None:
        if not any(stride > 1 for _, stride in self._strided()):
            return
        choices: dict[str, Fields] = {
            "strided convolutions": (("blurred", "none"),),
            "a mean of 2×2 after an unstrided convolution": (("blurred", "mean"),),
            "a binomial filter after an unstrided convolution": (("blurred", "binomial"),),
        }
        guess, reason, sure = "strided convolutions", "it is usual", False
        named = re.search(r"(resnet|resnext)(aa|blur)", self.arch)
        if named:
            means = named[2] == "aa"
            what = "a mean of 2×2" if means else "a binomial filter"
            guess = f"{what} after an unstrided convolution"
            reason, sure = f"the file calls it {self.arch}", True
        if any(kind == "Conv2d" for kind in self.saved.values()):
            reason, sure = "the saved modules say so", True
        self.say("blur", "anti-aliasing pools in place of strides", guess, choices, reason, sure)

    def dilation(self) -> None:
        halved = sum(stage[0].stride > 1 for stage in self.of.stages)
        if len(self.of.stages) < 3 or not halved or (self.of.stem[0].kernel <= 3 and halved < 3):
            return
        choices: dict[str, Fields] = {
            "none": (("dilated", 0),),
            "in place of the last stage's stride": (("dilated", 1),),
            "in place of the last two stages' strides": (("dilated", 2),),
        }
        guess, reason, sure = "none", "it is usual in a classifier", False
        around = (*self.asked.names, *self.asked.beside)
        segments = [name for name in around if re.search(r"aux_classifier|decode_head|aspp", name)]
        segments += [name for name in around if re.search(r"classifier\.\d+\.convs\.", name)]
        if segments:
            guess = "in place of the last two stages' strides"
            reason = f"a head for segmentation lies beside it ({segments[0]})"
        for _, told in self.asked.told("replace_stride_with_dilation", "dilation"):
            if isinstance(told, tuple | list) and all(isinstance(one, bool) for one in told):
                guess = list(choices)[min(2, sum(told))]
                reason, sure = "the file's own settings say so", True
        dilations = [
            self._side(self.asked.attribute(block.convs[1].name, "dilation"))
            for block in self.asked.blocks
        ]
        if dilations and all(one is not None for one in dilations):
            top = max(one or 1 for one in dilations)
            guess = list(choices)[{1: 0, 2: 1}.get(top, 2)]
            reason, sure = "the saved modules say so", True
        self.say("dilation", "dilation", guess, choices, reason, sure)

    def activation(self) -> None:
        named: dict[str, Activation] = {
            "ReLU": "relu",
            "leaky ReLU of slope 0.01": "leaky relu 0.01",
            "leaky ReLU of slope 0.1": "leaky relu 0.1",
            "SiLU": "silu",
            "GELU": "gelu",
            "ELU": "elu",
            "tanh": "tanh",
        }
        choices: dict[str, Fields] = {word: (("activation", x),) for word, x in named.items()}
        guess, reason, sure = "ReLU", "it is usual", False
        words = {"relu": "ReLU", "silu": "SiLU", "swish": "SiLU", "gelu": "GELU", "elu": "ELU"}
        words |= {"leaky_relu": "leaky ReLU of slope 0.01", "tanh": "tanh"}
        for _, told in self.asked.told("hidden_act", "activation", "act_layer", "act", "nonlin"):
            if isinstance(told, str) and told.lower() in words:
                guess, reason, sure = words[told.lower()], "the file's own settings say so", True
        if "leaky" in self.arch:
            guess, reason = "leaky ReLU of slope 0.1", f"the file calls it {self.arch}"
        saved = {"ReLU": "ReLU", "SiLU": "SiLU", "GELU": "GELU", "ELU": "ELU", "Tanh": "tanh"}
        for path, kind in self.saved.items():
            if kind in saved:
                guess, reason, sure = saved[kind], "the saved modules say so", True
                break
            if kind == "LeakyReLU":
                slope = self.asked.attribute(path, "negative_slope")
                guess = f"leaky ReLU of slope {slope}"
                sure = guess in choices
                reason = "the saved modules say so"
                if not sure:
                    guess = "leaky ReLU of slope 0.01"
                    reason = f"the saved modules have a slope of {slope}, which is not offered"
                break
        self.say("activation", "the activation", guess, choices, reason, sure)

    def groups(self) -> None:
        if self.of.norm != "group":
            return
        widths = {conv.went for conv in self.of.stem if conv.norm}
        for spec in self.of.blocks:
            widths |= {conv.went for conv in spec.convs} | {conv.came for conv in spec.convs}
        fitting = [n for n in (32, 16, 8, 4, 2, 1) if all(width % n == 0 for width in widths)]
        choices: dict[str, Fields] = {
            f"group norm of {n} group{'s' if n > 1 else ''}": (("groups", n),) for n in fitting
        }
        guess = next(iter(choices))
        reason = "its norms have no running statistics, and 32 groups are usual where they fit"
        for _, told in self.asked.told("num_groups", "groups", "gn_groups"):
            if f"group norm of {told} groups" in choices:
                guess, reason = f"group norm of {told} groups", "the file's own settings say so"
        self.say("groups", "the norm", guess, choices, reason)

    def standardised(self) -> None:
        if self.of.norm != "group":
            return
        choices: dict[str, Fields] = {
            "as they are": (("standardised", False),),
            "brought to mean 0 and variance 1": (("standardised", True),),
        }
        guess, reason = "as they are", "it is usual; networks called BiT standardise them"
        if re.search(r"bit|standardi[sz]ed|_ws$", self.arch):
            guess, reason = "brought to mean 0 and variance 1", f"the file calls it {self.arch}"
        what = "the filters of convolutions beside group norm"
        self.say("filters", what, guess, choices, reason)

    def epsilon(self) -> None:
        if self.of.norm == "none":
            return
        choices: dict[str, Fields] = {
            "1e-5": (("epsilon", 1e-5),),
            "1e-3": (("epsilon", 1e-3),),
            "1e-6": (("epsilon", 1e-6),),
            "0": (("epsilon", 0.0),),
        }
        guess, reason, sure = "1e-5", "it is torch's own", self.of.norm == "batch"
        frozen = self.of.norm == "batch" and not self.asked.has("num_batches_tracked")
        if frozen and any("roi_heads" in name for name in (*self.asked.names, *self.asked.beside)):
            reason, sure = "torchvision's own weights for detection have 0", False
        for path, kind in self.saved.items():
            if kind == "BatchNorm2d":
                told = self.asked.attribute(path, "eps")
                if isinstance(told, float):
                    self.of = replace(self.of, epsilon=told)
                    return
        self.say("epsilon", "the epsilon of the norms", guess, choices, reason, sure)

    def between_linear_layers(self) -> None:
        if not self.asked.head.guessed:
            return
        layers = self.of.head
        bare = tuple(replace(layer, active=False) for layer in layers)
        choices: dict[str, Fields] = {"ReLU": (("head", layers),), "nothing": (("head", bare),)}
        what = f"what stands between the layers of the head, {self.asked.head.name}"
        self.say("head", what, "ReLU", choices, "there is room for it in the list of layers")

    # --- What goes in and comes out ------------------------------------------------------------

    def input(self) -> Preprocessing:
        small = self.of.stem_stride == 1 and self.of.stem_pool == "none"
        usual = CIFAR10 if small else IMAGENET
        size, reason = 32 if small else 224, "it is usual for such a stem"
        for _, told in self.asked.told("image_size", "img_size", "input_size", "crop_size"):
            side = told[-1] if isinstance(told, tuple | list) and told else told
            if isinstance(side, int) and 16 <= side <= 1024:
                size, reason = side, "the file's own settings say so"
        if small and self.of.head and self.of.outputs == 200 and size == 32:
            size, reason = 64, "networks of 200 classes with such a stem are made for Tiny ImageNet"
        sides = sorted({*_SIDES, size})
        self.made.append(
            Assumption(
                "size",
                "the size of the input",
                _square(size),
                {_square(side): (("size", side),) for side in sides},
                reason,
                "file" in reason,
            )
        )
        mean, std = usual.mean, usual.std
        choices: dict[str, Fields] = {
            known.title: (("mean", known.mean), ("std", known.std))
            for known in NORMALISATIONS.values()
        }
        guess, reason, sure = usual.title, "it is usual for such a stem", False
        told = [self._told_triple(word) for word in ("mean", "std")]
        if told[0] is not None and told[1] is not None and min(told[1]) > 0:
            mean, std = told[0], told[1]
            guess, reason, sure = "the mean and deviation in the file", "they lie in the file", True
            choices[guess] = (("mean", mean), ("std", std))
        what = "the normalisation of the input"
        self.made.append(Assumption("normalisation", what, guess, choices, reason, sure))
        return Preprocessing(size, mean, std)

    def _told_triple(self, word: str) -> tuple[float, float, float] | None:
        """A mean or deviation for three channels that lies in the file, as a value or a buffer."""
        pattern = re.compile(rf"(^|[._]){word}$")
        keys = [key for key in self.asked.values if pattern.search(key)]
        for _, value in self.asked.told(*keys, f"image_{word}", word):
            if (triple := _three(value)) is not None:
                return triple
        return None

    def softmax_or_sigmoid(self) -> None:
        """Of several outputs; a single one can only be a sigmoid's, or a measured value."""
        if not self.of.head or self.asked.head.unknown or self.of.outputs < 2:
            return
        choices: dict[str, Fields] = {
            "one class of all (softmax)": (("independent", False),),
            "each by itself, yes or no (sigmoid)": (("independent", True),),
        }
        guess, reason, sure = "one class of all (softmax)", "it is usual in a classifier", False
        keys = ("problem_type", "loss", "loss_fn", "criterion", "task", "multilabel", "multi_label")
        for key, told in self.asked.told(*keys):
            said = key if told is True else told if isinstance(told, str) else ""
            if re.search(r"(?i)bce|binary|sigmoid|multi[-_ ]?label", said):
                guess, reason = "each by itself, yes or no (sigmoid)", f"the file says {said}"
            elif re.search(r"(?i)single_label|softmax|cross[-_ ]?entropy", said):
                reason, sure = f"the file says {said}", True
        if "Sigmoid" in self.saved.values() and not any(spec.squeeze for spec in self.of.blocks):
            guess, reason = "each by itself, yes or no (sigmoid)", "a saved module is a sigmoid"
        what = f"what its {self.of.outputs:,} outputs are"
        self.say("outputs", what, guess, choices, reason, sure)

    def outputs(self) -> None:
        beside = (*self.asked.names, *self.asked.beside)
        if self.asked.head.unknown:
            self.notes.append(
                f"Its head {self.asked.head.unknown} is of a kind that is not known here, so the "
                f"{self.of.features} features before it are shown, and no classes"
            )
        elif not self.of.head:
            self.notes.append(
                "It has no classes: there is no head that gives any, so its "
                f"{self.of.features} features are shown"
            )
        elif self.of.outputs == 1:
            self.notes.append(
                "It has one output: a logit for a sigmoid (yes or no), or a measured value; a "
                "softmax over one number is always 1"
            )
        elif len(self.of.head) > 1 and (
            self.of.outputs in (64, 128, 256, 512, 2048)
            or any(re.search(r"queue|predictor|encoder_k|momentum", name) for name in beside)
        ):
            self.notes.append(
                f"Its head {self.asked.head.name} of {len(self.of.head)} layers looks like a "
                f"projection for training without labels: its {self.of.outputs} outputs are then "
                "no classes"
            )


_SIDES = (28, 32, 64, 96, 128, 160, 192, 224, 240, 256, 288, 299, 320, 384, 448, 512)
"""The sizes of input that are offered, in pixels."""


def _square(side: int) -> str:
    return f"{side}×{side} pixels"


def _three(value: Any) -> tuple[float, float, float] | None:
    if not isinstance(value, tuple | list) or len(value) != 3:
        return None
    if not all(isinstance(one, int | float) for one in value):
        return None
    return (float(value[0]), float(value[1]), float(value[2]))
