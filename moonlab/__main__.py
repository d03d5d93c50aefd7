"""The same job without a screen: `python -m moonlab compare`."""

import argparse
import sys
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from moonlab import __version__, export, lesson
from moonlab.codec import MAX_JSON_CHARACTERS
from moonlab.compare import Progress, compare
from moonlab.rules import Fault, SpecError
from moonlab.spec import Experiment

PRESETS = {"lesson": lesson.torch_experiment, "lesson-numpy": lesson.numpy_experiment}

_EPILOG = """examples:
  python -m moonlab compare --out results
      the lesson's five networks; look into results/summary.csv
  python -m moonlab compare results/experiment.json --out again
      the same experiment once more, or one downloaded from the dashboard

The dashboard: streamlit run streamlit_app.py
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m moonlab",
        description="Compare small neural networks side by side on the two-moons data.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"moonlab {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser(
        "compare",
        help="train every network of an experiment and write the results as files",
        description=(
            "Train every network of an experiment through the same pipeline and write "
            "summary.csv (a row a network), runs.csv (a row a seed), history.csv (a row an epoch) "
            "and experiment.json (what was done, and with which versions)."
        ),
    )
    source = command.add_mutually_exclusive_group()
    source.add_argument("experiment", nargs="?", type=Path, metavar="EXPERIMENT.json")
    source.add_argument("--preset", choices=PRESETS, help="a ready experiment (default: lesson)")
    command.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder to write to"
    )
    command.add_argument(
        "--budget",
        type=float,
        default=3600.0,
        metavar="SECONDS",
        help="refuse work that is estimated to take longer (default: 3600)",
    )
    return parser


def _read_experiment(path: Path) -> Experiment:
    """The experiment in a file, whose size is looked at before it is read."""
    if path.stat().st_size > 4 * MAX_JSON_CHARACTERS:
        rule = f"must hold at most {MAX_JSON_CHARACTERS:,} characters"
        raise SpecError([Fault(str(path), rule, f"{path.stat().st_size:,} bytes")])
    return Experiment.from_json(path.read_text(encoding="utf-8"))


def _compare(arguments: argparse.Namespace) -> None:
    if not 0 < arguments.budget < float("inf"):
        raise SpecError([Fault("--budget", "must be seconds above 0", str(arguments.budget))])
    if arguments.experiment is None:
        experiment = PRESETS[arguments.preset or "lesson"]()
    else:
        experiment = _read_experiment(arguments.experiment)
    arguments.out.mkdir(parents=True, exist_ok=True)  # before the work, so that none is lost
    with tqdm(total=100, unit="%", disable=None, bar_format="{desc} {bar} {n:.0f}%") as bar:

        def on_progress(progress: Progress) -> None:
            bar.set_description(f"Training {progress.name}", refresh=False)
            bar.update(100 * progress.fraction - bar.n)

        comparison = compare(experiment, on_progress, budget_seconds=arguments.budget)
    paths = export.write(comparison, arguments.out)
    columns = ["architecture", "engine", "parameters", "n_seeds"]
    accuracies = ["train_accuracy", "val_accuracy", "test_accuracy"]
    with pd.option_context("display.width", 120, "display.float_format", "{:.4f}".format):
        print(comparison.summary()[columns + accuracies].to_string(index=False))
    print("Wrote " + ", ".join(map(str, paths)))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        In place of the process's own.

    Returns
    -------
    int
        0 when the files are written, 1 if they could not be, 2 for a refused experiment, 130 when
        interrupted.
    """
    parsed = _parser().parse_args(arguments)
    try:
        _compare(parsed)
    except SpecError as error:
        print(error, file=sys.stderr)
        return 2
    except UnicodeDecodeError:
        print(f"`{parsed.experiment}` must be a text in UTF-8.", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; nothing was written.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
