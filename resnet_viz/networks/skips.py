"""SkipGates: a gate in [0, 1] for each block's skip path and for its residual branch."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.kinds import has_skip, kind, residual_blocks
from resnet_viz.networks.norms import l2_norm

Norm = Callable[[Tensor], Tensor]


@dataclass
class PathFigures:
    """How a block's two paths met, as scalars on its device; None stands for zero.

    ``skip`` is ‖s·shortcut(x)‖, ``branch`` ‖b·F(x)‖ and ``inner`` their inner product.
    ``back_skip`` and ``back_branch`` are, once the gradient has come back, the norms of what of it
    reached x through each path. All norms are L2 over the whole batch.
    """

    skip: Tensor | None
    branch: Tensor | None
    inner: Tensor | None
    concat: bool = False
    back_skip: Tensor | None = None
    back_branch: Tensor | None = None

    @classmethod
    @torch.no_grad()
    def of(cls, identity: Tensor | None, out: Tensor | None, norm: Norm) -> PathFigures:
        """Those of s·shortcut(x) and b·F(x), of which at most one is None."""
        return cls(
            None if identity is None else norm(identity),
            None if out is None else norm(out),
            None
            if identity is None or out is None or identity.shape != out.shape
            else torch.dot(identity.flatten(), out.flatten()),
        )

    @property
    def scalars(self) -> tuple[Tensor | None, ...]:
        """All of them."""
        return self.skip, self.branch, self.inner, self.back_skip, self.back_branch

    def having(self, scalars: Iterator[Tensor | None]) -> PathFigures:
        """The same with the next of ``scalars``, such as those fetched from the device."""
        skip, branch, inner, *back = (next(scalars) for _ in range(5))
        return PathFigures(skip, branch, inner, self.concat, *back)

    def take_skip(self, gradient: Tensor) -> None:
        self.back_skip = l2_norm(gradient.detach())

    def take_branch(self, gradient: Tensor) -> None:
        self.back_branch = l2_norm(gradient.detach())


class SkipGates:
    """Makes every residual block compute ``y = act(b·F(x) + s·shortcut(x))``, with s, b in [0, 1].

    He 2015 eq. 1 and 2 are the case s = b = 1, in which the output is bit-identical to the
    untouched network's. A path whose gate is 0 is not computed at all: s = 0 drops the
    projection too. In blocks that concatenate, the gates multiply the two halves. In those of
    He 2016 (arXiv:1603.05027 eq. 1 with f the identity) no act follows.

    Only the forward method of the block instances is replaced: parameter names, and so state
    dicts, stay as they are. Blocks without a skip (plain networks) are left alone. The gates hold
    the network, and the network does not hold the gates: they work as long as they are kept, and
    no cycle keeps either of them alive.
    """

    def __init__(self, network: nn.Module) -> None:
        self._blocks = {
            name: block for name, block in residual_blocks(network).items() if has_skip(block)
        }
        self._settings = GateSettings()
        self._sums: dict[str, PathFigures] | None = None
        self._norm: Norm = torch.linalg.vector_norm
        for name, block in self._blocks.items():
            block.forward = _gated(self, name, block)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of the blocks that have a skip, from input to output."""
        return tuple(self._blocks)

    @property
    def settings(self) -> GateSettings:
        return self._settings

    def set(self, settings: GateSettings) -> None:
        """Open and close gates; the next forward pass obeys.

        Raises:
            ValueError: ``settings`` names a block that has no skip, or that does not exist.
        """
        for name in (*settings.skips, *settings.branches):
            if name not in self._blocks:
                known = f"{self.blocks[0]} to {self.blocks[-1]}" if self._blocks else "none"
                raise ValueError(f"there is no skip at block {name!r}; blocks with a skip: {known}")
        self._settings = settings

    @contextmanager
    def sums(self, norm: Norm = torch.linalg.vector_norm) -> Iterator[dict[str, PathFigures]]:
        """Within the context each pass fills the dict that it gives: each block's figures.

        The norms of the paths are taken by ``norm``, which may know some.
        """
        self._sums, self._norm = {}, norm
        try:
            yield self._sums
        finally:
            self._sums, self._norm = None, torch.linalg.vector_norm

    def remove(self) -> None:
        """Give the blocks their own forward methods back."""
        for block in self._blocks.values():
            del block.forward

    def forward(self, name: str, x: Tensor) -> Tensor:
        """What block ``name`` makes of x with its gates as they are set."""
        block = self._blocks[name]
        its = kind(block)
        skip, branch = self._settings.skip(name), self._settings.branch(name)
        through_skip = through_branch = x
        if self._sums is not None:
            # Views of their own, so that the gradients of the two paths can be told apart.
            through_skip, through_branch = x.view_as(x), x.view_as(x)
        # With both paths closed the branch is multiplied by 0 instead of left out: it gives the
        # zeros their shape.
        out = _scaled(its.branch(block, through_branch), branch) if branch or not skip else None
        identity = _scaled(its.shortcut(block, through_skip), skip) if skip else None
        if self._sums is not None:
            figures = PathFigures.of(identity, out, self._norm)
            figures.concat = its.combine(block) == "concat"
            self._sums[name] = figures
            if through_skip.requires_grad:
                through_skip.register_hook(figures.take_skip)
                through_branch.register_hook(figures.take_branch)
        return its.meet(block, out, identity)


def _gated(gates: SkipGates, name: str, block: nn.Module) -> Callable[[Tensor], Tensor]:
    """A forward method of ``block`` that holds neither it nor the gates: both hold each other's
    network, and such a ring lives until the next collection."""
    held, own = weakref.ref(gates), weakref.ref(block)

    def forward(x: Tensor) -> Tensor:
        alive, itself = held(), own()
        if alive is not None:
            return alive.forward(name, x)
        assert itself is not None  # it is being called
        untouched: Tensor = type(itself).forward(itself, x)
        return untouched

    return forward


def _scaled(path: Tensor, gate: float) -> Tensor:
    return path if gate == 1.0 else path * gate
