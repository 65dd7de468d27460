"""A run is a directory. This is the only code that knows a file name in it.

    store       where runs live: all, get, create, fork, delete
    run         reading one: its config, status, snapshots, metrics
    recorder    writing one, from the training process
    weights     safetensors <-> networks
    files       JSON replaced atomically, logs read while they are written

No torch is loaded before weights are asked for.
"""

from gandash.runs.files import DamagedFile
from gandash.runs.run import ALIVE, Run, Snapshot, Status
from gandash.runs.store import RunNotFound, all, create, delete, fork, get, root, shipped_root, unreadable

__all__ = [
    "ALIVE",
    "DamagedFile",
    "Run",
    "RunNotFound",
    "Snapshot",
    "Status",
    "all",
    "create",
    "delete",
    "fork",
    "get",
    "root",
    "shipped_root",
    "unreadable",
]
