import ast
import subprocess
import sys
from pathlib import Path

import pytest

from moonlab.ui.lab import PAGES

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "moonlab"

LEVELS = [  # low to high: a module imports only from the lines above its own
    {"rules", "version", "parameters"},
    {"spec"},
    {"codec", "run_keys"},
    {"functional", "dataset", "draws", "metrics"},
    {"numpy_mlp", "torch_mlp"},
    {"stats", "best_possible"},
    {"wording"},
    {"verdicts", "diagnosis"},
    {"boundary"},
    {"results"},
    {"record"},
    {"trainers"},
    {"budget", "lesson"},
    {"compare", "judgement"},
    {"tables", "surfaces"},
    {"__init__"},
    {"figure_look", "figure_parts"},
    {"figure_traces", "thumbnails"},
    {"export", "figures", "frames", "presets"},
    {"lab"},
    {"jobs", "worker"},
    {"ui", "__main__"},
]
RANK = {name: rank for rank, names in enumerate(LEVELS) for name in names}
ALLOWED = {  # the pairs that may break the rule, and why
    ("results", "tables"),  # `Comparison.summary` and the like, imported when called
    ("spec", "codec"),  # `Experiment.to_json` and the like, imported when called
    ("metrics", "functional"),
    ("torch_mlp", "numpy_mlp"),  # the optimizers' constants
    ("jobs", "worker"),
}


def module_name(path):
    """Such as "spec" or "ui.page"; "__init__" is the package itself."""
    name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    return name.removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def is_type_checking(node):
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imports(tree, *, at_once_only=False):
    """Full names of all that a module imports; with `at_once_only`, as soon as it is imported."""
    found = []

    def visit(node):
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "write the imports in full"
            found.extend(f"{node.module}.{alias.name}" for alias in node.names)
        if at_once_only and (
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or is_type_checking(node)
        ):
            return
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


def own_imports(name):
    """Modules of moonlab that a module of moonlab imports, at once or when called."""
    for full in imports(TREES[name]):
        package, *parts = full.split(".")
        if package != "moonlab":
            continue
        candidates = [".".join(parts[:n]) for n in (3, 2, 1)]
        target = next((one for one in candidates if one in MODULES), "__init__")
        if target != name:
            yield target
    if name == "ui.lab":  # which loads its pages by their names
        yield from (f"ui.lab.{page.path.replace('-', '_')}" for page in PAGES)


def room(name):
    return name.split(".")[0]


def top_packages(name, **options):
    return {full.split(".")[0] for full in imports(TREES[name], **options)}


def test_modules_were_found_and_their_imports_read():
    assert len(MODULES) >= 18
    assert {"spec", "results", "record"} <= set(own_imports("trainers"))
    assert "torch_mlp" in set(own_imports("results"))
    assert "codec" in set(own_imports("spec"))


@pytest.mark.parametrize("name", MODULES)
def test_module_has_a_rank(name):
    assert room(name) in RANK, f"new module {name}: give it a line in LEVELS of {__file__}"


@pytest.mark.parametrize("name", MODULES)
def test_no_import_points_back(name):
    back = {
        target
        for target in own_imports(name)
        if RANK.get(room(target), 99) >= RANK.get(room(name), 99)
        and (room(name), room(target)) not in ALLOWED | {("ui", "ui"), ("lab", "lab")}
    }
    assert not back, f"{name} must not import {', '.join(sorted(back))}"


def test_pairs_allowed_to_break_the_rule_are_still_needed():
    pairs = {(room(name), room(target)) for name in MODULES for target in own_imports(name)}
    assert pairs >= ALLOWED


def test_spec_imports_codec_only_when_called():
    assert "moonlab.codec" not in imports(TREES["spec"], at_once_only=True)


def test_no_circle_of_imports_within_the_page():
    waiting = {name: set(own_imports(name)) for name in MODULES if room(name) == "ui"}
    waiting = {
        name: {one for one in targets if one in waiting} for name, targets in waiting.items()
    }
    while free := [name for name, targets in waiting.items() if not targets]:
        for name in free:
            del waiting[name]
        for targets in waiting.values():
            targets.difference_update(free)
    assert not waiting, f"a circle among {', '.join(waiting)}"


@pytest.mark.parametrize("name", MODULES)
def test_only_torch_mlp_imports_torch(name):
    assert ("torch" in top_packages(name, at_once_only=True)) == (name == "torch_mlp")


@pytest.mark.parametrize("name", [name for name in MODULES if room(name) != "ui"])
def test_only_the_page_imports_streamlit_and_only_figures_plotly(name):
    assert "streamlit" not in top_packages(name)
    assert "plotly" not in top_packages(name) or name.startswith(("figure", "lab.figures"))


def test_the_app_file_reaches_the_library_through_the_page_alone():
    tree = ast.parse((ROOT / "streamlit_app.py").read_text(encoding="utf-8"))
    ours = [full for full in imports(tree) if full.split(".")[0] == "moonlab"]
    assert ours
    assert all(full.startswith("moonlab.ui") for full in ours)


@pytest.mark.parametrize(
    "code",
    [
        "import moonlab",
        "import moonlab.jobs, moonlab.export, moonlab.codec",
        "import moonlab as ml; ml.Experiment.from_json(ml.Experiment().to_json())",
        "import moonlab as ml; ml.compare(ml.lesson.numpy_experiment()).summary()",
    ],
)
def test_neither_torch_nor_streamlit_is_loaded_before_it_is_needed(code):
    told = "import sys; print([name for name in ('torch', 'streamlit') if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", f"{code}\n{told}"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert found.stdout == "[]\n"


SLOW = ("pandas", "scipy.special", "torch", "moonlab.lab", "moonlab.ui.results")


@pytest.mark.parametrize("entry", ["moonlab.worker", "moonlab.ui.server", "moonlab.ui.app"])
def test_the_first_picture_waits_for_no_import_that_it_does_not_need(entry):
    told = f"import sys, {entry}; print([name for name in {SLOW} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", told],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert found.stdout == "[]\n"


def test_a_step_in_pytorch_loads_nothing_for_symbolic_shapes():
    """As `torch.autograd.grad` does with a first gradient: a third of a second for each worker."""
    code = (
        "import sys, moonlab as ml\n"
        "network = ml.Architecture((2,), engine='torch')\n"
        "ml.compare(ml.Experiment(training=ml.Training(epochs=1), architectures=(network,)))\n"
        "print([name for name in ('torch', 'sympy') if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert found.stdout == "['torch']\n"


GLOBAL_STATE = {
    "torch.manual_seed", "torch.seed", "torch.random", "torch.set_rng_state", "torch.rand",
    "torch.randn", "torch.set_num_threads", "torch.set_num_interop_threads",
    "torch.set_default_dtype", "torch.cuda.manual_seed", "torch.use_deterministic_algorithms",
    "np.seterr", "numpy.seterr", "nn.Dropout", "torch.nn.Dropout", "functional.dropout",
    "warnings.simplefilter", "warnings.filterwarnings", "os.chdir",
}  # fmt: skip
OWN_STREAMS = {"default_rng", "SeedSequence", "RandomState", "Generator"}


def touches_global_state(dotted):
    if dotted.startswith(("np.random.", "numpy.random.", "random.")):
        return dotted.split("random.")[1] not in OWN_STREAMS
    return any(dotted == name or dotted.startswith(f"{name}.") for name in GLOBAL_STATE)


def names_used(tree):
    """Every dotted name that is imported or called through a module."""
    random_is_a_module = "random" in imports(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            if not dotted.startswith("random.") or random_is_a_module:
                yield dotted
    yield from imports(tree)


@pytest.mark.parametrize("name", MODULES)
def test_no_module_touches_global_state(name):
    assert [used for used in names_used(TREES[name]) if touches_global_state(used)] == []


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np\nnp.random.seed(0)",
        "import numpy as np\nx = np.random.randn(3)",
        "import random\nrandom.seed(1)",
        "from random import shuffle",
        "from numpy.random import rand",
        "import torch\ntorch.manual_seed(1)",
        "from torch import manual_seed",
        "import torch\ndef f():\n    torch.set_num_threads(1)",
        "from torch import nn\nlayer = nn.Dropout(0.5)",
    ],
)
def test_the_search_for_global_state_finds_it(code):
    assert any(touches_global_state(used) for used in names_used(ast.parse(code)))
