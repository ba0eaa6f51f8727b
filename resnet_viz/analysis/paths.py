"""How much gradient goes through paths of each length (Veit 2016, arXiv:1605.06431, §5)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import combinations
from types import TracebackType

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.analysis.session import Subject
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.kinds import kind, residual_blocks
from resnet_viz.networks.norms import l2_norm
from resnet_viz.results.measured import Measured
from resnet_viz.results.paths import PathsRequest, PathsResult
from resnet_viz.results.task import Progress, TaskError

_MOST_VALUES = 1_000_000
"""Values in a batch of inputs, times blocks, that one backward pass may take, to be short."""

_MOST_AT_ONCE = 1_500_000
"""Values in a batch of inputs that certainly fit in memory, where the batch cannot be divided."""


class BackwardGates:
    """Closes paths for the gradient alone: the forward pass stays that of the whole network.

    ``skip`` and ``branch`` are (B, n): for sample b of a batch, the gradient that comes back
    through block i's skip or residual branch is multiplied by them. The backward pass is linear in
    the gradient (ReLU masks and batch norm's statistics are those of the forward pass), so the
    gradients of all 2ⁿ paths add up to the whole gradient. With ``by_length``, sample b carries the
    sum of all paths of length b instead: each branch moves what it carries one sample up. The ReLU
    after each addition (He 2015 fig. 2) lies on all paths.

    ``at_block`` is called at every block, forwards and backwards. After a backward pass,
    ``arrived`` holds for each block the L2 norms of the gradients that came through the skip and
    through the branch, over the whole batch.
    """

    def __init__(self, network: nn.Module, at_block: Callable[[], None] = lambda: None) -> None:
        self._at_block = at_block
        self.names = tuple(residual_blocks(network))
        self.skip: Tensor | None = None
        self.branch: Tensor | None = None
        self.by_length = False
        self.arrived: dict[str, tuple[float, float]] = {}
        self._handles: list[torch.utils.hooks.RemovableHandle] = []
        for index, block in enumerate(residual_blocks(network).values()):
            self._attach(index, block)

    def _attach(self, index: int, block: nn.Module) -> None:
        whole: list[Tensor] = []

        def enter(_: nn.Module, inputs: tuple[Tensor]) -> Tensor:
            self._at_block()
            whole[:] = inputs
            # From here on this is the skip's input; the branch's begins at its first layer.
            skip = inputs[0].view_as(inputs[0])
            if skip.requires_grad:
                skip.register_hook(lambda gradient: self._through_skip(index, gradient))
            return skip

        def enter_branch(_: nn.Module, inputs: tuple[Tensor]) -> Tensor:
            branch = whole.pop()
            branch = branch.view_as(branch)
            if branch.requires_grad:
                branch.register_hook(lambda gradient: self._through_branch(index, gradient))
            return branch

        self._handles.append(block.register_forward_pre_hook(enter))
        self._handles.append(kind(block).entry(block).register_forward_pre_hook(enter_branch))

    def _through_skip(self, index: int, gradient: Tensor) -> Tensor:
        norms = self.arrived.get(self.names[index], (0.0, 0.0))
        self.arrived[self.names[index]] = (l2_norm(gradient).item(), norms[1])
        return gradient if self.skip is None else gradient * self.skip[:, index].view(-1, 1, 1, 1)

    def _through_branch(self, index: int, gradient: Tensor) -> Tensor:
        self._at_block()
        norms = self.arrived.get(self.names[index], (0.0, 0.0))
        self.arrived[self.names[index]] = (norms[0], l2_norm(gradient).item())
        if self.by_length:
            return torch.cat((torch.zeros_like(gradient[:1]), gradient[:-1]))
        if self.branch is None:
            return gradient
        return gradient * self.branch[:, index].view(-1, 1, 1, 1)

    def __enter__(self) -> BackwardGates:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for handle in self._handles:
            handle.remove()


def input_gradients(
    network: nn.Module, gates: BackwardGates, image: Tensor, target: int, paths: Tensor
) -> Tensor:
    """The gradient of ``target``'s logit along each path.

    ``image`` is (1, 3, S, S); ``paths`` is (B, n), 1 where a path goes through the branch and 0
    where through the skip. Shapes: → (B, 3, S, S).
    """
    gates.branch, gates.skip = paths.to(image), 1 - paths.to(image)
    try:
        return batch_gradients(network, image.expand(len(paths), -1, -1, -1), target)
    finally:
        gates.branch = gates.skip = None


def gradients_by_length(
    network: nn.Module, gates: BackwardGates, image: Tensor, target: int
) -> Tensor:
    """The sum of the gradients of all paths of each length 0 to n, in one backward pass, exactly.

    Shapes: (1, 3, S, S) → (n + 1, 3, S, S).
    """
    gates.by_length = True
    try:
        batch = image.expand(len(gates.names) + 1, -1, -1, -1)
        return batch_gradients(network, batch, target, only_first=True)
    finally:
        gates.by_length = False


def batch_gradients(
    network: nn.Module, batch: Tensor, target: int, only_first: bool = False
) -> Tensor:
    """The gradients of ``target``'s logit with respect to a batch of inputs, as the gates let them
    through; with ``only_first``, of the logit of the first sample alone.

    Shapes: (B, 3, S, S) → (B, 3, S, S).
    """
    with torch.enable_grad():
        batch = batch.detach().clone().requires_grad_()
        logits = network(batch)[:, target]
        score = logits[0] if only_first else logits.sum()
        return torch.autograd.grad(score, batch)[0]


def sample_paths(blocks: int, length: int, samples: int, generator: torch.Generator) -> Tensor:
    """(min(samples, number of paths), n): different paths of one length, drawn evenly.

    All of them, in order, where there are no more than ``samples``.
    """
    count = math.comb(blocks, length)
    chosen: dict[tuple[int, ...], None] = {}
    if count <= samples:
        chosen = dict.fromkeys(combinations(range(blocks), length))
    while len(chosen) < min(samples, count):
        drawn = torch.randperm(blocks, generator=generator)[:length]
        chosen[tuple(sorted(drawn.tolist()))] = None
    paths = torch.zeros(len(chosen), blocks)
    for row, branches in zip(paths, chosen, strict=True):
        row[list(branches)] = 1.0
    return paths


def run(request: PathsRequest, context: TaskContext) -> Iterator[object]:
    """Measure `PathsResult`; the task of `PathsRequest`.

    Raises:
        TaskError: the network has no skips.
        As `Session.subject`.
    """
    yield Progress("Preparing the network", 0, 0)
    subject = context.session.subject(request.snapshot, context.cancelled)
    if not subject.gates.blocks:
        raise TaskError(
            f"{subject.spec.title} has no residual blocks, so there are no paths to choose from; "
            "open a residual network in the explorer"
        )
    with BackwardGates(subject.network, context.stop_if_cancelled) as gates:
        yield from _measure(request, context, subject, gates)


def _measure(
    request: PathsRequest, context: TaskContext, subject: Subject, gates: BackwardGates
) -> Iterator[object]:
    network, image = subject.network, subject.image
    with torch.no_grad():
        logits = network(image)[0]
    target = request.snapshot.target
    target = int(logits.argmax()) if target is None else target
    whole = l2_norm(batch_gradients(network, image, target))
    shares = []
    for name in gates.names:
        skip, branch = gates.arrived[name]
        shares.append(skip / (skip + branch) if skip + branch else math.nan)

    n = len(gates.names)
    most = max(1, min(request.samples, _MOST_VALUES // (image.numel() * n)))
    generator = torch.Generator().manual_seed(request.seed)
    plan = [sample_paths(n, length, request.samples, generator) for length in range(n + 1)]
    todo, done = sum(map(len, plan)) + n + 1, 0
    norms = np.full((n + 1, request.samples), np.nan)
    for length, paths in enumerate(plan):
        for start in range(0, len(paths), most):
            yield Progress(f"Paths through {length} of {n} branches", done, todo)
            part = paths[start : start + most]
            gradients = input_gradients(network, gates, image, target, part)
            flat = torch.linalg.vector_norm(gradients.flatten(1), dim=1)
            norms[length, start : start + len(part)] = flat.cpu().numpy()
            done += len(part)
    sums = None
    if image.numel() * (n + 1) <= _MOST_AT_ONCE:
        yield Progress("The sum of all paths of each length", done, todo)
        by_length = gradients_by_length(network, gates, image, target)
        sums = torch.linalg.vector_norm(by_length.flatten(1), dim=1).double().cpu().numpy()
    yield PathsResult(
        Measured(request.snapshot, subject.spec.title, subject.weights),
        subject.labels[target],
        gates.names,
        request.seed,
        norms,
        sums,
        float(whole),
        tuple(shares),
    )
