"""Random residual networks in random dialects are read back as what they are, or refused.

Networks are written down here as tensors and run by `Plan.forward`, which shares no code with the
program. What a file cannot show is drawn as well; the reading must then offer it as a choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from resnet_viz.networks.reading.leaves import Unreadable
from resnet_viz.networks.reading.opening import open_weights
from resnet_viz.networks.reading.reading import build_with_weights

State = dict[str, Tensor]


@dataclass(frozen=True)
class Plan:
    """A network. ``widths`` are those of the stages' ends, ``depths`` their numbers of blocks."""

    channels: int
    stem_side: int
    stem_stride: int
    stem_pool: bool
    stem_depth: int
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    bottleneck: bool
    groups: int
    pre: bool
    raw: bool
    projected: bool
    pad_side: str
    squeeze: str
    stride_first: bool
    slope: float
    hidden: int
    outputs: int
    norm: bool

    def blocks(self) -> list[tuple[int, int, int, int, int]]:
        """Stage, place, channels in, channels out and stride of each block."""
        found, came = [], self.widths[0]
        for stage, (width, depth) in enumerate(zip(self.widths, self.depths, strict=True)):
            for place in range(depth):
                strides = stage > 0 and place == 0 and came != width
                found.append((stage, place, came, width, 2 if strides else 1))
                came = width
        return found

    def convs(self, came: int, went: int) -> list[tuple[int, int, int, int]]:
        """Channels in and out, side and groups of each convolution of a block's branch."""
        if not self.bottleneck:
            return [(came, went, 3, 1), (went, went, 3, 1)]
        middle = went // 2
        return [(came, middle, 1, 1), (middle, middle, 3, self.groups), (middle, went, 1, 1)]

    @property
    def ambiguous(self) -> bool:
        """True if names and shapes leave open what a refusal may name."""
        one_width = len(set(self.widths)) == 1
        return one_width or (not self.projected and all(n == 1 for n in self.depths))

    # --- The tensors, by slots such as ("block", 0, 1, "conv", 2) ----------------------------

    def tensors(self) -> dict[tuple[object, ...], State]:
        generator = torch.Generator().manual_seed(hash(self) % 2**31)

        def conv(came: int, went: int, side: int, groups: int = 1, bias: bool = False) -> State:
            spread = (6 / (came // groups * side * side)) ** 0.5
            weight = torch.rand(went, came // groups, side, side, generator=generator) * 2 - 1
            made = {"weight": weight * spread}
            if bias:
                made["bias"] = torch.rand(went, generator=generator) - 0.5
            return made

        def norm(width: int) -> State:
            return {
                "weight": torch.rand(width, generator=generator) * 0.5 + 0.4,
                "bias": torch.rand(width, generator=generator) * 0.4 - 0.2,
                "running_mean": torch.rand(width, generator=generator) * 0.4 - 0.2,
                "running_var": torch.rand(width, generator=generator) + 0.5,
                "num_batches_tracked": torch.tensor(1000),
            }

        def linear(came: int, went: int) -> State:
            weight = torch.rand(went, came, generator=generator) * 2 - 1
            return {
                "weight": weight * (6 / came) ** 0.5,
                "bias": torch.rand(went, generator=generator) - 0.5,
            }

        bias = not self.norm
        slots: dict[tuple[object, ...], State] = {}
        came = self.channels
        for number in range(self.stem_depth):
            slots["stem", "conv", number] = conv(came, self.widths[0], self.stem_side, bias=bias)
            came = self.widths[0]
            if self.norm and not self.pre:
                slots["stem", "norm", number] = norm(came)
        for stage, place, first, last, _ in self.blocks():
            at = ("block", stage, place)
            for number, (x, y, side, groups) in enumerate(self.convs(first, last)):
                if self.norm and self.pre:
                    slots[(*at, "norm", number)] = norm(x)
                slots[(*at, "conv", number)] = conv(x, y, side, groups, bias)
                if self.norm and not self.pre:
                    slots[(*at, "norm", number)] = norm(y)
            if self.squeeze:
                small = max(2, last // 4)
                if self.squeeze == "linear":
                    slots[(*at, "se", 0)] = linear(last, small)
                    slots[(*at, "se", 1)] = linear(small, last)
                else:
                    slots[(*at, "se", 0)] = conv(last, small, 1, bias=True)
                    slots[(*at, "se", 1)] = conv(small, last, 1, bias=True)
            if first != last and self.projected:
                slots[(*at, "shortcut", 0)] = conv(first, last, 1, bias=bias)
                if self.norm and not self.pre:
                    slots[(*at, "shortcut", 1)] = norm(last)
        if self.pre and self.norm:
            slots["final",] = norm(self.widths[-1])
        came = self.widths[-1]
        if self.outputs:
            if self.hidden:
                slots["head", 0] = linear(came, self.hidden)
                came = self.hidden
            slots["head", 1] = linear(came, self.outputs)
        return slots

    # --- What it computes ---------------------------------------------------------------------

    def forward(self, slots: dict[tuple[object, ...], State], x: Tensor) -> Tensor:
        def act(x: Tensor) -> Tensor:
            return functional.leaky_relu(x, self.slope)

        def conv(slot: tuple[object, ...], x: Tensor, stride: int = 1, groups: int = 1) -> Tensor:
            weight = slots[slot]["weight"]
            side = weight.shape[-1] // 2
            return functional.conv2d(x, weight, slots[slot].get("bias"), stride, side, 1, groups)

        def norm(slot: tuple[object, ...], x: Tensor) -> Tensor:
            if slot not in slots:
                return x
            of = slots[slot]
            mean, var = of["running_mean"], of["running_var"]
            return functional.batch_norm(x, mean, var, of["weight"], of["bias"])

        for number in range(self.stem_depth):
            x = conv(("stem", "conv", number), x, self.stem_stride if number == 0 else 1)
            x = norm(("stem", "norm", number), x)
            if not self.pre or number + 1 < self.stem_depth:
                x = act(x)
        if self.stem_pool:
            x = functional.max_pool2d(x, 3, 2, 1)
        for stage, place, came, went, stride in self.blocks():
            at = ("block", stage, place)
            convs = self.convs(came, went)
            strided = 0 if self.stride_first else 1
            out, entered = x, x
            for number, (_, _, _, groups) in enumerate(convs):
                its = stride if number == strided else 1
                if self.pre:
                    out = act(norm((*at, "norm", number), out))
                    entered = out if number == 0 else entered
                    out = conv((*at, "conv", number), out, its, groups)
                else:
                    out = norm((*at, "norm", number), conv((*at, "conv", number), out, its, groups))
                    out = act(out) if number + 1 < len(convs) else out
            if self.squeeze:
                scale = out.mean((2, 3))
                for number in (0, 1):
                    of = slots[(*at, "se", number)]
                    scale = functional.linear(scale, of["weight"].flatten(1), of["bias"])
                    scale = torch.relu(scale) if number == 0 else torch.sigmoid(scale)
                out = out * scale[:, :, None, None]
            if (*at, "shortcut", 0) in slots:
                read = entered if self.pre and not self.raw else x
                x = norm((*at, "shortcut", 1), conv((*at, "shortcut", 0), read, stride))
            elif came != went:
                x = x[:, :, ::stride, ::stride]
                extra = went - came
                before = {"both": extra // 2, "end": 0}[self.pad_side]
                x = functional.pad(x, (0, 0, 0, 0, before, extra - before))
            x = out + x if self.pre else act(out + x)
        if ("final",) in slots:
            x = act(norm(("final",), x))
        x = x.mean((2, 3))
        for number in (0, 1):
            if ("head", number) in slots:
                x = functional.linear(
                    x, slots["head", number]["weight"], slots["head", number]["bias"]
                )
                if number == 0:
                    x = torch.relu(x)
        return x

    def truths(self) -> dict[str, str]:
        """What the file cannot show, in the words of the choices."""
        pool = "a 3×3 max pool" if self.stem_pool else "no pool"
        side = "half before, half after" if self.pad_side == "both" else "after"
        slopes = {0.0: "ReLU", 0.01: "leaky ReLU of slope 0.01", 0.1: "leaky ReLU of slope 0.1"}
        said = {"stem": f"stride {self.stem_stride} and {pool}", "activation": slopes[self.slope]}
        if not self.norm:
            said["order"] = "after each convolution"
        changes = any(came != went for _, _, came, went, _ in self.blocks())
        if changes and not self.projected:
            said["pad"] = f"zeros {side}"
        if changes and self.bottleneck:
            said["stride"] = "on the first 1×1" if self.stride_first else "on the 3×3"
        elif changes:
            place = "first" if self.stride_first else "second"
            said["basic stride"] = f"on the {place} convolution"
        if changes and self.projected and self.pre:
            raw = "the block's raw input"
            said["raw"] = raw if self.raw else "the normed and activated input"
        return said


# --- Dialects ----------------------------------------------------------------------------------


def torchvision(slot: tuple[object, ...], plan: Plan) -> str:
    match slot:
        case ("stem", "conv", n):
            return "conv1" if plan.stem_depth == 1 else f"conv1.{3 * int(str(n))}"
        case ("stem", "norm", n):
            return "bn1" if int(str(n)) + 1 == plan.stem_depth else f"conv1.{3 * int(str(n)) + 1}"
        case ("block", s, p, kind, n):
            word = {"conv": "conv", "norm": "bn", "se": "se.fc", "shortcut": "downsample."}[
                str(kind)
            ]
            number = int(str(n)) + (kind != "shortcut")
            return f"layer{int(str(s)) + 1}.{p}.{word}{number}"
        case ("final",):
            return "bn"
        case ("head", n):
            return f"fc.{2 * int(str(n))}" if plan.hidden else "fc"
    raise AssertionError(slot)


def kuangliu(slot: tuple[object, ...], plan: Plan) -> str:
    name = torchvision(slot, plan).replace("downsample", "shortcut").replace("se.fc", "fc")
    return name.replace("fc.", "linear.") if slot[0] == "head" else name


def hugging_face(slot: tuple[object, ...], plan: Plan) -> str:
    words = {"conv": "convolution", "norm": "normalization"}
    match slot:
        case ("stem", kind, n):
            inner = "" if plan.stem_depth == 1 else f".{n}"
            return f"resnet.embedder.embedder{inner}.{words[str(kind)]}"
        case ("block", s, p, "shortcut", n):
            word = words["norm" if n else "conv"]
            return f"resnet.encoder.stages.{s}.layers.{p}.shortcut.{word}"
        case ("block", s, p, "se", n):
            return f"resnet.encoder.stages.{s}.layers.{p}.attention.squeeze{n}"
        case ("block", s, p, kind, n):
            return f"resnet.encoder.stages.{s}.layers.{p}.layer.{n}.{words[str(kind)]}"
        case ("final",):
            return "resnet.norm"
        case ("head", n):
            return f"classifier.{int(str(n)) * 2 + 1}"
    raise AssertionError(slot)


def weiaicunzai(slot: tuple[object, ...], plan: Plan) -> str:
    match slot:
        case ("stem", kind, n):
            return f"conv1.{3 * int(str(n)) + (kind == 'norm')}"
        case ("block", s, p, "shortcut", n):
            return f"conv{int(str(s)) + 2}_x.{p}.shortcut.{n}"
        case ("block", s, p, "se", n):
            return f"conv{int(str(s)) + 2}_x.{p}.excitation.{2 * int(str(n))}"
        case ("block", s, p, kind, n):
            second = (kind == "norm") != plan.pre
            number = 3 * int(str(n)) + (2 if plan.pre and second else second)
            return f"conv{int(str(s)) + 2}_x.{p}.residual_function.{number}"
        case ("final",):
            return "norm"
        case ("head", n):
            return f"fc.{2 * int(str(n))}" if plan.hidden else "fc"
    raise AssertionError(slot)


def detectron2(slot: tuple[object, ...], plan: Plan) -> str:
    def named(path: str, kind: object) -> str:
        return f"{path}.norm" if kind == "norm" else path

    match slot:
        case ("stem", kind, n):
            return named(f"stem.conv{int(str(n)) + 1}", kind)
        case ("block", s, p, "shortcut", n):
            return named(f"res{int(str(s)) + 2}.{p}.shortcut", "norm" if n else "conv")
        case ("block", s, p, "se", n):
            return f"res{int(str(s)) + 2}.{p}.se.fc{int(str(n)) + 1}"
        case ("block", s, p, kind, n):
            return named(f"res{int(str(s)) + 2}.{p}.conv{int(str(n)) + 1}", kind)
        case ("final",):
            return "norm"
        case ("head", n):
            return f"linear.{2 * int(str(n))}" if plan.hidden else "linear"
    raise AssertionError(slot)


def own_words(slot: tuple[object, ...], plan: Plan) -> str:
    match slot:
        case ("stem", kind, n):
            return f"entry.{kind}_{n}"
        case ("block", s, p, "shortcut", n):
            return f"body.part{s}.unit{p}.skip.{'bn' if n else 'conv'}"
        case ("block", s, p, "se", n):
            return f"body.part{s}.unit{p}.squeeze.{2 * int(str(n))}"
        case ("block", s, p, kind, n):
            return f"body.part{s}.unit{p}.path.{kind}{n}"
        case ("final",):
            return "body.last"
        case ("head", n):
            return f"head.{2 * int(str(n))}" if plan.hidden else "head"
    raise AssertionError(slot)


DIALECTS = {
    one.__name__: one
    for one in (torchvision, kuangliu, hugging_face, weiaicunzai, detectron2, own_words)
}
PREFIXES = ("", "module.", "model.", "net.module.", "backbone.", "_orig_mod.encoder.")


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    stages = draw(st.integers(1, 4))
    widths = [draw(st.sampled_from([24, 32, 40]))]
    for _ in range(stages - 1):
        widths.append(
            widths[-1] + draw(st.sampled_from([0, 16, 24]))
            if draw(st.booleans())
            else 2 * widths[-1]
        )
    deep = draw(st.booleans())
    hidden, pre = draw(st.sampled_from([0, 0, 20])), draw(st.booleans())
    return Plan(
        channels=draw(st.integers(1, 4)),
        stem_side=3 if deep else draw(st.sampled_from([3, 5, 7])),
        stem_stride=draw(st.sampled_from([1, 2])),
        stem_pool=draw(st.booleans()),
        stem_depth=3 if deep else 1,
        widths=tuple(widths),
        depths=tuple(draw(st.integers(1, 3)) for _ in widths),
        bottleneck=draw(st.booleans()),
        groups=draw(st.sampled_from([1, 1, 2, 4])),
        pre=pre,
        raw=draw(st.booleans()),
        projected=draw(st.booleans()),
        pad_side=draw(st.sampled_from(["both", "end"])),
        squeeze=draw(st.sampled_from(["", "", "linear", "conv"])),
        stride_first=draw(st.booleans()),
        slope=draw(st.sampled_from([0.0, 0.0, 0.01, 0.1])),
        hidden=hidden,
        outputs=draw(st.sampled_from([0, 1, 5, 10])),
        norm=pre or draw(st.sampled_from([True, True, False])),
    )


@pytest.mark.long
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    plan=plans(),
    dialect=st.sampled_from(sorted(DIALECTS)),
    prefix=st.sampled_from(PREFIXES),
    wrapper=st.sampled_from(["", "state_dict", "model", "safetensors"]),
    extra=st.booleans(),
)
def test_random_networks_are_read_back(
    plan: Plan, dialect: str, prefix: str, wrapper: str, extra: bool
) -> None:
    slots = plan.tensors()
    state: State = {}
    for slot, layer in slots.items():
        own = prefix if slot[0] != "head" or dialect != "hugging_face" else ""
        name = own + DIALECTS[dialect](slot, plan)
        state |= {f"{name}.{word}": value for word, value in layer.items()}
    if extra:
        state["criterion.weight"] = torch.ones(plan.outputs or 3)
    x = torch.randn(2, plan.channels, 32, 32, generator=torch.Generator().manual_seed(1))
    wanted = plan.forward(slots, x)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "weights"
        if wrapper == "safetensors":
            save_file({name: value.contiguous() for name, value in state.items()}, path)
        else:
            torch.save({wrapper: state, "epoch": 3} if wrapper else state, path)
        refusal = ""
        try:
            opened = open_weights(path)
        except Unreadable as error:
            refusal = str(error)
        if refusal:
            event("refused")
            assert plan.ambiguous, refusal
            return
        reading = opened.reading
        for key, truth in plan.truths().items():
            reading = reading.chosen(key, truth)
        given = build_with_weights(reading, opened.candidate.tensors)(x)
    event("read")
    assert given.shape == wanted.shape
    apart = (given - wanted).norm() / wanted.norm()
    assert apart < 1e-3, (reading.architecture, opened.sentences())
