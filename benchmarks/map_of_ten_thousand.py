"""t-SNE of 10,000 points: the Embeddings page's against scikit-learn's as it comes, on one thread each."""

from __future__ import annotations

import time

import numpy as np

POINTS, COMPONENTS, NEIGHBOURS = 10_000, 50, 12


def digits() -> np.ndarray:
    """The embedded MNIST digits in their first principal components: ``float64 (10000, 50)``."""
    from sklearn.decomposition import PCA

    from gandash.registry import parts

    images = parts("datasets")["mnist_subset"]().train().images
    images = np.concatenate([images, parts("datasets")["mnist_subset"]().test().images])[:POINTS]
    return PCA(COMPONENTS, random_state=0).fit_transform(images.reshape(len(images), -1) / 255.0)


def main() -> None:
    """Print the table."""
    from sklearn.manifold import TSNE, trustworthiness
    from threadpoolctl import threadpool_limits

    from gandash.analyses.tsne import tsne

    points, first = digits(), []

    def heard(fraction: float, _: str) -> None:
        first.append(time.perf_counter())

    with threadpool_limits(1):
        start = time.perf_counter()
        ours = tsne(points, progress=heard)
        middle = time.perf_counter()
        theirs = TSNE(n_jobs=1, random_state=0).fit_transform(points)
        end = time.perf_counter()
    took = {"the page's": middle - start, "scikit-learn's": end - middle}
    print(f"t-SNE of {len(points):,} digits in {COMPONENTS} components, one thread  (s, trustworthiness of {NEIGHBOURS} neighbours)")
    for (name, seconds), places in zip(took.items(), (ours, theirs), strict=True):
        print(f"  {name:16} {seconds:8.1f} {trustworthiness(points, places, n_neighbors=NEIGHBOURS):10.4f}")
    print(f"  ratio {(end - middle) / (middle - start):.1f} (at least 3 wanted)")
    print(f"  first news of the layout after {first[0] - start:.1f} s (at most 3)")


if __name__ == "__main__":
    main()
