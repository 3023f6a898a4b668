"""A class's moves as files: CSV, Parquet, and everything together in one archive; and their replay.

Files are pseudonymous unless names are asked for. A table's moves can be replayed by the engines without the database:
`replay` plays them through `negotiation.engines.dispute.Dispute`, or through Mesa, and compares weeks and outcomes.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula. In the CSV file, texts that
begin so get an apostrophe in front (as do those that begin with one), which `read_moves` takes off again.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from negotiation.engines.dispute import Chooser, Dispute, Observation
from negotiation.game import compile_game
from negotiation.parameters import ParameterError
from negotiation.seminar.debrief_moves import COLUMNS, WEEKLY, counted, labels, moves_table
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import Settings
from negotiation.seminar.talk import MESSAGE
from negotiation.version import __version__
from negotiation.vocabulary import Actor, Move, Outcome, Stance

if TYPE_CHECKING:
    from pandas import DataFrame

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
TEXTS = ("treatment", "seat", "order", "by", "person", "stance", "leader", "first_move", "move", "best", "move_tokyo",
         "move_seoul", "chance", "outcome")
TRUTHS = ("standstill", "undone")
WHOLE = ("table", "week", "entry", "rung_tokyo", "rung_seoul", "appeals", "state")
ABOUT = b"negotiation"


def safe_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith((*FORMULA, "'")) else text


def plain_text(text: str) -> str:
    """What `safe_text` was given."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*FORMULA, "'")) else text


def about_class(seminar: Seminar, room: int) -> dict[str, Any]:
    """What a replay needs beside the moves: settings and seed; no secret, no name, no code."""
    found = seminar.room(room)
    return {"version": __version__, "seed": str(found.seed), "settings": json.loads(found.settings.to_json())}


def class_moves(seminar: Seminar, room: int, names: bool = False, undone: bool = False) -> DataFrame:
    """The moves of a class that stand, of people and agents.

    Args:
        seminar: to read from.
        room: the class.
        names: names instead of pseudonyms.
        undone: also those that were taken back.
    """
    moves = moves_table(seminar, room, names=names)
    return moves if undone else counted(moves, people=False).reset_index(drop=True)


def csv_bytes(moves: DataFrame) -> bytes:
    """The moves as CSV (UTF-8 with a mark, so that spreadsheets know it), numbers in full precision."""
    safe = moves.assign(**{column: moves[column].map(safe_text) for column in TEXTS})
    text: str = safe.to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8-sig")


def parquet_bytes(moves: DataFrame, about: Mapping[str, Any]) -> bytes:
    """The moves as Parquet, with settings and seed inside, so that the one file can be replayed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(_typed(moves), preserve_index=False)
    told = {**(table.schema.metadata or {}), ABOUT: json.dumps(about, ensure_ascii=False).encode()}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(told), buffer)
    return buffer.getvalue()


def read_moves(path: str | Path) -> DataFrame:
    """Moves from an exported CSV or Parquet file; of the latter with ``attrs["about"]``.

    Raises:
        ParameterError: the file is not such an export.
    """
    import pandas as pd
    import pyarrow.parquet as pq

    path = Path(path)
    try:
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            moves = table.to_pandas()
            moves.attrs["about"] = json.loads((table.schema.metadata or {}).get(ABOUT, b"{}"))
        else:
            # As texts first: Python's own reading of a number gives back the last bit.
            moves = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
            for column in COLUMNS:
                moves[column] = [_read(column, cell) for cell in moves[column]]
        return _typed(moves[list(COLUMNS)])
    except (OSError, ValueError, KeyError) as error:
        raise ParameterError("file", str(path), f"an exported file of moves ({' '.join(str(error).split())})") from None


def _read(column: str, cell: str) -> str | float | bool:
    if column in TEXTS:
        return plain_text(cell)
    if column in TRUTHS:
        return {"True": True, "False": False}[cell]
    return int(cell) if column in WHOLE else float(cell or "nan")


def _typed(moves: DataFrame) -> DataFrame:
    kinds = {**dict.fromkeys(TEXTS, str), **dict.fromkeys(TRUTHS, bool), **dict.fromkeys(WHOLE, int)}
    typed = moves.astype({name: kinds.get(name, float) for name in COLUMNS})
    typed.attrs = dict(moves.attrs)
    return typed


# ------------------------------------------------------------------------------------ replaying


@dataclass(frozen=True)
class Replayed:
    """A table played again.

    Attributes:
        table: its number.
        weeks: how many complete weeks were played.
        same: whether every week has the moves, results of chance and payoffs of the file, and the same outcome.
        outcome: after the weeks played; empty if there are none.
    """

    table: int
    weeks: int
    same: bool
    outcome: str


def replay(moves: DataFrame, about: Mapping[str, Any], mesa: bool = False) -> list[Replayed]:
    """Play exported moves again and compare.

    Args:
        moves: of `class_moves` or `read_moves`.
        about: of `about_class`.
        mesa: through a Mesa model instead of `Dispute`.

    Raises:
        ParameterError: a move is not open where it stands in the file.
    """
    settings, seed = recorded_settings(about), int(about["seed"])
    return [_replayed(int(str(number)), rows, settings, seed, mesa)
            for number, rows in counted(moves, people=False).groupby("table", sort=True)]


def recorded_settings(about: Mapping[str, Any]) -> Settings:
    """The class that moves were played in, without the behaviours of its agents.

    What agents did is in the moves; and the name of a behaviour of somebody's own would import that module, which a
    file from elsewhere must not.

    Args:
        about: of `about_class`.

    Raises:
        ParameterError: it describes no class.
    """
    try:
        plain = {key: value for key, value in about["settings"].items() if key != "behaviours"}
        plain["treatments"] = [{"name": each["name"], "changes": {
            key: value for key, value in each["changes"].items() if key.startswith("scenario.")}}
            for each in plain["treatments"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ParameterError("about", str(error), "what a class's export tells of it") from None
    return Settings.of(plain)


def _replayed(number: int, rows: DataFrame, settings: Settings, seed: int, mesa: bool) -> Replayed:
    scenario = settings.scenario_of(settings.treatment(str(rows["treatment"].iloc[0])))
    told: dict[tuple[int, str], dict[Any, Any]] = {
        (int(row["week"]), str(row["seat"])): row for row in rows.to_dict("records")}
    complete = int(rows.loc[rows["chance"] != "", "week"].max()) if (rows["chance"] != "").any() else 0

    def chooser(actor: Actor) -> Chooser:
        kind: type[Stance] | type[Move] = Stance if actor is Actor.WASHINGTON else Move

        def choose(seen: Observation) -> Stance | Move:
            row = told.get((seen.round, actor.key))
            if row is None:
                raise ValueError(f"{actor.key} has no move in week {seen.round}")
            return kind.parse(row["move"])

        return choose

    choosers = {actor: chooser(actor) for actor in Actor}
    try:
        if mesa:
            from negotiation.engines.mesa_model import NegotiationModel

            model = NegotiationModel(scenario, agents=_mesa_agents(choosers), seed=seed, episode=number)
            dispute, step = model.dispute, cast(Callable[[], object], model.step)
        else:
            dispute = Dispute(compile_game(scenario), choosers, seed, number)
            step = dispute.step
        while dispute.running and len(dispute.weeks) < complete:
            step()
    except ValueError as error:
        raise ParameterError(f"table {number}", str(error), "moves that can be played") from None
    outcome = _outcome(dispute) if dispute.weeks else ""
    said = str(rows["outcome"].iloc[0])
    same = len(dispute.weeks) == complete and (said in ("", outcome)) and all(
        _same_week(week, [told[week.round, actor.key] for actor in Actor]) for week in dispute.weeks)
    return Replayed(number, len(dispute.weeks), same, outcome)


def _mesa_agents(choosers: Mapping[Actor, Callable[[Observation], Any]]) -> dict[str, Any]:
    from negotiation.engines.mesa_model import Disputant, ThirdParty

    def kind(actor: Actor) -> type:
        base: Any = ThirdParty if actor is Actor.WASHINGTON else Disputant
        return type(f"Recorded{actor.key.capitalize()}", (base,), {
            "choose": lambda self, observation: choosers[actor](observation)})

    return {actor.key: kind(actor) for actor in Actor}


def _outcome(dispute: Dispute) -> str:
    return Outcome(int(dispute.record()["outcome"])).key


def _same_week(week: Any, rows: list[dict[Any, Any]]) -> bool:
    told = {"move_tokyo": week.moves[0].key, "move_seoul": week.moves[1].key, "chance": week.chance.key,
            **{f"payoff_{actor.key}": week.payoffs[actor] for actor in Actor},
            **{f"end_{actor.key}": week.end_payoffs[actor] for actor in Actor}}
    return set(told) == set(WEEKLY) and all(row[name] == value for row in rows for name, value in told.items()) and all(
        row["leader"] == week.leader.key and row["stance"] == week.stance.key for row in rows)


# ------------------------------------------------------------------------------------ writing


def export_files(seminar: Seminar, room: int, names: bool = False, moves: DataFrame | None = None) -> dict[str, bytes]:
    """File name to content: ``moves.csv``, ``moves.parquet`` and ``class.json`` (settings and seed).

    Args:
        seminar: to read from.
        room: the class.
        names: names instead of pseudonyms.
        moves: of `class_moves`, where they are known.
    """
    moves, about = class_moves(seminar, room, names) if moves is None else moves, about_class(seminar, room)
    return {"moves.csv": csv_bytes(moves), "moves.parquet": parquet_bytes(moves, about),
            "class.json": (json.dumps(about, indent=2, ensure_ascii=False) + "\n").encode()}


def messages_bytes(seminar: Seminar, room: int, names: bool = False) -> bytes:
    """The messages between the capitals as CSV; private notes are in no export.

    What somebody wrote may tell who they are, so no export holds messages unless they are asked for.

    Args:
        seminar: to read from.
        room: the class.
        names: names instead of pseudonyms.

    Returns:
        One row a message: ``table``, ``after`` (how many entries the table's record had), ``seat``, ``to`` (empty:
        the whole table), ``person``, ``text``.
    """
    from pandas import DataFrame

    called = labels(seminar, room, names)
    rows = seminar.store.rows(
        "SELECT *, (SELECT COUNT(*) FROM moves WHERE moves.room = words.room AND moves.table_number = "
        "words.table_number AND moves.at <= words.at) AS after FROM words WHERE room = ? AND kind = ? "
        "ORDER BY table_number, id", room, MESSAGE)
    told = DataFrame([
        (row["table_number"], row["after"], Actor(row["seat"]).key,
         "" if row["recipient"] is None else Actor(row["recipient"]).key, safe_text(called.get(row["person"], "")),
         safe_text(row["text"])) for row in rows], columns=["table", "after", "seat", "to", "person", "text"])
    text: str = told.to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8-sig")


def archive(files: Mapping[str, bytes]) -> bytes:
    """Files in one ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, (2019, 7, 31, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


__all__ = ["Replayed", "about_class", "archive", "class_moves", "csv_bytes", "export_files", "messages_bytes",
           "parquet_bytes", "plain_text", "read_moves", "recorded_settings", "replay", "safe_text"]
