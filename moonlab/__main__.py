"""The same job without a screen: `python -m moonlab compare`."""

import argparse
import io
import os
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs

import pandas as pd
from tqdm import tqdm

from moonlab import __version__, export
from moonlab.budget import check_budget
from moonlab.codec import MAX_JSON_CHARACTERS, QUERY_KEY
from moonlab.compare import Progress, compare
from moonlab.presets import PRESETS
from moonlab.rules import Fault, SpecError, shown
from moonlab.spec import Experiment

_KEY = re.compile(r"[\w-]{32,}", re.ASCII)
_EPILOG = """examples:
  python -m moonlab compare --out results
      the lesson's five networks; look into results/summary.csv
  python -m moonlab compare results/experiment.json --out again
      the same experiment once more, or one downloaded from the dashboard
  python -m moonlab compare "http://localhost:8501/?experiment=eNq..." --out results
      the experiment of a link to the dashboard; the key after "experiment=" will do

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
            "summary.csv (a row a network), runs.csv (a row a seed), pairs.csv (a row a pair), "
            "history.csv (a row an epoch) "
            "and experiment.json (what was done, and with which versions)."
        ),
    )
    source = command.add_mutually_exclusive_group()
    source.add_argument(
        "experiment", nargs="?", metavar="EXPERIMENT", help="a JSON file, or a link or its key"
    )
    source.add_argument("--preset", choices=PRESETS, help="a ready experiment (default: lesson)")
    command.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder to write to"
    )
    command.add_argument(
        "--budget",
        default="3600",
        metavar="SECONDS",
        help="refuse work that is estimated to take longer (default: 3600)",
    )
    return parser


def _read_experiment(source: str) -> Experiment:
    """The experiment in a file, or in a link to the dashboard."""
    is_link = "://" in source or f"{QUERY_KEY}=" in source or _KEY.fullmatch(source)
    return _read_link(source) if is_link and not os.path.exists(source) else _read_file(source)


def _read_link(link: str) -> Experiment:
    """The experiment in an address with its key, or in the key alone."""
    if _KEY.fullmatch(link):
        return Experiment.from_query({QUERY_KEY: link})
    query = link.partition("#")[0].partition("?")[2] or link
    keys = parse_qs(query, keep_blank_values=True).get(QUERY_KEY, [])
    if len(keys) != 1:
        rule = f"must hold one `{QUERY_KEY}`: copy it again, from Share"
        raise SpecError([Fault("link", rule, f"{len(keys)}")])
    return Experiment.from_query({QUERY_KEY: keys[0]})


def _read_file(name: str) -> Experiment:
    """The experiment in a file, of which no more is read than an experiment can be."""
    with open(name, "rb") as file:
        content = file.read(4 * MAX_JSON_CHARACTERS + 1)
    if len(content) > 4 * MAX_JSON_CHARACTERS:
        rule = f"must hold at most {MAX_JSON_CHARACTERS:,} characters"
        raise SpecError([Fault(name, rule, "more")])
    try:
        return Experiment.from_json(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise SpecError([Fault(name, "must be a text in UTF-8", "other bytes")]) from None


def _read_budget(text: str) -> float:
    """Seconds, as ASCII digits with or without a decimal point."""
    if not re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII) or not 0.1 <= float(text) <= 1e9:
        rule = "must be a number of seconds from 0.1 to 1000000000"
        raise SpecError([Fault("--budget", rule, shown(text))])
    return float(text)


def _read(arguments: argparse.Namespace) -> tuple[Experiment, float]:
    """The experiment and the budget, or the faults of both."""
    faults: list[Fault] = []
    experiment, budget = PRESETS[arguments.preset or "lesson"].experiment(), 0.0
    try:
        budget = _read_budget(arguments.budget)
    except SpecError as error:
        faults += error.faults
    try:
        if arguments.experiment is not None:
            experiment = _read_experiment(arguments.experiment)
    except SpecError as error:
        faults += error.faults
    if faults:
        raise SpecError(faults)
    return experiment, budget


def _compare(arguments: argparse.Namespace) -> None:
    experiment, budget = _read(arguments)
    check_budget(experiment, budget)
    arguments.out.mkdir(parents=True, exist_ok=True)  # before the work, so that none is lost
    with tqdm(total=100, unit="%", disable=None, bar_format="{desc} {bar} {n:.0f}%") as bar:

        def on_progress(progress: Progress) -> None:
            bar.set_description(f"Training {progress.name}", refresh=False)
            bar.update(100 * progress.fraction - bar.n)

        comparison = compare(experiment, on_progress, budget_seconds=budget)
    paths = export.write(comparison, arguments.out)
    columns = ["architecture", "engine", "parameters", "n_seeds"]
    accuracies = ["train_accuracy", "val_accuracy", "test_accuracy"]
    with pd.option_context("display.width", 120, "display.float_format", "{:.4f}".format):
        print(comparison.summary()[columns + accuracies].to_string(index=False))
    for name, n_diverged in zip(
        comparison.experiment.names, comparison.summary()["n_diverged"], strict=True
    ):
        if n_diverged:
            print(f"{name}: {n_diverged} runs diverged; the means hold their last finite weights.")
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may have no "→"
    # Nets this small train slower on several threads; read when PyTorch is first loaded
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parsed = _parser().parse_args(arguments)
    try:
        _compare(parsed)
    except SpecError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read the output has gone; the files are written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except MemoryError:
        print(
            "There is not enough memory for this; take fewer seeds or smaller networks.",
            file=sys.stderr,
        )
        return 1
    except OSError as error:
        print(f"{error.filename or parsed.out}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped before the end; files that are there are whole.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
