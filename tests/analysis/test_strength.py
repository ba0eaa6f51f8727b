"""The sweep of the skips' strength against single passes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viz.analysis.probe import probe
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.strength import run
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Snapshot
from resnet_viz.results.strength import EVEN, FINE, StrengthRequest, StrengthResult
from resnet_viz.results.task import Cancelled, Progress, TaskError
from tests import fakes

SNAPSHOT = Snapshot("resnet20", fakes.photo(), device="cpu")
STRENGTHS = (0.0, 0.3, 0.5, 1.0)
ALL = tuple(f"layer{stage}.{index}" for stage in (1, 2, 3) for index in range(3))


def sweep(request: StrengthRequest, session: Session | None = None) -> list[StrengthResult]:
    context = TaskContext(session or Session(), list, lambda: False)
    return [update for update in run(request, context) if isinstance(update, StrengthResult)]


@pytest.mark.parametrize("blocks", [ALL, ALL[3:6], ALL[4:5]], ids=["all", "stage", "block"])
def test_each_point_is_the_pass_with_those_gates(blocks: tuple[str, ...]) -> None:
    session = Session()
    *_, result = sweep(StrengthRequest(SNAPSHOT, blocks, STRENGTHS), session)
    assert [point.strength for point in result.points] == [1.0, 0.5, 0.3, 0.0]
    assert result.watched == ("stem", "layer1.0", "layer2.0", "layer3.0")
    subject = session.subject(SNAPSHOT)
    for point in result.points:
        subject.gates.set(GateSettings.of(dict.fromkeys(blocks, point.strength)))
        direct = probe(subject.network, subject.gates, subject.image, result.target)
        norms = tuple(direct.block(name).gradient_norm for name in result.watched)
        assert point.gradient_norms == norms
        assert point.top == direct.probabilities.argmax()
        assert point.top_probability == pytest.approx(direct.probabilities.max())
        assert point.target_probability == pytest.approx(direct.probabilities[result.target])


def test_the_ends_are_the_explorers_passes() -> None:
    session = Session()
    *_, result = sweep(StrengthRequest(SNAPSHOT, ALL, STRENGTHS), session)
    explorer = session.run(replace(SNAPSHOT, gates=GateSettings().with_skips(ALL, 0.0)))
    assert result.target == explorer.all_on.target
    for strength, seen in ((1.0, explorer.all_on), (0.0, explorer.now)):
        point = result.at(strength)
        assert point is not None
        assert point.gradient_norms[0] == seen.block("stem").gradient_norm
        assert point.target_probability == pytest.approx(seen.probabilities[seen.target])
    assert result.at(0.25) is None


def test_it_grows_by_a_point_each_and_ignores_the_gates_of_the_explorer() -> None:
    closed = replace(SNAPSHOT, gates=GateSettings().with_skips(ALL, 0.0), target=7)
    found = sweep(StrengthRequest(closed, ALL[:1], STRENGTHS))
    assert [len(result.points) for result in found] == [1, 2, 3, 4]
    assert found[-1].target == 7
    *_, other = sweep(StrengthRequest(replace(SNAPSHOT, target=7), ALL[:1], STRENGTHS))
    assert other.points == found[-1].points


def test_it_can_be_cancelled_and_says_what_it_does() -> None:
    stop = False
    context = TaskContext(Session(), list, lambda: stop)
    updates = run(StrengthRequest(SNAPSHOT, ALL, STRENGTHS), context)
    said = [next(updates), next(updates)]
    assert said[-1] == Progress("Strength 1, 1 of 4 passes", 0, 4)
    stop = True
    with pytest.raises(Cancelled):
        next(updates)


def test_a_plain_network_has_nothing_to_sweep() -> None:
    plain = replace(SNAPSHOT, network="plain20", weights=WeightsChoice("untrained"))
    with pytest.raises(TaskError, match="Plain-20 has no skip at layer1"):
        sweep(StrengthRequest(plain, ("layer1.0",)))
    with pytest.raises(ValueError, match="choose a residual network"):
        StrengthRequest(plain, ())


@pytest.mark.parametrize("strengths", [(0.5, 0.2, 1.0), (0.0, 0.5), (-0.1, 1.0), (0.5, 0.5, 1.0)])
def test_strengths_ascend_to_one(strengths: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="do not ascend within"):
        StrengthRequest(SNAPSHOT, ALL, strengths)


def test_both_ready_made_sweeps_are_in_order() -> None:
    for strengths in (EVEN, FINE):
        assert StrengthRequest(SNAPSHOT, ALL, strengths).strengths[0] == 0.0
    assert len(EVEN) == 21
