"""python -m training: fit, tune, export, evaluate, reproduce, contact-sheet."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from training import recipe

DEFAULT_CACHE = Path("var/training/scenes")
DEFAULT_RUN = Path("var/training/run")
DEFAULT_ZOO = Path("model_zoo")


def main(argv: list[str] | None = None) -> int:
    """Read the command line and do one thing."""
    arguments = _parser().parse_args(argv)
    handler = {
        "fit": _fit,
        "tune": _tune,
        "export": _export,
        "evaluate": _evaluate,
        "reproduce": _reproduce,
        "contact-sheet": _contact_sheet,
    }[arguments.command]
    handler(arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    fit = commands.add_parser("fit", help="train; goes on where an earlier call with the same --out stopped")
    source = fit.add_mutually_exclusive_group(required=True)
    source.add_argument("--synthetic", action="store_true", help="the stages of training/recipe.py, on drawn scenes")
    source.add_argument("--manifest", type=Path, help="JSON lines: image, boxes_px, classes; paths relative to it")
    source.add_argument("--dataset", type=Path, help="a frozen data set: JSON lines with images, as ZIP")
    fit.add_argument("--out", type=Path, default=DEFAULT_RUN)
    fit.add_argument("--warm-start", type=Path, help="checkpoint or weights.pt to begin with")
    fit.add_argument("--stage", choices=[stage.name for stage in recipe.STAGES], help="only this stage of the recipe")
    fit.add_argument("--steps", type=int, help="how long, where that is not what the stage says")
    fit.add_argument("--threads", type=int, default=2)
    fit.add_argument("--batch-times", type=int, default=1, help="larger batches, for a GPU, which is used where it is")
    fit.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="where drawn scenes are kept")

    tune = commands.add_parser("tune", help="teach a version what people corrected, and write two new versions")
    tune.add_argument("--dataset", type=Path, required=True, help="a frozen data set: ZIP, or manifest beside images")
    tune.add_argument("--base", type=Path, required=True, help="folder with model.onnx, model.json and weights.pt")
    tune.add_argument("--out", type=Path, required=True, help="goes on there where an earlier call stopped")
    tune.add_argument("--versions", nargs=2, required=True, metavar=("FP32", "INT8"), help="numbers of the new ones")
    tune.add_argument("--scenes", type=Path, help="folder in which drawn scenes are kept for other runs")
    tune.add_argument("--seed", type=int)
    tune.add_argument("--steps", type=int)
    tune.add_argument("--rate", type=float, help="learning rate at its height")
    tune.add_argument("--replay-share", type=float, help="of the windows, from scenes such as the base learned from")
    tune.add_argument("--replay-scenes", type=int, help="how many of them to draw")
    tune.add_argument("--old-scenes", type=int, help="how many drawn scenes to measure on")
    tune.add_argument("--threads", type=int)

    export = commands.add_parser("export", help="write both versions to the model zoo, with figures and card")
    export.add_argument("--checkpoint", type=Path, default=DEFAULT_RUN / recipe.STAGES[-1].name / "last.pt")
    export.add_argument("--zoo", type=Path, default=DEFAULT_ZOO)
    export.add_argument("--test", type=int, help="scenes to measure on (default: as the recipe says)")
    export.add_argument("--validation", type=int, help="scenes to calibrate on (default: as the recipe says)")
    export.add_argument("--note", default="", help="a sentence for the card on how the training came about")
    export.add_argument(
        "--boards", type=Path, help="DeepPCB: look at pictures from the world too and say what was found"
    )

    evaluate = commands.add_parser("evaluate", help="measure a version folder on fresh scenes; changes nothing")
    evaluate.add_argument("folder", type=Path)
    evaluate.add_argument("--scenes", type=int, default=300)
    evaluate.add_argument("--seed", type=int, default=301)

    reproduce = commands.add_parser("reproduce", help="fit and export from nothing but the seeds")
    reproduce.add_argument("--out", type=Path, default=DEFAULT_RUN)
    reproduce.add_argument("--zoo", type=Path, default=DEFAULT_ZOO)
    reproduce.add_argument("--threads", type=int, default=2)
    reproduce.add_argument("--cache", type=Path, default=DEFAULT_CACHE)

    sheet = commands.add_parser("contact-sheet", help="scenes with their truth on one picture, to look at")
    sheet.add_argument("--out", type=Path, required=True)
    sheet.add_argument("--seed", type=int, default=1)
    sheet.add_argument("--model", type=Path, help="version folder: draw its detections too, dashed")
    return parser


def _fit(arguments: argparse.Namespace) -> None:
    from training import stages

    if arguments.synthetic:
        stages.fit_recipe(
            out=arguments.out,
            cache=arguments.cache,
            threads=arguments.threads,
            warm=arguments.warm_start,
            only=arguments.stage,
            steps=arguments.steps,
            batch_times=arguments.batch_times,
        )
    else:
        settings = replace(
            stages.MANIFEST_FIT,
            threads=arguments.threads,
            steps=arguments.steps or stages.MANIFEST_FIT.steps,
            batch_times=arguments.batch_times,
        )
        fit, source = (
            (stages.fit_dataset, arguments.dataset) if arguments.dataset else (stages.fit_manifest, arguments.manifest)
        )
        fit(source, out=arguments.out, settings=settings, warm=arguments.warm_start)


def _tune(arguments: argparse.Namespace) -> None:
    from training.tune import tune
    from training.wanted import Wanted

    options = ("scenes", "seed", "steps", "rate", "replay_share", "replay_scenes", "old_scenes", "threads")
    given = {name: value for name in options if (value := getattr(arguments, name)) is not None}
    tune(
        Wanted(
            dataset=arguments.dataset,
            base=arguments.base,
            out=arguments.out,
            versions=tuple(arguments.versions),
            **given,
        )
    )


def _export(arguments: argparse.Namespace) -> None:
    from training import release

    figures = release.release(
        checkpoint=arguments.checkpoint,
        zoo=arguments.zoo,
        test_count=arguments.test,
        validation_count=arguments.validation,
        note=arguments.note,
        boards_folder=arguments.boards,
    )
    print(release.summary(figures))


def _evaluate(arguments: argparse.Namespace) -> None:
    from training import release

    print(release.evaluate_folder(arguments.folder, seed=arguments.seed, count=arguments.scenes))


def _reproduce(arguments: argparse.Namespace) -> None:
    from training import release, stages

    checkpoint = stages.fit_recipe(out=arguments.out, cache=arguments.cache, threads=arguments.threads, warm=None)
    print(release.summary(release.release(checkpoint=checkpoint, zoo=arguments.zoo)))


def _contact_sheet(arguments: argparse.Namespace) -> None:
    from training import contact_sheet

    contact_sheet.write(arguments.out, seed=arguments.seed, model=arguments.model)


if __name__ == "__main__":
    raise SystemExit(main())
