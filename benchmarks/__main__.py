"""``python -m benchmarks [NAME ...]``"""

from __future__ import annotations

import pkgutil
import platform
import subprocess
import sys

import benchmarks

HELPERS = ("__main__", "customary_loop", "browser")


def main() -> None:
    """Run each benchmark in a process of its own, so that none warms another up."""
    there = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name not in HELPERS]
    chosen = sys.argv[1:] or there
    if strange := set(chosen) - set(there):
        sys.exit(f"There is no benchmark {', '.join(sorted(strange))}. There are: {', '.join(there)}.")
    print(f"{platform.platform()}, Python {platform.python_version()}")
    failed = []
    for name in chosen:
        title = name.replace("_", " ")
        print(f"\n== {title}", flush=True)
        if subprocess.run([sys.executable, "-c", f"from benchmarks.{name} import main; main()"]).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"These did not finish: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
