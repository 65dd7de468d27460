"""What does a GAN add to a mean and a covariance? Principal components as a generative model, scored as the GAN is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from gandash import registry
from gandash.analyses import Progress
from gandash.analyses._embeddings import part_of
from gandash.analyses._pictures import stand_in
from gandash.analyses._scores import Measured, Number, OfImages, ScoreOptions, Subject, no_classes, subject_of
from gandash.features import reference
from gandash.features.looking import EMBEDDED
from gandash.randomness import derive

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from gandash.features.measures import Measure
    from gandash.runs import Run, Snapshot

SHEET = 64  # samples shown of each kind
MOST_NUMBERS = 120_000_000  # pixel values that components are found from: half a gigabyte
FEW = 1000  # samples below which neighbourhoods are coarse and the FID mostly its bias

_ASKS = {
    "inception_score": ("Inception score", "higher", "Is each image clearly of one class, and do the classes come evenly?"),
    "fid": ("FID", "lower", "Do the features have the mean and the covariance of real ones'?"),
    "kid": ("KID", "lower", "The same question without assuming a Gaussian, and without the bias of small samples."),
    "precision": ("Precision", "higher", "Which share of the samples lies where real images lie?"),
    "recall": ("Recall", "higher", "Which share of the real images lies where samples lie?"),
    "coverage": ("Coverage", "higher", "Which share of the real images has a sample close by?"),
}


@dataclass(frozen=True, eq=False)
class PrincipalGaussian:
    """A Gaussian over images: free along ``components``, without any spread across them. In units of pixels, 0 to 255."""

    mean: np.ndarray  # float32 (D,)
    components: np.ndarray  # float32 (K, D), orthonormal
    deviations: np.ndarray  # float32 (K,): standard deviation along each
    kept: float  # share of the images' variance, in [0, 1]

    def draw(self, count: int, seed: int) -> np.ndarray:
        """Samples ``float32 (count, D)``, not yet cut off at black and white."""
        random = np.random.default_rng(derive(seed, "principal components"))
        along = random.standard_normal((count, len(self.deviations)), np.float32) * self.deviations
        return self.mean + along @ self.components


def fit(images: np.ndarray, components: int) -> PrincipalGaussian:
    """The Gaussian that has the mean of images ``(N, ...)`` and their covariance along the first ``components`` principal axes.

    Fewer where the images span fewer. Raises ``ValueError`` for fewer than two images.
    """
    from sklearn.decomposition import PCA

    if len(images) < 2:
        raise ValueError("Principal components need at least two images.")
    flat = images.reshape(len(images), -1).astype(np.float32)
    mean = flat.mean(0, dtype=np.float64).astype(np.float32)
    flat -= mean  # near zero, squares keep their digits
    found = PCA(min(components, len(flat) - 1, flat.shape[1]), random_state=0).fit(flat)
    deviations = np.sqrt(found.explained_variance_).astype(np.float32)
    return PrincipalGaussian(mean + found.mean_, found.components_, deviations, float(found.explained_variance_ratio_.sum()))


class PcaBaseline(OfImages):
    """Draws images from a Gaussian over as many principal components as the latent has numbers, and scores them beside the GAN's.

    Principal components as a linear generator with a Gaussian latent: Tipping and Bishop 1999, "Probabilistic principal component
    analysis", here without its noise, as a generator has none.
    """

    title = "PCA as a generative model"
    family = "scores"
    order = 62

    class Options(registry.Options):
        count: int = Field(2000, ge=100, le=20_000, title="Samples", description="Of PCA and of the GAN alike.")
        components: int = Field(0, ge=0, le=4096, title="Components", description="0: as many as the latent has numbers.")
        seed: int = Field(0, ge=0, lt=2**31, title="Seed", description="Draws the samples of both.")

    options: Options

    def look(self, run: Run, snapshot: Snapshot, progress: Progress | None) -> Measured:
        from gandash.features import extractors
        from gandash.plots.sheets_side_by_side import sheet_uri

        options = ScoreOptions(count=self.options.count, seed=self.options.seed)
        gan = subject_of(run, snapshot, options, part_of(progress, 0.0, 0.45))
        dataset, note = stand_in(run.config)
        train = dataset.train().images
        if progress:
            progress(0.45, f"Principal components of {len(train):,} images")
        most = max(2, MOST_NUMBERS // int(np.prod(train.shape[1:])))
        chosen = np.sort(np.random.default_rng(0).permutation(len(train))[:most])
        model = fit(train[chosen], self.options.components or run.config.latent_dim)
        drawn = as_pictures(model.draw(self.options.count, self.options.seed), train.shape[1:])
        images = reference.seen(drawn, dataset)
        features, logits = extractors.look(EMBEDDED, images, gan.reader, part_of(progress, 0.5, 0.9, "Samples of PCA"))
        if progress:
            progress(0.9, "Scores of both")
        both = [_scores(features, logits, gan), _scores(gan.features, gan.logits, gan)]
        detail: dict[str, Any] = {
            "sheets": {
                f"PCA, {len(model.deviations)} components": sheet_uri(drawn[:SHEET]),
                "This GAN": sheet_uri(gan.images[:SHEET]),
            },
            "heads": {"value": "PCA", "beside": "This GAN", "real": "Real"},
            "notes": _notes(note, gan, model, run, len(chosen)),
        }
        return Measured(_numbers(*both, gan), detail, reading(*both))

    def figure(self, result: Measured) -> go.Figure:
        """A sheet of each."""
        from gandash.plots.sheets_side_by_side import sheets_figure

        return sheets_figure(result.detail["sheets"])


def as_pictures(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """``float32 (N, D)`` in units of pixels -> ``uint8 (N, C, H, W)``: what is beyond black or white is cut off."""
    return np.rint(values).clip(0, 255).astype(np.uint8).reshape(-1, *shape)


def _scores(features: np.ndarray, logits: np.ndarray | None, gan: Subject) -> dict[str, Measure]:
    from gandash.features import measures

    found = reference.measured(features, gan.reference)
    if logits is not None:
        found["inception_score"] = measures.inception(logits)
    return {name: found[name] for name in _ASKS if name in found}


def _numbers(pca: dict[str, Measure], gan: dict[str, Measure], of: Subject) -> tuple[Number, ...]:
    warning = f"Of {len(of):,} samples, the FID is mostly bias and neighbourhoods are coarse." if len(of) < FEW else ""
    return tuple(
        Number(
            f"pca_{name}",
            _ASKS[name][0],
            measure.value,
            measure.spread,
            measure.how,
            of.reference.ceiling(name, len(of)),
            len(of),
            _ASKS[name][1],
            _ASKS[name][2],
            warning,
            gan[name].value,
        )
        for name, measure in pca.items()
    )


def reading(pca: dict[str, Measure], gan: dict[str, Measure]) -> str:
    """Who is better at what, where the difference is more than the two spreads."""
    won, lost, level = [], [], []
    for name, measure in pca.items():
        ahead = (gan[name].value - measure.value) * (1 if _ASKS[name][1] == "higher" else -1)
        sure = 2 * float(np.hypot(gan[name].spread, measure.spread))
        (won if ahead > sure else lost if ahead < -sure else level).append(_ASKS[name][0])
    told = []
    if won:
        told.append(f"The GAN is better in {_listed(won)}")
    if lost:
        told.append(f"{'P' if not won else 'p'}rincipal components are better in {_listed(lost)}")
    if level:
        told.append(f"{'n' if told else 'N'}o difference can be told in {_listed(level)}")
    means = ""
    if "Recall" in lost:
        means = " A Gaussian spreads over everything, which recall rewards: it asks only whether real images lie among samples."
    return "; ".join(told) + "." + means


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _notes(note: str, gan: Subject, model: PrincipalGaussian, run: Run, images: int) -> list[str]:
    told = [
        f"{len(model.deviations)} components of {images:,} images keep {model.kept:.1%} of their variance. Against {gan.reference.title}."
    ]
    if len(model.deviations) != run.config.latent_dim:
        told.append(f"The latent has {run.config.latent_dim} numbers.")
    if no := no_classes(run.config.part("dataset")):
        told.append(f"No Inception score: {no}")
    return [*told, *([note] if note else [])]
