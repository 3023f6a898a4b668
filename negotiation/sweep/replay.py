"""Replaying one episode of a study or of a sweep's row, and branching it.

An episode's draws depend on the seed, its number and, where the sweep's points have draws of their own,
the number of the point. So any episode of any row can be played again alone, whether or not it was among
those the row was computed from, and played once more with something changed from a week on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from negotiation.behaviours import make_profile
from negotiation.checks import check_game
from negotiation.engines.branching import Branch, branch, check_branch
from negotiation.engines.trajectory import Trajectory, trace
from negotiation.game import Game, compile_game
from negotiation.narration import WIDTH, as_played, narrate
from negotiation.narration_pair import narrate_pair
from negotiation.parameters import ParameterError, to_plain
from negotiation.policy import Profile
from negotiation.solve import Solution
from negotiation.sweep.design import Design, design_files, with_files
from negotiation.sweep.manifest import read_manifest
from negotiation.sweep.point import Base, PointStudy
from negotiation.sweep.rows import ERROR, POINT, text_of
from negotiation.sweep.settings import design_of, scenario_hashes
from negotiation.sweep.store import kept_file, part_paths, read_part
from negotiation.vocabulary import Actor

CHANGEABLE = ("scenario", *(f"policy.{actor.key}" for actor in Actor))


@dataclass(frozen=True, eq=False)
class Replay:
    """One episode, played again.

    Attributes:
        trajectory: its weeks.
        solution: the policies played and their values over the solved horizon, for the reasons; with policies that
            remember see `negotiation.narration.as_played`.
        profile: the policies.
        study: what was played: scenario, policies, seed.
        base: makes the study of any overrides.
        overrides: configuration key to value, of a sweep's point; empty without a sweep.
        origin: which row of which sweep it is, in words, with its line ends; empty without a sweep.
    """

    trajectory: Trajectory
    solution: Solution
    profile: Profile
    study: PointStudy
    base: Base
    overrides: Mapping[str, Any]
    origin: str = ""

    def text(self) -> str:
        """The episode week by week, as `negotiation.narration.narrate` tells it."""
        return self.origin + narrate(self.trajectory, self.solution)


@dataclass(frozen=True, eq=False)
class BranchReplay:
    """One episode on two paths.

    Attributes:
        pair: the path as it was and the changed one.
        solution: policies and values of the trunk.
        other_solution: those of the branch.
        changes: configuration key to value before and value after.
        origin: as in `Replay`.
    """

    pair: Branch
    solution: Solution
    other_solution: Solution
    changes: Mapping[str, tuple[Any, Any]]
    origin: str = ""

    def text(self) -> str:
        """Both paths side by side, as `negotiation.narration_pair.narrate_pair` tells them."""
        return self.origin + narrate_pair(self.pair, self.solution, self.other_solution, self.changes)


def replay_config(config: Mapping[str, Any], episode: int) -> Replay:
    """Play an episode of the study that a resolved configuration describes.

    Args:
        config: nested plain values.
        episode: number of the episode, from 0.

    Raises:
        ParameterError: a value is not allowed; the message names the key.
    """
    return _replay(Base.from_config(config), {}, None, episode, "")


def replay_row(folder: str | Path, point: int, episode: int) -> Replay:
    """Play an episode of one point of a sweep.

    Args:
        folder: the sweep's folder.
        point: number of the point in the design, from 0; its row may be stored already or not.
        episode: number of the episode, from 0.

    Raises:
        ParameterError: the folder is no sweep's, or does not fit the design it names; there is no such
            point, or it failed; the episode's number is out of range.
    """
    manifest = read_manifest(folder)
    design = _design(folder, manifest)
    if isinstance(point, bool) or not isinstance(point, (int, np.integer)) or not 0 <= point < len(design):
        raise ParameterError("point", point, f"an integer from 0 to {len(design) - 1}, the points of {folder}")
    overrides = design.overrides(int(point))
    name, known = overrides.get("scenario"), manifest["config"].get("scenarios")
    if known and scenario_hashes(Base.from_config(manifest["config"]), [str(name)]) != {name: known.get(str(name))}:
        raise ParameterError("sweep", str(folder), f"a sweep whose scenarios are as they were; {name} says other "
                             "things now")
    _check_row(folder, manifest, int(point), overrides)
    told = "; ".join(f"{key} {value}" for key, value in overrides.items())
    origin = wrap(f"point {point} of {folder}: {told}", WIDTH, subsequent_indent="  ", break_long_words=False,
                  break_on_hyphens=False)
    return _replay(Base.from_config(manifest["config"]), overrides, int(point), episode, "\n".join(origin) + "\n")


def branch_study(replay: Replay, week: int, change: Mapping[str, Any]) -> BranchReplay:
    """Play a replayed episode once more, from the same draws, with something changed from a week on.

    Args:
        replay: the episode as it was.
        week: the first week of the change, from 1.
        change: configuration key to value, keys of the scenario and of the policies, e.g.
            ``{"scenario.washington.attention": 0.1, "policy.tokyo": "hawk"}``.

    Raises:
        ParameterError: nothing is changed, or something that cannot change on the way; the week is out
            of range, or the dispute had ended before it.
    """
    if not isinstance(change, Mapping) or not change:
        raise ParameterError("branch.change", change, "at least one key with its new value, e.g. "
                             "{scenario.washington.attention: 0.1}")
    for key in change:
        if not (isinstance(key, str) and (key in CHANGEABLE or key.startswith("scenario."))):
            raise ParameterError("branch.change", key, "the keys " + ", ".join((*CHANGEABLE, "scenario.*")))
    other = replay.base.at({**replay.overrides, **change})
    trunk, study = replay.trajectory, replay.study
    check_branch(study.scenario, other.scenario, week)
    if len(trunk) < week:
        raise ParameterError("branch.week", week, f"at most {len(trunk)}: there episode {trunk.episode} ends "
                             f"({trunk.outcome.key})")
    keys = list(change)
    before, after = (Base(each).values_at(keys) for each in (study, other))
    changes = {key: (to_plain(before[key]), to_plain(after[key])) for key in keys}
    game, profile = _prepared(other)
    pair = branch(trunk.game, replay.profile, game, profile, study.seed, trunk.episode, week, study.draws)
    return BranchReplay(pair, replay.solution, as_played(game, profile, pair.branch), changes, replay.origin)


def _replay(base: Base, overrides: Mapping[str, Any], point: int | None, episode: int, origin: str) -> Replay:
    study = base.at(overrides, point)
    game, profile = _prepared(study)
    path = trace(game, profile, study.seed, episode, study.draws)
    return Replay(path, as_played(game, profile, path), profile, study, base, overrides, origin)


def _prepared(study: PointStudy) -> tuple[Game, Profile]:
    game = compile_game(study.scenario)
    check_game(game)
    return game, make_profile(game, **study.policies)


def _design(folder: str | Path, manifest: Mapping[str, Any]) -> Design:
    config = manifest["config"]
    kept = {file: copy for file in design_files(config["sweep"]) if (copy := kept_file(folder, file)).exists()}
    design = design_of({**config, "sweep": with_files(config["sweep"], kept)})
    if design.hash != manifest["design_hash"]:
        made = manifest.get("provenance", {}).get("version")
        raise ParameterError("sweep", str(folder), "a folder whose design can be made again; this one's comes out "
                             f"different (made by version {made}; has a file it reads, or a version, changed?)")
    return design


def _check_row(folder: str | Path, manifest: Mapping[str, Any], point: int, overrides: Mapping[str, Any]) -> None:
    """Hold a point against its stored row, if there is one."""
    kinds = {key: kind for key, kind in manifest["columns"].items() if key in overrides}
    row = _stored_row(folder, point, [*kinds, ERROR])
    if row is None:
        return
    for key, kind in kinds.items():
        value = text_of(overrides[key]) if kind == "string" else overrides[key]
        if row[key] != value:
            raise ParameterError("sweep", str(folder), f"rows of its own design; {key} of point {point} is {row[key]} "
                                 f"in its row and {value} in the design")
    if row[ERROR] is not None:
        raise ParameterError("point", point, f"points that could be computed; this one failed: {row[ERROR]}")


def _stored_row(folder: str | Path, point: int, columns: list[str]) -> dict[str, Any] | None:
    for path in part_paths(folder):
        places = np.flatnonzero(read_part(path, [POINT])[POINT].to_numpy() == point)
        if len(places):
            row: dict[str, Any] = read_part(path, columns).slice(int(places[0]), 1).to_pylist()[0]
            return row
    return None


__all__ = ["BranchReplay", "Replay", "branch_study", "replay_config", "replay_row"]
