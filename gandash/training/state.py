"""What a run can be resumed from: every tensor that the next step depends on, by name.

Random numbers are not among them: they are a function of the seed and the step.
"""

from __future__ import annotations

import json

import torch

from gandash.assembly import Game


class StateMismatch(ValueError):
    """A state that does not belong to this game."""


def state_tensors(game: Game) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """The game's tensors by name, and what is not a tensor as text: step, seconds, settings of optimisers and precision."""
    tensors: dict[str, torch.Tensor] = {}
    texts = {"step": str(game.step), "seconds": repr(game.seconds)}
    for role in ("generator", "discriminator"):
        tensors |= _prefixed(role, getattr(game, role).state_dict())
        state = _bare(getattr(game, f"{role}_optimiser")).state_dict()
        texts[f"{role}_optimiser"] = json.dumps(state["param_groups"])
        for index, values in state["state"].items():
            kept = {name: value for name, value in values.items() if value is not None}
            tensors |= _prefixed(f"{role}_optimiser.{index}", kept)
    for trick in game.tricks:
        tensors |= _prefixed(f"tricks.{trick.name}", trick.state_dict())
    if scaling := game.fabric.strategy.precision.state_dict():  # of 16-mixed: by what gradients are multiplied, and when that grows
        texts["precision"] = json.dumps(scaling)
    return {name: tensor.detach() for name, tensor in tensors.items()}, texts


def restore(game: Game, tensors: dict[str, torch.Tensor], texts: dict[str, str]) -> None:
    """Put the game where :func:`state_tensors` found it. Raises :class:`StateMismatch` if it does not fit: then do not play on."""
    known = tuple(f"{role}{end}" for role in ("generator", "discriminator") for end in (".", "_optimiser.")) + tuple(
        f"tricks.{trick.name}." for trick in game.tricks
    )
    if game.config.parent is not None:
        known += ("tricks.",)  # a fork may have dropped a trick; what that remembered is of no use to it
    strange = [name for name in tensors if not name.startswith(known)]
    if strange:
        raise StateMismatch(f"The state holds tensors of something that this run does not have: {', '.join(strange[:5])}.")
    for role in ("generator", "discriminator"):
        network = getattr(game, role)
        try:
            network.load_state_dict(_under(role, tensors))
        except RuntimeError as error:
            raise StateMismatch(f"The state does not fit this run's {role}: {error}") from error
        _restore_optimiser(_bare(getattr(game, f"{role}_optimiser")), _under(f"{role}_optimiser", tensors), texts[f"{role}_optimiser"])
    for trick in game.tricks:
        trick.load_state_dict(_under(f"tricks.{trick.name}", tensors))
    if "precision" in texts:  # not in older states, nor in those of a parent in full precision: then the scale begins anew
        game.fabric.strategy.precision.load_state_dict(json.loads(texts["precision"]))
    game.step, game.seconds = int(texts["step"]), float(texts["seconds"])


def _restore_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, torch.Tensor], groups: str) -> None:
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        index, key = name.split(".", 1)
        parameter = parameters[int(index)]
        # fused optimisers walk through a parameter and its moments side by side: they must lie in memory in the same order
        laid_out = torch.empty_like(parameter).copy_(value) if value.shape == parameter.shape and value.ndim else value
        state.setdefault(int(index), {})[key] = laid_out
    # the settings are the config's, which a fork may have changed; the saved ones only name the parameters
    saved = json.loads(groups)
    current = optimiser.state_dict()["param_groups"]
    if [group["params"] for group in saved] != [group["params"] for group in current]:
        raise StateMismatch("The state's optimiser has other parameters than this run's.")
    optimiser.load_state_dict({"state": state, "param_groups": current})


def _bare(optimiser) -> torch.optim.Optimizer:
    return getattr(optimiser, "optimizer", optimiser)  # Fabric wraps optimisers


def _prefixed(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _under(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    start = prefix + "."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
