"""Scores of features and of logits, each a number with its spread: torch-fidelity's where it has them, ours where it has not.

Features are ``float32 (N, D)`` of generated and ``(M, D)`` of real images, logits ``float32 (N, K)``; nothing here knows where from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import KEY_METRIC_ISC_MEAN, KEY_METRIC_ISC_STD, isc_features_to_metric
from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, KEY_METRIC_KID_STD, kid_features_to_metric
from torch_fidelity.metric_prc import KEY_METRIC_PRECISION, KEY_METRIC_RECALL, prc_features_to_metric

SPLITS = 10  # of the Inception score, as in the paper
SUBSETS, SUBSET = 100, 1000  # of the KID, and how many images one holds at most, as in the paper's code
NEIGHBOURS_PRECISION = 3  # Kynkäänniemi et al. 2019
NEIGHBOURS_DENSITY = 5  # Naeem et al. 2020
GROUPS = 10  # that the jackknife leaves out, one after the other
JACKKNIFE = f"standard error, by a jackknife over {GROUPS} parts"


@dataclass(frozen=True)
class Measure:
    """A score and how far it would differ another time; ``how`` says how that was found."""

    value: float
    spread: float
    how: str


Statistics = Mapping[str, np.ndarray]  # "mu" float32 (D,), "sigma" float64 (D, D)


def statistics(features: np.ndarray) -> Statistics:
    """Mean and covariance, as torch-fidelity takes them."""
    return fid_features_to_statistics(_tensor(features))


def inception(logits: np.ndarray) -> Measure:
    """The Inception score: mean and standard deviation over ten splits (Salimans et al. 2016). From 1 to K, higher is better."""
    splits = min(SPLITS, len(logits))
    found = isc_features_to_metric(_tensor(logits), splits)
    return Measure(found[KEY_METRIC_ISC_MEAN], found[KEY_METRIC_ISC_STD], f"standard deviation over {splits} splits")


def evenness_and_doubt(logits: np.ndarray) -> tuple[float, float]:
    """The two halves of the Inception score, taken over all images at once: score = evenness / doubt.

    Evenness is the number of equally frequent classes that would be as even as these, doubt that of the equally likely ones that would
    leave the classifier as much in doubt about an image: ``exp`` of the entropy of the mean, and of the mean entropy. Both from 1 to K.
    """
    logs = _tensor(logits).double().log_softmax(1)
    mean = logs.exp().mean(0)
    entropy = -torch.xlogy(mean, mean).sum()
    doubt = -(logs.exp() * logs).sum(1).mean()
    return float(entropy.exp()), float(doubt.exp())


def frechet(features: np.ndarray, real: Statistics, spread: bool = True) -> Measure:
    """The Fréchet distance of two Gaussians that have the features' means and covariances (Heusel et al. 2017). Lower is better.

    Here as below, the spread takes most of the time and can be left out: then it is NaN.
    """

    def distance(part: np.ndarray) -> float:
        return fid_statistics_to_metric(statistics(part), real, False)[KEY_METRIC_FID]

    error = jackknife(lambda kept: (distance(features[kept[0]]),), (len(features),))[0] if spread else np.nan
    return Measure(distance(features), error, JACKKNIFE)


def kernel(features: np.ndarray, real: np.ndarray, subsets: int = SUBSETS) -> Measure:
    """The kernel distance: the squared maximum mean discrepancy under a cubic kernel, unbiased (Bińkowski et al. 2018). Lower is better.

    A subset holds no more than half of either kind, so that subsets differ.
    """
    size = max(2, min(SUBSET, len(features) // 2, len(real) // 2))
    found = kid_features_to_metric(_tensor(features), _tensor(real), kid_subsets=subsets, kid_subset_size=size, verbose=False)
    return Measure(found[KEY_METRIC_KID_MEAN], found[KEY_METRIC_KID_STD], f"standard deviation over {subsets} subsets of {size}")


def precision_recall(features: np.ndarray, real: np.ndarray, spread: bool = True) -> tuple[Measure, Measure]:
    """Precision and recall of the manifolds of nearest neighbours (Kynkäänniemi et al. 2019). In [0, 1], higher is better.

    Precision is the share of generated images that lie within the real ones' neighbourhoods, recall the share of real images that lie
    within the generated ones'.
    """

    def both(kept: tuple[np.ndarray, ...]) -> tuple[float, ...]:
        found = prc_features_to_metric(
            _tensor(features[kept[0]]), _tensor(real[kept[1]]), prc_neighborhood=NEIGHBOURS_PRECISION, verbose=False
        )
        return found[KEY_METRIC_PRECISION], found[KEY_METRIC_RECALL]

    return _pair(both, len(features), len(real), spread)


def density_coverage(
    features: np.ndarray, real: np.ndarray, spread: bool = True, neighbours: int = NEIGHBOURS_DENSITY
) -> tuple[Measure, Measure]:
    """Density and coverage (Naeem et al. 2020, "Reliable fidelity and diversity metrics for generative models"). Higher is better.

    Around each real image lies a ball that reaches to its k-th nearest real neighbour. Density counts in how many balls a generated image
    lies, over k: about 1 for real images, more where samples crowd. Coverage is the share of the balls that hold a generated image.
    """
    between = torch.cdist(_tensor(real), _tensor(features))  # (M, N)
    within = torch.cdist(_tensor(real), _tensor(real))

    def both(kept: tuple[np.ndarray, ...]) -> tuple[float, ...]:
        rows, columns = torch.from_numpy(kept[1]), torch.from_numpy(kept[0])
        radii = within[rows][:, rows].kthvalue(neighbours + 1, dim=1).values  # the nearest is the image itself
        inside = between[rows][:, columns] < radii[:, None]
        return inside.sum(0).double().mean().item() / neighbours, inside.any(1).double().mean().item()

    return _pair(both, len(features), len(real), spread)


def jackknife(measure: Callable[[tuple[np.ndarray, ...]], tuple[float, ...]], lengths: tuple[int, ...]) -> tuple[float, ...]:
    """Standard errors of what ``measure`` gives for index arrays, one a sample: a tenth of each sample is left out in turn.

    Unlike a bootstrap it repeats no image: scores of neighbours take an image that comes twice for its own neighbour. Of the Fréchet
    distance of 2,000 images it gave two thirds of the true spread far from the real images, and twice the true one beside them.
    Efron and Stein 1981, "The jackknife estimate of variance", with groups.
    """
    found = []
    for group in range(GROUPS):
        found.append(measure(tuple(np.flatnonzero(np.arange(length) % GROUPS != group) for length in lengths)))
    values = np.asarray(found)
    return tuple(np.sqrt((GROUPS - 1) / GROUPS * ((values - values.mean(0)) ** 2).sum(0)).tolist())


def _pair(both: Callable[[tuple[np.ndarray, ...]], tuple[float, ...]], generated: int, real: int, spread: bool) -> tuple[Measure, Measure]:
    values = both((np.arange(generated), np.arange(real)))
    errors = jackknife(both, (generated, real)) if spread else (np.nan, np.nan)
    one, other = (Measure(value, error, JACKKNIFE) for value, error in zip(values, errors, strict=True))
    return one, other


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
