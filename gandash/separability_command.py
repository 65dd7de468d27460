"""``python -m gandash separability``: at which block generated images stop passing for real, for any two sets of pictures."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MEASURED = ("error", "low", "high", "p", "chance_low", "chance_high", "control", "control_low", "control_high", "svm", "k_means")
_COUNTED = ("real", "generated", "error_real", "error_generated", "control_first", "control_second")  # what was measured on how many
_COLUMNS = ("block", *_MEASURED, *_COUNTED)


def separability(
    real: Annotated[Path, typer.Option(help="A folder or zip of real pictures, or of any that the others are held against.")],
    generated: Annotated[Path, typer.Option(help="A folder or zip of generated pictures.")],
    out: Annotated[Path, typer.Option(help="Where the table, the coordinates and the figures are written.")] = Path("separability"),
    count: Annotated[int, typer.Option(min=4, max=5000, help="Pictures of each kind, at most.")] = 1000,
    real_count: Annotated[int | None, typer.Option(min=4, max=5000, help="Real pictures, if not as many as --count.")] = None,
    generated_count: Annotated[int | None, typer.Option(min=4, max=5000, help="Generated pictures, if not as many as --count.")] = None,
    layout: Annotated[str, typer.Option(help="Of the maps: tsne or pca.")] = "tsne",
    weights: Annotated[str, typer.Option(help="What to look through: embedded, or imagenet where its weights are here.")] = "embedded",
    seed: Annotated[int, typer.Option(min=0, help="Draws folds and shuffles, and starts the maps.")] = 0,
) -> None:
    """Tell at which block of a ResNet-18 generated pictures stop passing for real: prints the table, writes it with the figures."""
    from pydantic import ValidationError

    from gandash.analyses._folders import PictureSet
    from gandash.analyses._two_sample_test import reading
    from gandash.embedding_maps import EmbeddingOptions, compute, kept
    from gandash.embedding_sources import OfPictures
    from gandash.features.resnet18 import WeightsUnavailable
    from gandash.plots.printed import NoBrowser, write_png

    try:
        counts = {"real_count": real_count or count, "generated_count": generated_count or count}
        options = EmbeddingOptions(**counts, layout=layout, weights=weights, seed=seed)
        source = OfPictures(PictureSet.at(real.expanduser()), PictureSet.at(generated.expanduser()))
        found = kept(source, options) or compute(source, options, _tell)
    except ValidationError as error:
        sys.exit("; ".join(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors()))
    except (ValueError, WeightsUnavailable) as error:
        sys.exit(str(error))
    print(f"\r{'':100}\r", end="", file=sys.stderr)
    told = reading(found.tests, found.kinds) if found.tests else "There are too few pictures to learn from some and ask of others."
    rows = table(found)
    print(as_text(found, rows), "", told, *found.notes, sep="\n")
    out.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (out / "separability.csv").write_text(text.getvalue(), encoding="utf-8")
    (out / "maps.csv").write_bytes(found.csv())
    figures = drawn(found)
    for name, figure in figures.items():
        figure.write_html(out / f"{name}.html", include_plotlyjs="directory")  # one copy of the library beside them: no network needed
    pictures = [f"{name}.png" for name in figures]
    try:
        write_png({out / f"{name}.png": figure for name, figure in figures.items()})
    except NoBrowser as error:
        pictures, why = [], f"\nThe figures were written as HTML only: {error}."
    else:
        why = ""
    print(f"\nWritten to {out}: {', '.join(['separability.csv', 'maps.csv', *(f'{name}.html' for name in figures), *pictures])}{why}")


def table(found) -> list[dict[str, float | str]]:
    """A row a block; what could not be measured is empty."""
    rows = []
    for block, study in found.errors.items():
        row: dict[str, float | str] = dict.fromkeys(_COLUMNS, "") | {"block": block, "svm": study.svm_error, "k_means": study.kmeans_error}
        row |= {"real": study.real, "generated": study.generated}
        if test := found.tests.get(block):
            error, chance, control = test.error, test.chance, test.control
            row |= {"error": error.error, "low": error.low, "high": error.high, "p": test.p_value}
            row |= {"chance_low": chance.low, "chance_high": chance.high}
            row |= {"control": control.error, "control_low": control.low, "control_high": control.high}
            row |= dict(zip(_COUNTED[2:], (*error.counts, *control.counts), strict=True))
        rows.append(row)
    return rows


def drawn(found) -> dict[str, go.Figure]:
    """The figures by their files' names, each with the words that it needs where it stands alone."""
    from gandash.analyses.separability import chart
    from gandash.plots.maps import maps_figure
    from gandash.plots.printed import printed

    counts = [int((found.is_generated == kind).sum()) for kind in (False, True)]
    first, second = found.kinds
    seen = f"{counts[0]:,} {first} and {counts[1]:,} {second} pictures, seen through the {found.weights} ResNet-18"
    errors = chart(found.errors, found.tests, found.kinds, study=("SVM, on the points it learned from", "k-means, two clusters"))
    errors.update_xaxes(title="after block")
    errors.update_yaxes(title="error (guessing: 50 %)", ticklabelposition="outside")
    below = f"{seen}; whiskers: 95 % intervals" if found.tests else seen
    errors = printed(errors, f"How often {first} and {second} pictures are taken for each other", below, 900, 580)
    maps = maps_figure(found.coordinates, found.is_generated, found.kinds)
    axes = ("t-SNE 1", "t-SNE 2") if found.layout == "tsne" else ("1st component", "2nd component")
    maps.update_xaxes(title=axes[0], title_standoff=6, showgrid=False)
    maps.update_yaxes(showgrid=False).update_yaxes(title=axes[1], title_standoff=6, col=1)
    how = f"t-SNE, perplexity {found.perplexity:.3g}" if found.layout == "tsne" else "principal components"
    maps = printed(maps, f"{first.capitalize()} and {second} pictures after each block", f"{seen}; {how}, {found.metric}", 1400, 500)
    return {"separability": errors, "maps": maps}


def as_text(found, rows: list[dict[str, float | str]]) -> str:
    """The table for a terminal."""
    counts = [int((found.is_generated == kind).sum()) for kind in (False, True)]
    lines = [
        f"{counts[0]} {found.kinds[0]} and {counts[1]} {found.kinds[1]} pictures, seen through the {found.weights} ResNet-18",
        "",
        f"{'':8}{'SVM, cross-validated':>24}{'p':>7}{'chance':>16}{'real against real':>22}{'study: SVM':>13}{'k-means':>9}",
    ]
    for row in rows:
        measured = {name: "-" if row[name] == "" else f"{row[name]:.3f}" for name in _MEASURED}
        error = f"{measured['error']} ({measured['low']}, {measured['high']})"
        control = f"{measured['control']} ({measured['control_low']}, {measured['control_high']})"
        chance = f"{measured['chance_low']} to {measured['chance_high']}"
        p = "-" if row["p"] == "" else f"{row['p']:.2f}"
        lines.append(f"{row['block']:8}{error:>24}{p:>7}{chance:>16}{control:>22}{measured['svm']:>13}{measured['k_means']:>9}")
    lines += [
        "",
        "Errors: the mean of both kinds' own; 0.5 is guessing. The study's SVM is measured on the points that it learned from, and depends "
        "on the features' scale.",
    ]
    return "\n".join(lines)


def _tell(done: float, what: str) -> None:
    print(f"\r{done:4.0%} {what:90.90}", end="", file=sys.stderr, flush=True)
