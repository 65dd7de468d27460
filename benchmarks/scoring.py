"""All scores of 5,000 samples of ``mnist-dcgan`` against what none can do without: drawing samples and looking at them once."""

from __future__ import annotations

import time

RUN, COUNT = "mnist-dcgan", 5000


def main() -> None:
    """Print the table. Nothing that was kept of an earlier run is used."""
    from gandash import analyses, runs, scores
    from gandash.analyses._pictures import samples
    from gandash.features import extractors, reference, resnet18

    run = runs.get(RUN)
    snapshot = run.snapshot()
    networks, dataset = run.networks(snapshot), run.config.part("dataset")
    head = resnet18.head_for(run.config.dataset.name)
    extractors.extract("embedded", reference.seen(samples(networks, 100, 1).images, dataset), head)  # warm

    start = time.perf_counter()
    drawn = samples(networks, COUNT, 1)
    between = time.perf_counter()
    extractors.extract("embedded", reference.seen(drawn.images, dataset), head)
    least = time.perf_counter() - start
    begun = time.perf_counter()
    for name in scores.names():
        score = analyses.parts[name]({"count": COUNT, "seed": 2})
        if score.suits(run.config) is None:
            score.run(run, snapshot)
    whole = time.perf_counter() - begun
    print(f"{COUNT:,} samples of {run.title}: {whole:.1f} s for all scores ({COUNT / whole:.0f} samples/s)")
    looking = least - (between - start)
    print(f"  drawing takes {between - start:.1f} s and looking {looking:.1f} s: all scores take {whole / least:.2f} times as long")


if __name__ == "__main__":
    main()
