"""How far the cloud of generated images lies from that of real ones in a network's features: Fréchet and kernel distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gandash.analyses._scores import Measured, Number, Score, Subject

if TYPE_CHECKING:
    import plotly.graph_objects as go

STEPS = (1, 2, 4, 8, 16)  # of the samples, a first, a half, a quarter ... show how the distance depends on their number
FEW = 1000  # samples below which subsets of the kernel distance overlap much


class FeatureDistances(Score):
    """Measures how far generated images lie from real ones in a network's features: 0 would be the same distribution.

    Fréchet distance (FID): Heusel et al. 2017, "GANs trained by a two time-scale update rule converge to a local Nash equilibrium".
    Kernel distance (KID): Bińkowski et al. 2018, "Demystifying MMD GANs". Both computed by torch-fidelity.
    """

    title = "Fréchet and kernel distance"
    family = "scores"
    order = 2

    def measure(self, subject: Subject) -> Measured:
        from gandash.features import measures

        against, count = subject.reference, len(subject)
        fid = measures.frechet(subject.features, against.statistics)
        kid = measures.kernel(subject.features, against.features)
        sizes = sorted({count} | {count // step for step in STEPS if count // step >= 100})
        by_size = [[size, measures.frechet(subject.features[:size], against.statistics, spread=False).value] for size in sizes]
        numbers = (
            Number(
                "fid",
                "FID",
                fid.value,
                fid.spread,
                fid.how,
                against.ceiling("fid", count),
                count,
                "lower",
                "Do the features of all samples have the mean and the covariance of real ones'?",
                _too_few(count, against.facts["images"], subject.features.shape[1]),
            ),
            Number(
                "kid",
                "KID",
                kid.value,
                kid.spread,
                kid.how,
                against.ceiling("kid", count),
                count,
                "lower",
                "The same question without assuming a Gaussian, and without the bias of small samples.",
                f"Subsets of {count:,} samples overlap, so the spread is too small." if count < FEW else "",
            ),
        )
        detail = {"by_size": by_size, "real": [[size, value] for size, value in sorted(against.ceilings.get("fid", {}).items())]}
        low, high = by_size[0], by_size[-1]
        reading = (
            f"Of {low[0]:,} samples the FID is {low[1]:.3g}, of {high[0]:,} it is {high[1]:.3g}, and nothing else has changed: "
            "compare it only between equal numbers of samples."
        )
        return Measured(numbers, detail, reading if len(by_size) > 1 else "")

    def figure(self, result: Measured) -> go.Figure:
        """The Fréchet distance over the number of samples."""
        from gandash.plots.distance_by_size import distance_by_size_figure

        return distance_by_size_figure(result.detail["by_size"], result.detail["real"])


def _too_few(generated: int, real: int, dimensions: int) -> str:
    """Why a covariance of so many images means little."""
    few, whose = min((generated, "samples"), (real, "real images"))
    if few <= dimensions:
        return (
            f"{few:,} {whose} span no more than {few - 1:,} of the {dimensions} dimensions of a feature: "
            "the covariance is singular and the FID mostly its bias."
        )
    if few < 2 * dimensions:
        return f"{few:,} {whose} for {dimensions} dimensions: the FID is largely bias. It needs several times as many."
    return ""
