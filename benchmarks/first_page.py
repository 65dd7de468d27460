"""From the command that starts the application to the first page with its pictures in the browser: cold, medians."""

from __future__ import annotations

import statistics
import time

from benchmarks.browser import browse, serve

ROUNDS = 5
BAR = 3.0


def main() -> None:
    """Print the table. The browser is there already; the server is started anew each time."""
    seconds = []
    with browse() as page:
        page.goto("about:blank")
        for _ in range(ROUNDS):
            started = time.perf_counter()
            with serve() as (url, _):
                page.goto(url)
                page.get_by_role("heading", name="Overview").wait_for()
                page.wait_for_function("[...document.querySelectorAll('[data-testid=stMain] img')].some(i => i.complete && i.naturalWidth)")
                seconds.append(time.perf_counter() - started)
    print("first page after a cold start, s  (median, all)  at most")
    print(f"{statistics.median(seconds):33.2f}  {' '.join(f'{s:.2f}' for s in seconds)}  {BAR}")


if __name__ == "__main__":
    main()
