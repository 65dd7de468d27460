"""The command line: ``python -m gandash train|record|list|show|resume|pause|stop|fork|export|evaluate|retrain|delete|download|import``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from gandash import importers, jobs, presets, recording, runs, separability_command
from gandash.assignments import changed
from gandash.config import ConfigError, RunConfig
from gandash.datasets import DatasetUnavailable
from gandash.registry import UnknownPart, parts
from gandash.scores import known_scores

app = typer.Typer(
    help="Train GANs, keep every run, and look into them.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
app.command()(separability_command.separability)

RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, as `list` shows it.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Change a setting, such as epochs=3 or architecture.width=32.")
]
Follow = Annotated[bool, typer.Option(help="Show progress until the run ends; Ctrl-C stops it and saves.")]


@app.command()
def train(
    preset: Annotated[str, typer.Option(help="Start from a preset; `train --preset help` lists them.")] = "",
    config: Annotated[Path | None, typer.Option(help="Start from a file: a config.json of a run, or the config alone.")] = None,
    set_: Set = None,
    follow: Follow = True,
) -> None:
    """Train a new run."""
    if preset == "help":
        for name in presets.names():
            print(f"{name:28} {presets.load(name).title}")
        return
    wanted = presets.load(preset) if preset else _config_file(config) if config else RunConfig()
    run = jobs.start(RunConfig.model_validate(changed(wanted.model_dump(), set_ or [])))
    print(run.id)
    if follow:
        _follow(run)


@app.command("list")
def list_(alive: Annotated[bool, typer.Option(help="Only the runs that train or wait.")] = False) -> None:
    """List all runs, shipped ones first."""
    import pandas

    rows = [
        {
            "run": run.id,
            **run.facts,
            "epochs": f"{run.status.epoch:.1f}",
            "phase": run.status.phase,
            **_scored(run),
            "tag": run.config.story.tag,
        }
        for run in runs.all()
        if not alive or run.status.alive
    ]
    print(pandas.DataFrame(rows).to_string(index=False) if rows else "There are no runs yet: python -m gandash train --preset one-minute")
    for path, problem in runs.unreadable().items():
        print(f"Skipped {path.name}: {problem}", file=sys.stderr)


def _scored(run: runs.Run) -> dict[str, str]:
    """What is known of a run's scores, for a table: classes that its samples cover, and the embedded classifier's Inception score."""
    scores = (known_scores(run) or {}).get("scores", {})
    covered, score = scores.get("modes"), scores.get("inception_score")
    return {
        "coverage": f"{covered['value']:.0f} of {covered['real']:.0f}" if covered else "",
        "Inception score": f"{score['value']:.2f} of {score['real']:.2f}" if score else "",
    }


@app.command()
def record(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Presets to record; all that tell a story without any.")] = None,
    weights: Annotated[int, typer.Option(min=0, help="Snapshots that keep their weights; 0: as many as 4 MB hold.")] = 0,
) -> None:
    """Make the recorded runs in checkpoints/ (again): train what is missing, one after the other; interrupted, it goes on when called."""
    for name in names or recording.names():
        recording.record(name, weights=weights)


@app.command()
def show(run_id: RunId) -> None:
    """Show one run: its settings, where it stands, and its snapshots."""
    run = runs.get(run_id)
    status = run.status
    print(f"{run.title}  ({run.id})\n{status.phase}, step {status.step} of {status.total_steps or '?'}, epoch {status.epoch:.2f}")
    if status.error:
        print(f"error: {status.error}")
    if run.config.story.look_for:
        print(run.config.story.look_for)
    print(json.dumps(run.config.model_dump(mode="json", exclude_defaults=True), indent=1, ensure_ascii=False))
    if metrics := run.metrics():
        print("last logged:", json.dumps(metrics[-1]))
    print("snapshots:", ", ".join(f"{s.step}{'*' if s.has_weights else ''}" for s in run.snapshots) or "none", "  (* with weights)")


@app.command()
def resume(run_id: RunId, step: Annotated[int | None, typer.Option(help="From this step's state.")] = None, follow: Follow = True) -> None:
    """Go on with a run that was stopped, failed or was interrupted; a paused one goes on in its own process."""
    run = runs.get(run_id)
    jobs.unpause(run) if run.status.phase == "paused" and step is None else jobs.resume(run, step)
    if follow:
        _follow(run)


@app.command()
def pause(run_id: RunId) -> None:
    """Let a run wait; `resume` goes on."""
    jobs.pause(runs.get(run_id))


@app.command()
def stop(run_id: RunId) -> None:
    """Save and end a run; `resume` goes on from there."""
    jobs.stop(runs.get(run_id))


@app.command()
def fork(
    run_id: RunId, step: Annotated[int, typer.Option(help="A step whose state is kept.")], set_: Set = None, follow: Follow = True
) -> None:
    """Go on from a state of a run with some settings changed: a second lane, with the same noise and the same batches."""
    run = runs.get(run_id)
    before = run.config.model_dump()
    after = changed(before, set_ or [])
    made = jobs.fork(run, step, {key: value for key, value in after.items() if value != before[key]})
    print(made.id)
    if follow:
        _follow(made)


@app.command()
def export(
    run_id: RunId,
    destination: Annotated[Path, typer.Argument(help="A directory that does not exist yet.")],
    weights: Annotated[int, typer.Option(min=1, help="Snapshots whose weights are kept.")] = 7,
    half: Annotated[bool, typer.Option(help="Weights in half precision.")] = True,
) -> None:
    """Write a run small enough to ship: no states, few weights."""
    from gandash.runs.export import export as write

    print(write(runs.get(run_id), destination, weights, half))


@app.command()
def evaluate(
    run_id: Annotated[str, typer.Argument(metavar="[RUN]", help="A run's id, as `list` shows it; none for --real and --generated.")] = "",
    scores: Annotated[str, typer.Option(help="`all`, or names of analyses with commas between; `help` lists them.")] = "all",
    real: Annotated[Path | None, typer.Option(help="A folder or zip of real pictures, in the place of a run.")] = None,
    generated: Annotated[Path | None, typer.Option(help="A folder or zip of generated pictures, which are held against those.")] = None,
    classes: Annotated[str, typer.Option(help="Whose classes these pictures show: mnist, fashion_mnist or cifar10.")] = "",
    step: Annotated[int | None, typer.Option(help="The snapshot at or before this step; without it the newest.")] = None,
    every: Annotated[bool, typer.Option("--every-snapshot", help="Every snapshot whose weights are kept.")] = False,
    count: Annotated[int, typer.Option(help="Samples.")] = 5000,
    seed: Annotated[int, typer.Option(help="Draws the latents.")] = 0,
    network: Annotated[str, typer.Option(help="What to look through: embedded, or inception where its weights are here.")] = "embedded",
    write: Annotated[bool, typer.Option(help="Write what was found into the run's directory, so that it is shipped with it.")] = False,
    table: Annotated[str, typer.Option(help="How to print: text, csv or json.")] = "text",
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="An option of what is no score: nearest_neighbours, ...")
    ] = None,
) -> None:
    """Score a run's samples beside real images: Inception score, FID, KID, precision, recall, density, coverage, classes; and look further.

    Further: is it memorising (`--scores nearest_neighbours`), is it better than PCA, what does a classifier see, ... Without a run, any
    generated pictures are scored against any real ones: `--real DIRECTORY --generated DIRECTORY`.
    """
    from gandash import evaluation

    options = {"count": count, "seed": seed, "network": network}
    if scores == "help":
        evaluation.help_()
    elif run_id and not real and not generated:
        more = {field: value for field, value in changed(evaluation.further_options(scores), set_ or []).items() if value is not None}
        evaluation.run(run_id, scores, step, every, options, write, table, more)
    elif real and generated and not run_id:
        evaluation.pictures(real, generated, classes, scores, options, table)
    else:
        raise typer.BadParameter("name a RUN, or --real and --generated")


@app.command()
def retrain(
    run_id: RunId,
    step: Annotated[int | None, typer.Option(help="Samples of this snapshot; else of the newest.")] = None,
    set_: Set = None,
    csv: Annotated[Path | None, typer.Option(help="Write a line a trained classifier here.")] = None,
    write: Annotated[bool, typer.Option(help="Write what was found into the run's directory, so that it is shipped with it.")] = False,
) -> None:
    """Retrain a small classifier on real images and a run's samples: what are these worth? Goes on where it was interrupted."""
    from gandash.retraining import Experiment, RetrainingOptions, as_text, table

    run = runs.get(run_id)
    if (snapshot := run.snapshot(step)) is None:
        raise LookupError(f"{run.title} has no snapshot yet.")
    options = changed(RetrainingOptions().model_dump(mode="json"), set_ or [])
    experiment = Experiment(run, snapshot, RetrainingOptions.model_validate(options))
    study = experiment.study() or experiment.train(lambda done, what: print(f"\r{done:4.0%} {what:78.78}", end="", flush=True))
    print("\r" + as_text(study))
    if csv:
        csv.write_bytes(table(study))
        print(f"Written to {csv}.")
    if write:
        print(f"Written to {experiment.ship()}.")


@app.command()
def delete(run_id: RunId) -> None:
    """Remove a fresh run from the disk."""
    runs.delete(runs.get(run_id))


@app.command()
def download(dataset: Annotated[str, typer.Argument(help="A data set's name.")]) -> None:
    """Fetch a data set into GANDASH_DATA."""
    part = parts("datasets")[dataset]()
    part.download(lambda done, what: print(f"\r{done:4.0%} {what:60.60}", end="", flush=True))
    print(f"\n{part.title} is there.")


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="Checkpoints of one run: generators and discriminators, of one epoch or several.")],
    dataset: Annotated[str, typer.Option(help="What it was trained on; else guessed by the images' shape, or left open.")] = "",
    set_: Set = None,
) -> None:
    """Make a run of checkpoints from elsewhere."""
    found = importers.read(files)
    if dataset:
        options = [assignment for assignment in set_ or [] if assignment.startswith("dataset.")]
        found = found.with_dataset(changed({"dataset": {"name": dataset, "options": {}}}, options)["dataset"])
    run = found.create(RunConfig.model_validate(changed(found.config.model_dump(), set_ or [])))
    print(f"{run.id}\n{run.status.note}")


def _config_file(path: Path) -> RunConfig:
    found = json.loads(path.read_text(encoding="utf-8"))
    return RunConfig.model_validate(found.get("config", found))


def _follow(run: runs.Run) -> None:
    """A progress line until the run ends; Ctrl-C asks it to stop and waits for it."""
    asked = False
    while True:
        try:
            status = run.status
            left = "" if status.seconds_left is None else f", {status.seconds_left:.0f} s left"
            line = f"{status.phase}, epoch {status.epoch:.2f}, {status.progress:.0%}, {status.images_per_second:.0f} images/s{left}"
            print(f"\r{line:78.78}", end="", flush=True)
            if not status.alive and status.phase != "new":
                break
            time.sleep(0.5)
        except KeyboardInterrupt:
            if asked:
                raise
            asked = True
            jobs.stop(run)
    print()
    if status.phase in ("failed", "interrupted"):
        sys.exit(status.error or f"The process ended without a word; see {run.path / 'log.txt'}.")


MENDABLE = (ConfigError, importers.CannotImport, UnknownPart, jobs.NotPossible, DatasetUnavailable)


def main() -> None:
    """Run the command line; what a person can mend is one sentence, not a traceback."""
    try:
        app()
    except (*MENDABLE, LookupError, OSError, ValidationError) as error:
        sys.exit(str(error.args[0] if isinstance(error, KeyError) else error))


if __name__ == "__main__":
    main()
