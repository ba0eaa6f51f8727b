"""A network whose ReLUs are modules of their own, each called once a pass and none in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_RELUS: frozenset[Any] = frozenset(
    {
        functional.relu,
        functional.relu_,
        torch.relu,
        torch.relu_,
        Tensor.relu,
        Tensor.relu_,
    }
)


class _Called(nn.Module):
    """Stands where a ReLU module stood, and is none: hooks go to the one that is called for it."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x)


class SeparateRelus(nn.Module):
    """Computes what ``network`` does, to the bit; its n-th ReLU of a pass is ``relus[n]``.

    Methods that change what a ReLU does backwards hook modules: a ReLU that is a function, or a
    module that is called twice, would be missed or taken for another. Here each is met, whether
    it was a module, shared or in place, or a function. ``network`` is changed: it is to be the
    caller's own. It runs on ``example`` once, by which its ReLUs are known before any is hooked.
    """

    def __init__(self, network: nn.Module, example: Tensor) -> None:
        super().__init__()
        for parent in list(network.modules()):
            for name, child in parent.named_children():
                if type(child) is nn.ReLU:
                    setattr(parent, name, _Called().train(child.training))
        self.network = network
        self.relus = nn.ModuleList()
        with torch.no_grad(), _InTurn(self.relus, more=True):
            network(example)

    def forward(self, x: Tensor) -> Tensor:
        with _InTurn(self.relus):
            out: Tensor = self.network(x)
            return out


class _InTurn(TorchFunctionMode):
    """Within it each ReLU is the next of ``relus``; with ``more`` those that lack are made."""

    def __init__(self, relus: nn.ModuleList, more: bool = False) -> None:
        super().__init__()
        self._relus, self._next, self._more = relus, 0, more

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func not in _RELUS:
            return func(*args, **(kwargs or {}))
        if self._more:
            self._relus.append(nn.ReLU().eval())
        relu = self._relus[self._next]
        self._next += 1
        return relu(args[0] if args else (kwargs or {})["input"])
