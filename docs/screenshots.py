"""The README's pictures, made from the application: ``python -m docs.screenshots [RUN] [--every]``.

``--every`` takes each page in light and dark, at 1280 by 720 and at a phone's width, into ``test-output/``, to be looked at.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.browser import PROJECT, SETTLED, browse, serve

PAGES = ("overview", "train", "evolution", "latent_space", "discriminator", "embeddings", "scores", "classifier", "compare")


def main() -> None:
    """Take them one after the other over the runs that there are."""
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    run = arguments[0] if arguments else "mnist-dcgan"
    every = "--every" in sys.argv
    folder = PROJECT / ("test-output" if every else "docs")
    folder.mkdir(exist_ok=True)
    shots = [("light", 1280, 720)]
    if every:
        shots += [("dark", 1280, 720), ("light", 390, 844), ("dark", 390, 844)]
    with serve() as (url, _):
        for scheme, width, height in shots:
            with browse(width, height) as page:
                page.emulate_media(color_scheme=scheme)
                for name in PAGES:
                    shoot(
                        page, f"{url}/{'' if name == 'overview' else name}?run={run}", folder / file_name(name, scheme, width, every), every
                    )


def file_name(name: str, scheme: str, width: int, every: bool) -> str:
    return f"{name}-{scheme}-{width}.png" if every else f"{name}.png"


def shoot(page, address: str, path: Path, whole: bool) -> None:
    """Wait until the page has nothing more to do, then take it."""
    page.goto(address)
    page.locator(SETTLED).wait_for()
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner]')")
    compute = page.get_by_role("button", name="Compute")
    if compute.count() and path.stem == "embeddings":  # the maps are made when they are asked for; scores of shipped runs are there
        compute.click()
        page.get_by_role("button", name="Coordinates (CSV)").wait_for(timeout=300_000)
    page.wait_for_timeout(4000)  # pictures are drawn on canvases, which tell nobody when they are done
    page.screenshot(path=path, full_page=whole)
    print(path.name, flush=True)


if __name__ == "__main__":
    main()
