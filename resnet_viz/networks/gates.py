"""Which skips and residual branches are open: a frozen value that knows no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


def _closed(gates: Mapping[str, float]) -> frozenset[tuple[str, float]]:
    for name, value in gates.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"the gate of {name} is {value}; it must lie in [0, 1]")
    return frozenset((name, float(value)) for name, value in gates.items() if value != 1.0)


@dataclass(frozen=True)
class GateSettings:
    """A gate in [0, 1] for each block's skip path and one for its residual branch.

    Only gates that are not 1 are kept, so two settings that mean the same compare equal.
    """

    _skip: frozenset[tuple[str, float]] = field(default_factory=frozenset)
    _branch: frozenset[tuple[str, float]] = field(default_factory=frozenset)

    @classmethod
    def of(
        cls, skip: Mapping[str, float] | None = None, branch: Mapping[str, float] | None = None
    ) -> GateSettings:
        """Build from block name → gate.

        Raises:
            ValueError: a gate is outside [0, 1] or not a number.
        """
        return cls(_closed(skip or {}), _closed(branch or {}))

    def skip(self, block: str) -> float:
        """The skip gate of a block: 1 is on, 0 is off."""
        return dict(self._skip).get(block, 1.0)

    def branch(self, block: str) -> float:
        """The branch gate of a block: 1 is on, 0 is off."""
        return dict(self._branch).get(block, 1.0)

    @property
    def skips(self) -> dict[str, float]:
        """The skip gates that are not 1."""
        return dict(self._skip)

    @property
    def branches(self) -> dict[str, float]:
        """The branch gates that are not 1."""
        return dict(self._branch)

    @property
    def all_on(self) -> bool:
        """True if every gate is 1, so that the network is the untouched one."""
        return not self._skip and not self._branch

    def with_skips(self, blocks: Iterable[str], value: float) -> GateSettings:
        """The same settings with the skip gates of ``blocks`` at ``value``."""
        return GateSettings.of({**self.skips, **dict.fromkeys(blocks, value)}, self.branches)

    def with_branches(self, blocks: Iterable[str], value: float) -> GateSettings:
        """The same settings with the branch gates of ``blocks`` at ``value``."""
        return GateSettings.of(self.skips, {**self.branches, **dict.fromkeys(blocks, value)})
