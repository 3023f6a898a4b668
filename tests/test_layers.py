"""The house rules that can be read off the source: imports run downward, files stay small, names explained."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import negotiation

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "negotiation"

# From the ground up. A module imports from lower lines only; modules that share a pattern with a star (one
# package) may import each other, in no circle. A new module must be given its place here.
LAYERS = """
    version
    kernels kernels.*
    vocabulary terms precision_scale
    parameters
    scenario
    game
    memory
    factored
    checks policy
    outcome_rules draws drawing
    solve
    behaviours behaviours.*
    library
    engines
    engines.records engines.trajectory engines.exact
    engines.dispute engines.tables
    engines.batch engines.branching engines.points
    engines.mesa_model
    engines.mesa_batch
    files
    outcomes narration interop interop.* provenance payoff_tables
    outcomes_weekly precision_tables
    narration_pair
    sweep sweep.*
    tournament tournament.*
    statics statics.*
    history history.*
    schema
    config
    commands
    plots plots.*
    refusals terminal
    multirun
    callbacks
    sweeping
    tournament.drawing
    tournament.command
    study
    learning learning.*
    seminar seminar.*
    app
    collecting listing testing
    cli
    questions reproducing
    documents documents.*
    __main__
"""
RANKS = {pattern: rank for rank, line in enumerate(LAYERS.split("\n")) for pattern in line.split()}
CORE = ("version", "kernels", "kernels.*", "vocabulary", "parameters", "scenario", "game", "memory", "checks", "policy",
        "outcome_rules", "draws", "drawing", "solve")
CORE_MAY_IMPORT = {"numpy", "numba", "llvmlite"}
MESA_ONLY_IN = "engines.mesa_model"
LINES = 400


def name_of(path: Path) -> str:
    """``negotiation/engines/exact.py`` is ``engines.exact``; the package itself is the empty name."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(name: str) -> Iterator[str]:
    """Absolute names of everything that a module imports, at the top or inside a function."""
    inside = MODULES[name].name == "__init__.py"
    for node in ast.walk(tree(MODULES[name])):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = (node.module or "").split(".") if node.module else []
            if node.level:
                here = ["negotiation", *name.split(".")]
                home = here[:len(here) - node.level + inside] + home
            for alias in node.names:
                full = ".".join([*home, alias.name])
                yield full if full.removeprefix("negotiation.") in MODULES else ".".join(home)


def inner_imports(name: str) -> set[str]:
    """The modules of the package that a module imports, without the leading ``negotiation.``."""
    found = {full for full in imports(name) if full == "negotiation" or full.startswith("negotiation.")}
    return {full.removeprefix("negotiation").removeprefix(".") for full in found}


def pattern_of(name: str) -> str | None:
    return next((pattern for pattern in sorted(RANKS, key=len, reverse=True) if fnmatchcase(name, pattern)), None)


PLACED = [name for name in MODULES if name]


def test_there_is_something_to_check() -> None:
    assert {"vocabulary", "game", "solve", "kernels.induction", "engines.batch"} <= set(MODULES)


@pytest.mark.parametrize("name", PLACED)
def test_every_module_has_its_place(name: str) -> None:
    assert pattern_of(name), f"negotiation.{name} is in no layer: add it to LAYERS in {Path(__file__).name}"


@pytest.mark.parametrize("name", PLACED)
def test_imports_run_downward(name: str) -> None:
    own = pattern_of(name)
    assert own is not None
    for other in inner_imports(name):
        assert other, f"negotiation.{name} imports the package itself"
        pattern = pattern_of(other)
        assert pattern is not None, other
        family = own.removesuffix(".*") == pattern.removesuffix(".*") and "*" in own + pattern
        assert family or RANKS[pattern] < RANKS[own], f"negotiation.{name} imports negotiation.{other}, above it"


def test_no_module_imports_itself_in_a_circle() -> None:
    graphlib.TopologicalSorter({name: inner_imports(name) - {name} for name in PLACED}).prepare()


@pytest.mark.parametrize("name", [name for name in PLACED if any(fnmatchcase(name, core) for core in CORE)])
def test_the_core_needs_numpy_and_numba_only(name: str) -> None:
    outside = {full.split(".")[0] for full in imports(name)} - {"negotiation"}
    assert outside - sys.stdlib_module_names <= CORE_MAY_IMPORT
    assert {pattern_of(other) for other in inner_imports(name)} <= set(CORE)


def test_one_module_imports_mesa() -> None:
    users = {name for name in MODULES if any(full.split(".")[0] == "mesa" for full in imports(name))}
    assert users <= {MESA_ONLY_IN}


def test_compiled_loops_live_in_the_kernels_only() -> None:
    users = {name for name in MODULES if any(full.split(".")[0] in ("numba", "llvmlite") for full in imports(name))}
    assert all(name.startswith("kernels.") for name in users)


@pytest.mark.parametrize("path", [str(path.relative_to(ROOT)) for folder in ("negotiation", "experiments")
                                  for path in sorted((ROOT / folder).rglob("*.py"))])
def test_files_can_be_read_in_one_sitting(path: str) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= LINES


def public_definitions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.ClassDef)) and not child.name.startswith("_"):
            yield prefix + child.name, child
            if isinstance(child, ast.ClassDef):
                yield from public_definitions(child, f"{child.name}.")


@pytest.mark.parametrize("name", PLACED)
def test_every_module_says_what_it_is(name: str) -> None:
    assert ast.get_docstring(tree(MODULES[name])) or not MODULES[name].read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("name", [name for name in PLACED if any(fnmatchcase(name, core) for core in CORE)])
def test_every_public_name_of_the_core_is_explained(name: str) -> None:
    silent = [label for label, node in public_definitions(tree(MODULES[name]))
              if not ast.get_docstring(node)]  # type: ignore[arg-type]
    assert silent == []


ALLOWED_RANDOM = {"Philox", "SeedSequence", "Generator", "BitGenerator"}


@pytest.mark.parametrize("name", list(MODULES))
def test_no_global_random_state(name: str) -> None:
    assert "random" not in {full.split(".")[0] for full in imports(name)}
    used = {node.attr for node in ast.walk(tree(MODULES[name]))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)
            and node.value.attr == "random" and isinstance(node.value.value, ast.Name)
            and node.value.value.id in ("np", "numpy")}
    assert used <= ALLOWED_RANDOM


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = ("import sys, negotiation; "
              "print(sorted({'numpy', 'numba', 'mesa', 'pandas', 'matplotlib', 'hydra'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", negotiation.__all__)
def test_every_public_name_of_the_package_exists(name: str) -> None:
    homes = negotiation._HOMES
    assert name in dir(negotiation)
    value = getattr(negotiation, name)
    if name in homes:
        assert value is getattr(import_module(f"negotiation.{homes[name]}"), name)


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        negotiation.nonsense  # noqa: B018
