"""What pages, panels of the explorer and instruments have in common, and how they are listed.

Each is one module with one class, and one entry in a list; the list needs no import of the module.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDoubleSpinBox,
    QSpinBox,
    QWidget,
)

from resnet_viz.export.script import NoScript, script_of
from resnet_viz.export.script_data import QUOTED, data_script
from resnet_viz.export.session import Json as Json
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.table import Table, table_of
from resnet_viz.results.attribution import AttributionRequest
from resnet_viz.results.result import Result


@dataclass(frozen=True)
class Key:
    """Keys that only one feature takes: in Qt's notation or as it is read, and what for."""

    keys: str
    text: str


class Feature(QWidget):
    """A widget that shows the explorer's results, and what else the window wants of it.

    ``title`` comes from the feature's entry. ``figures`` and ``table`` are what can be exported of
    what is on screen; ``choices`` is what a session file keeps, and ``restore`` puts it back.
    """

    KEYS: ClassVar[Mapping[str, Key]] = {}
    """The keys that it takes itself, for the list of keys."""

    title: str = ""

    edited = Signal(str)
    """The user has changed a choice by other means than a control, such as by drawing: in words."""

    result: Any = None
    """What has been measured here last, if it measures something of its own."""

    @classmethod
    def key_groups(cls, title: str) -> dict[str, list[Key]]:
        """All keys that are not commands', by what they are for; ``title`` is the entry's."""
        return {title: list(cls.KEYS.values())}

    def entitle(self, title: str) -> None:
        """Take the entry's title."""
        self.title = title

    def show_result(self, result: Result) -> None:
        """Take the explorer's newest result; called while hidden too, so it is to be quick."""

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""

    def figures(self) -> Sequence[Figure]:
        """The figures on screen, as values; none while nothing has been measured."""
        return ()

    def table(self) -> Table | None:
        """The numbers on screen, or None: by default those of the first figure."""
        figures = self.figures()
        return table_of(figures[0]) if figures else None

    @property
    def results(self) -> Sequence[object]:
        """What has been measured and is on screen: a lecture's answers are read from it."""
        return () if self.result is None else (self.result,)

    def begin(self) -> None:
        """Measure what is chosen, if that is to be asked for and can be done now."""

    @property
    def settled(self) -> bool:
        """True if what is on screen is that of what is chosen, and not still to be measured."""
        return True

    def script(self, result: Result | None) -> str:
        """A Python script that computes the numbers on screen anew; ``result`` is the newest.

        Raises:
            NoScript: there is none for them.
        """
        figures, table = self.figures(), self.table()
        if figures and table is not None and figures[0].name in QUOTED:
            one = figures[0]
            return data_script(one.title, f"{QUOTED[one.name]} {one.caption}", table)
        if result is None or not figures:
            raise NoScript("There is nothing to write a script for yet; measure something first")
        return script_of(result, figures[0].name)

    def attribution(self) -> AttributionRequest | None:
        """The attribution that is on screen here, for the network and photo of the explorer."""
        return None

    def choices(self) -> dict[str, Json]:
        """What the user has chosen here, as JSON."""
        return {}

    def restore(self, choices: Mapping[str, Json]) -> None:
        """Take choices from a session file; what is missing or unknown is left as it is."""


@dataclass(frozen=True)
class Entry:
    """One feature: its ``name`` in files, its ``title`` for the user, and ``where`` its class is.

    ``where`` is "module:Class"; the module is imported when the feature is first looked at.
    """

    name: str
    title: str
    where: str

    def load(self) -> type[Any]:
        """The class.

        Raises:
            ImportError, AttributeError: there is none at ``where``.
        """
        module, _, name = self.where.partition(":")
        found: type[Any] = getattr(import_module(module), name)
        return found


def choose(box: QComboBox, value: Json) -> None:
    """Choose the item with that data, if there is one."""
    place = box.findData(value)
    if place >= 0:
        box.setCurrentIndex(place)


def kept_of(controls: Mapping[str, QWidget]) -> dict[str, Json]:
    """What boxes of choices and of numbers, and ticks, hold: for `Feature.choices`."""
    kept: dict[str, Json] = {}
    for name, control in controls.items():
        if isinstance(control, QComboBox):
            kept[name] = control.currentData()
        elif isinstance(control, QSpinBox | QDoubleSpinBox):
            kept[name] = control.value()
        elif isinstance(control, QAbstractButton):
            kept[name] = control.isChecked()
    return kept


def put_back(controls: Mapping[str, QWidget], choices: Mapping[str, Json]) -> None:
    """Take what `kept_of` gave; what is missing or of another kind is left as it is."""
    for name, control in controls.items():
        value = choices.get(name)
        if isinstance(control, QComboBox):
            choose(control, value)
        elif isinstance(control, QAbstractButton):
            if isinstance(value, bool):
                control.setChecked(value)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            continue
        elif isinstance(control, QSpinBox):
            control.setValue(int(value))
        elif isinstance(control, QDoubleSpinBox):
            control.setValue(float(value))


Each = TypeVar("Each")


def for_each(features: Iterable[Each], call: Callable[[Each], object]) -> None:
    """Call each in turn; what one raises is reported and keeps none after it from its turn."""
    for feature in features:
        try:
            call(feature)
        except Exception:
            sys.excepthook(*sys.exc_info())
