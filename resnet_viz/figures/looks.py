"""Colours by what they stand for, in a dark, a light and a high-contrast projector look.

One colour stands for the residual branch and one for the skip wherever they are drawn (diagram,
plots, legends, paper), and one for each stage; all are from the palette of Okabe and Ito (2008),
which colour-blind eyes can tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """Colours as "#rrggbb"; ``point_size`` is that of ordinary text."""

    name: str
    title: str
    window: str
    panel: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    branch: str
    skip: str
    off: str
    warning: str
    stages: tuple[str, str, str, str]
    point_size: float
    line_width: float

    def colour(self, role: str) -> str:
        """The colour of a role: a field such as "skip", or "stage 1" to "stage 4" and so round.

        A colour itself ("#rrggbb") stands for itself.

        Raises:
            ValueError: there is no such role.
        """
        if role.startswith("#"):
            return role
        if role.startswith("stage "):
            return self.stages[(int(role[6:]) - 1) % len(self.stages)]
        colour = getattr(self, role, None)
        if not isinstance(colour, str) or not colour.startswith("#"):
            raise ValueError(f"no colour stands for {role!r}")
        return colour


DARK = Theme(
    name="dark",
    title="Dark",
    window="#16181d",
    panel="#1e2128",
    raised="#2a2e37",
    line="#3d434f",
    text="#e8eaed",
    muted="#a3abb8",
    accent="#56b4e9",
    branch="#e69f00",
    skip="#56b4e9",
    off="#7d8592",
    warning="#f0e442",
    stages=("#cc79a7", "#009e73", "#0072b2", "#d55e00"),
    point_size=10.5,
    line_width=2.0,
)

LIGHT = Theme(
    name="light",
    title="Light",
    window="#f2f3f5",
    panel="#ffffff",
    raised="#e6e9ee",
    line="#b9c0ca",
    text="#15181d",
    muted="#525b69",
    accent="#0072b2",
    branch="#986000",
    skip="#0072b2",
    off="#8a929e",
    warning="#a15c00",
    stages=("#cc79a7", "#009e73", "#0072b2", "#d55e00"),
    point_size=10.5,
    line_width=2.0,
)

PROJECTOR = Theme(
    name="projector",
    title="Projector",
    window="#000000",
    panel="#000000",
    raised="#1c1c1c",
    line="#9a9a9a",
    text="#ffffff",
    muted="#dedede",
    accent="#56b4e9",
    branch="#ffb000",
    skip="#56c8ff",
    off="#9a9a9a",
    warning="#fff04d",
    stages=("#ff9bd0", "#00d39a", "#4aa8ff", "#ff7a2e"),
    point_size=14.0,
    line_width=3.5,
)

THEMES: dict[str, Theme] = {theme.name: theme for theme in (DARK, LIGHT, PROJECTOR)}
