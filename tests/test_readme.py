"""What the README says of the networks that come with the program is what their cards say."""

from __future__ import annotations

from pathlib import Path

from resnet_viz.figures.degradation_words import ending, twins_table
from resnet_viz.networks import catalog
from resnet_viz.networks.cards import TrainingCard, read_card

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
NETWORKS = ("resnet20", "resnet56", "plain20", "plain56")


def cards() -> list[TrainingCard]:
    return [read_card(catalog.find(name)) for name in NETWORKS]


def table_of(text: str, first: str) -> list[tuple[str, ...]]:
    """The rows of the table whose first column is called ``first``, its titles among them."""
    rows: list[tuple[str, ...]] = []
    for line in text.splitlines():
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        if rows and not line.strip().startswith("|"):
            break
        if rows or cells[0] == first:
            rows.append(cells)
    return [row for row in rows if set(row[0]) != {"-"}]


def test_the_table_of_the_networks_is_that_of_their_cards() -> None:
    wanted = twins_table(cards())
    rows = [wanted.columns, *(tuple(map(str, row)) for row in wanted.rows)]
    lines = [f"  | {' | '.join(row)} |" for row in rows]
    assert table_of(README, "network") == rows, "the README needs:\n" + "\n".join(lines)


def test_the_sentences_about_the_recipe_are_those_of_the_cards() -> None:
    text = " ".join(README.split())
    epochs = {card.epochs for card in cards()}
    assert len(epochs) == 1
    assert f"the same recipe of {epochs.pop()} epochs" in text
    plain56 = ending(cards()[3])
    assert plain56 is not None
    assert ("Plain-56 was still learning when its training ended" in text) == (not plain56.flat)
    newer = bool(cards()[0].fixed_error)
    assert ("mean over the last epoch, on augmented images" in text) == (not newer)
    collapse = cards()[1].collapse
    assert collapse is not None
    assert f"all {collapse['images']:,} test images" in text
    assert f"cross-entropy of {collapse['gradient_images']:,} of them" in text
