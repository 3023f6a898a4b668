"""The folder of a sweep: the same bits back, nothing twice, one schema, and no other sweep's rows."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from pyarrow import parquet as pq
from sweep_folders import FIRMNESS, FLOATS, GRID, ROUNDS, TOKYO, VERSIONS, manifest_of, opened, rows_of

from negotiation.parameters import ParameterError
from negotiation.sweep import store as store_module
from negotiation.sweep.design import Design, make_design
from negotiation.sweep.manifest import read_manifest
from negotiation.sweep.rows import RESULTS, kinds_of, row_schema, to_columns
from negotiation.sweep.store import SweepStore, part_paths
from negotiation.sweep.table import load_sweep


@pytest.fixture(scope="module")
def design() -> Design:
    return make_design(GRID, 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sweep"


# ----------------------------------------------------------------------------------------------- rows and values


def test_a_table_comes_back_with_its_columns_in_order(folder: Path, design: Design) -> None:
    with opened(folder, design) as store:
        store.append(rows_of(design, range(20, 30)))
        store.append({name: values.to_numpy() for name, values in rows_of(design, range(20)).items()})
    table = load_sweep(folder)
    assert list(table) == ["point", FIRMNESS, TOKYO, ROUNDS, *RESULTS]
    assert list(RESULTS)[:2] == ["exact", "probability_settlement"]
    assert list(RESULTS)[-3:] == ["episodes", "wall_time", "error"]
    assert table["point"].tolist() == list(range(30))
    expected = rows_of(design, range(30))
    for name in ("point", FIRMNESS, TOKYO, ROUNDS, *FLOATS, "exact", "episodes"):
        assert table[name].tolist() == expected[name].tolist()
    assert table["error"].isna().all()
    assert (table.axis_keys, table.results, table.missing) == ([FIRMNESS, TOKYO, ROUNDS], list(RESULTS), 0)
    assert table.attrs["manifest"] == read_manifest(folder)


number = st.floats(width=64)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=12)
@given(st.data(), st.integers(1, 12))
def test_every_value_survives_to_the_last_bit(tmp_path_factory: Any, data: Any, count: int) -> None:
    each: dict[str, Any] = {
        "scenario.a": st.floats(allow_nan=False), "scenario.b": st.integers(-2**63, 2**63 - 1), "policy.c": text,
        "engine.d": st.booleans()}
    points = pd.DataFrame({key: pd.Series(data.draw(st.lists(values, min_size=count, max_size=count)), dtype=object)
                           for key, values in each.items()})
    design = Design("list", (), points, np.arange(count))
    rows = rows_of(design, range(count))
    for name in FLOATS[:3]:
        rows[name] = data.draw(st.lists(number, min_size=count, max_size=count))
    rows["episodes"] = data.draw(st.lists(st.integers(0, 2**62), min_size=count, max_size=count))
    errors = data.draw(st.lists(st.none() | text, min_size=count, max_size=count))
    rows["error"] = pd.Series(errors, dtype=object)
    folder = tmp_path_factory.mktemp("bits") / "sweep"
    with opened(folder, design, config={}) as store:
        store.append(rows.sample(frac=1.0, random_state=count))
    table = load_sweep(folder)
    for name in ("scenario.a", *FLOATS):
        there, here = (np.array(values, dtype=np.float64) for values in (table[name], rows[name]))
        assert there.tobytes() == here.tobytes()
    for name in ("scenario.b", "policy.c", "engine.d", "episodes"):
        assert table[name].tolist() == rows[name].tolist()
    assert [None if pd.isna(told) else told for told in table["error"]] == errors
    shutil.rmtree(folder)


def test_kinds_follow_from_the_design_alone() -> None:
    parts = [{"method": "grid", "axes": {"scenario.whole": [1, 2], "scenario.mixed": [1, "x", False, 0.5]}},
             {"method": "zip", "axes": {"scenario.whole": [3], "scenario.number": [0.5]}},
             {"method": "zip", "axes": {"scenario.number": [2], "engine.flag": [True], "scenario.huge": [2**70]}}]
    design = make_design({"method": "union", "designs": parts}, 0)
    schema = row_schema(design.points)
    kinds = kinds_of(schema)
    assert {key: kinds[key] for key in design.points} == {
        "scenario.whole": "int64", "scenario.mixed": "string", "scenario.number": "float64", "engine.flag": "bool",
        "scenario.huge": "string"}
    assert kinds_of(row_schema(design.points.iloc[[0]])) == {**kinds, **dict.fromkeys(
        ["scenario.mixed"], "int64"), **dict.fromkeys(["scenario.number", "engine.flag", "scenario.huge"], "string")}
    assert [field.name for field in schema if field.nullable] == [*design.points, "error"]


def test_a_key_that_a_point_does_not_vary_is_null_and_mixed_kinds_are_texts(folder: Path) -> None:
    parts = [{"method": "grid", "axes": {"scenario.whole": [1, 2], "scenario.mixed": [1, "x", False, 0.5]}},
             {"method": "zip", "axes": {"scenario.huge": [2**70], "engine.flag": [True]}}]
    design = make_design({"method": "union", "designs": parts}, 0)
    with opened(folder, design) as store:
        store.append(rows_of(design, range(len(design))))
    part = pq.read_table(part_paths(folder)[0])
    assert part["scenario.whole"].to_pylist() == [1, 1, 1, 1, 2, 2, 2, 2, None]
    assert part["scenario.mixed"].to_pylist() == ["1", "x", "false", "0.5"] * 2 + [None]
    assert part["scenario.huge"].to_pylist() == [None] * 8 + [str(2**70)]
    assert part["engine.flag"].to_pylist() == [None] * 8 + [True]


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_failed_and_computed_parts_have_one_schema(folder: Path, design: Design, order: tuple[bool, bool]) -> None:
    with opened(folder, design) as store:
        for number, failed in enumerate(order):
            store.append(rows_of(design, [number], failed))
            store.flush()
    schemas = [pq.read_schema(path) for path in part_paths(folder)]
    assert len(schemas) == 2
    assert schemas[0].equals(schemas[1], check_metadata=True)
    assert {b"config_hash": b"c0ffee", b"design_hash": design.hash.encode()}.items() <= schemas[0].metadata.items()
    table = load_sweep(folder)
    failed_row = table.failed.iloc[0]
    assert len(table.failed) == 1
    assert failed_row["error"] == f"point {order.index(True)} failed"
    assert table.failed[FLOATS].isna().all(axis=None)
    assert (bool(failed_row["exact"]), int(failed_row["episodes"])) == (False, 0)
    assert not table.drop(table.failed.index)[FLOATS].isna().any(axis=None)
    assert table.missing == 28


def without(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    return rows.drop(columns=name)


BAD_ROWS = [
    (lambda rows: rows.assign(wealth=1.0), "wealth: no column"),
    (lambda rows: without(rows, "point"), "point: missing"),
    (lambda rows: without(rows, FIRMNESS), f"{FIRMNESS}: missing"),
    (lambda rows: without(rows, "regret_tokyo"), "regret_tokyo: missing"),
    (lambda rows: rows.assign(effort="much"), "effort: not of kind float64"),
    (lambda rows: rows.assign(episodes=1.5), "episodes: not of kind int64"),
    (lambda rows: rows.assign(exact="yes"), "exact: not of kind bool"),
    (lambda rows: rows.assign(point=30), "point: 30 to 30; the design has 30 points"),
    (lambda rows: {**rows.to_dict("list"), "effort": [1.0]}, "effort: 1 values for 2 rows"),
]


@pytest.mark.parametrize(("spoil", "told"), BAD_ROWS, ids=[told for _, told in BAD_ROWS])
def test_rows_of_another_shape_are_refused(folder: Path, design: Design, spoil: Any, told: str) -> None:
    with opened(folder, design) as store, pytest.raises(ValueError, match=re.escape(told)):
        store.append(spoil(rows_of(design, [0, 1])))
    assert part_paths(folder) == []


def test_a_key_may_not_have_the_name_of_a_result() -> None:
    with pytest.raises(ParameterError, match=r"sweep.axes: 'regret_tokyo'"):
        row_schema(pd.DataFrame({"regret_tokyo": [100, 1000]}))


# --------------------------------------------------------------------------------------------------------- parts


def test_parts_are_of_at_most_so_many_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "PART_ROWS", 40)
    design = make_design({"method": "grid", "axes": {ROUNDS: list(range(100, 250))}}, 0)
    with opened(folder, design) as store:
        store.append(rows_of(design, range(5)))
        assert part_paths(folder) == []
        assert store.finished().tolist() == []
        store.append(rows_of(design, range(5, 150)[::-1]))
        assert len(store.finished()) == 120
    assert [pq.read_metadata(path).num_rows for path in part_paths(folder)] == [40, 40, 40, 30]
    assert part_paths(folder)[0].name == "part-000000-0.parquet"
    assert load_sweep(folder)["point"].tolist() == list(range(150))


def test_rows_wait_two_seconds_or_a_fiftieth_of_the_time(folder: Path, design: Design,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    clock, written = [0.0], []
    monkeypatch.setattr(store_module, "monotonic", lambda: clock[-1])
    with opened(folder, design) as store:
        for point, now in enumerate([0.0, 1.9, 2.0, 3.0, 4.9, 5.0, 10_000.0, 10_150.0, 10_205.0]):
            clock.append(now)
            store.append(rows_of(design, [point]))
            written.append(len(part_paths(folder)))
    assert written == [0, 0, 1, 1, 1, 2, 2, 2, 3]


def test_a_long_run_leaves_a_few_hundred_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 2_880  # a point every five minutes, for ten days
    design = make_design({"method": "grid", "axes": {ROUNDS: {"low": 0, "high": count - 1, "integer": True}}}, 0)
    now, parts = 0.0, []
    monkeypatch.setattr(store_module, "monotonic", lambda: now)
    monkeypatch.setattr(SweepStore, "_write_part", lambda store, table: parts.append(len(table)))
    rows = to_columns(rows_of(design, range(count)), kinds_of(row_schema(design.points)))
    with opened(folder, design) as store:
        for point in range(count):
            now = point * 300.0
            store.append({name: values[point:point + 1] for name, values in rows.items()})
    assert sum(parts) == count
    assert 100 < len(parts) < 600


def test_a_point_is_stored_once(folder: Path, design: Design) -> None:
    with opened(folder, design) as store:
        store.append(rows_of(design, [3, 4, 3]))
        store.append(rows_of(design, [4, 5]))
        store.flush()
        store.append(rows_of(design, [5, 3, 6]))
    assert [pq.read_table(path)["point"].to_pylist() for path in part_paths(folder)] == [[3, 4, 5], [6]]


def test_a_point_that_stands_in_two_parts_counts_once(folder: Path, design: Design) -> None:
    with opened(folder, design) as store:
        store.append(rows_of(design, [1, 0]))
    part = part_paths(folder)[0]
    spoiled = pq.read_table(part).to_pandas().assign(effort=99.0)
    pq.write_table(pa.Table.from_pandas(spoiled, pq.read_schema(part)), part.with_name("part-000001-0.parquet"))
    table = load_sweep(folder)
    assert table["point"].tolist() == [0, 1]
    assert 99.0 not in table["effort"].tolist()


def test_work_is_kept_when_the_block_fails(folder: Path, design: Design) -> None:
    with pytest.raises(KeyboardInterrupt), opened(folder, design) as store:
        store.append(rows_of(design, [8]))
        raise KeyboardInterrupt
    assert load_sweep(folder)["point"].tolist() == [8]


def test_an_empty_sweep_is_an_empty_table(folder: Path, design: Design) -> None:
    opened(folder, design).close()
    table = load_sweep(folder)
    assert (len(table), table.missing, table["effort"].dtype, table["episodes"].dtype) == (0, 30, "float64", "int64")


# ------------------------------------------------------------------------------------------------------ resuming


def test_a_resumed_store_goes_on_numbering(folder: Path, design: Design) -> None:
    for start in (0, 10, 20):
        with opened(folder, design) as store:
            assert store.finished().tolist() == list(range(start))
            assert store.finished().dtype == np.int64
            store.append(rows_of(design, range(start, start + 10)))
            assert store.notes == []
    assert [path.name for path in part_paths(folder)] == [
        "part-000000-0.parquet", "part-000001-10.parquet", "part-000002-20.parquet"]
    with SweepStore.open(folder, read_manifest(folder)) as store:  # the columns may come from the manifest
        assert len(store.finished()) == 30


def test_infinity_in_the_configuration_survives(folder: Path, design: Design) -> None:
    config = {"scenario": {"tokyo": {"precision": float("inf")}, "low": float("-inf"), "name": "inf", "share": 0.1},
              "sweep": {"axes": {"a.b": [1, 2.0, "1e3", "on"]}}}
    for _ in range(2):
        with opened(folder, design, config=config, seed=2**127) as store:
            assert store.manifest["config"] == config
    assert read_manifest(folder)["config"] == config
    assert read_manifest(folder)["seed"] == 2**127
    assert OmegaConf.to_container(OmegaConf.load(folder / "config.yaml")) == config


CONFIG = {"scenario": {"rounds": 26, "tokyo": {"precision": 2.5, "ladder": [1.0, 2.0]}}, "seed": 7}
OTHERS = [
    ({"seed": 8}, "seed: 7 there against 8 here"),
    ({"shard": [1, 3]}, "shard: None there against [1, 3] here"),
    ({"design_hash": "other"}, "design_hash: '"),
    ({"config_hash": "x", "config": {**CONFIG, "scenario": {"rounds": 52, "tokyo": {
        "precision": 2.5, "ladder": [1.0, 3.0]}}}},
     "scenario.rounds: 26 there against 52 here; scenario.tokyo.ladder[1]: 2.0 there against 3.0 here"),
    ({"config_hash": "x", "config": {"scenario": CONFIG["scenario"], "seed": 7.0, "episodes": 5}},
     "seed: 7 there against 7.0 here; episodes: absent there against 5 here"),
    ({"config_hash": "x", "config": CONFIG}, "config_hash: 'c0ffee' there against 'x' here"),
    ({"config_hash": "x", "config": {**CONFIG, "more": {f"key{n}": n for n in range(11)}}}, "; and 3 more"),
]


@pytest.mark.parametrize(("changed", "told"), OTHERS, ids=[told[:30] for _, told in OTHERS])
def test_another_sweeps_folder_is_refused_with_the_difference(folder: Path, design: Design,
                                                              changed: dict[str, Any], told: str) -> None:
    with opened(folder, design, config=CONFIG) as store:
        store.append(rows_of(design, [1]))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(ParameterError) as caught:
        opened(folder, design, **{"config": CONFIG, **changed})
    line = str(caught.value)
    assert (caught.value.key, caught.value.value) == ("sweep.resume", str(folder))
    assert told in line
    assert "\n" not in line
    assert line.count(" there against ") <= 8
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    opened(folder, design, config=CONFIG).close()  # the refused one has let go of the lock


def test_a_configuration_explains_its_design(folder: Path, design: Design) -> None:
    opened(folder, design, config=CONFIG).close()
    with pytest.raises(ParameterError) as caught:
        opened(folder, design, config={**CONFIG, "seed": 1}, config_hash="x", design_hash="y", seed=1)
    assert "design_hash" not in str(caught.value)


def test_other_columns_are_a_difference(folder: Path, design: Design) -> None:
    opened(folder, design).close()
    schema = row_schema(design.points).append(pa.field("wealth", pa.float64()))
    with pytest.raises(ParameterError, match=r"columns.wealth: absent there against 'float64' here"):
        SweepStore.open(folder, manifest_of(design), schema)


def test_other_versions_are_noted_and_recorded(folder: Path, design: Design) -> None:
    opened(folder, design).close()
    newer = {**VERSIONS, "version": "0.2.0", "commit": "def", "packages": {"numpy": "2.4.0"}, "created": "today"}
    for created in ("today", "tomorrow"):
        with opened(folder, design, provenance={**newer, "created": created}) as store:
            assert store.notes == ["made with negotiation 0.1.0 at commit abc, numpy 2.0.0; "
                                   "now negotiation 0.2.0 at commit def, numpy 2.4.0"]
    assert read_manifest(folder)["provenance"] == VERSIONS
    assert read_manifest(folder)["resumed_with"] == [newer]
    with opened(folder, design, provenance={**VERSIONS, "created": "later"}) as store:
        assert store.notes == []


def test_left_drafts_are_removed_and_never_read(folder: Path, design: Design) -> None:
    with opened(folder, design) as store:
        store.append(rows_of(design, [2]))
    part = part_paths(folder)[0]
    left = [part.with_name(f".{part.name}.123.456.part"), folder / ".manifest.json.123.456.part",
            folder / "design" / ".1-points.csv.123.456.part"]
    left[2].parent.mkdir()
    foreign = folder / ".figure.png.123.456.part"  # somebody else's draft, perhaps being written
    for path in (*left, foreign):
        path.write_bytes(part.read_bytes()[:100])
    assert load_sweep(folder)["point"].tolist() == [2]
    with opened(folder, design) as store:
        assert store.finished().tolist() == [2]
        assert [path.exists() for path in (*left, foreign)] == [False, False, False, True]


def test_an_unreadable_part_is_set_aside_and_computed_again(folder: Path, design: Design) -> None:
    with opened(folder, design) as store:
        for point in range(3):
            store.append(rows_of(design, [point]))
            store.flush()
    broken, empty = part_paths(folder)[1:]
    broken.write_bytes(broken.read_bytes()[:-50])
    empty.write_bytes(b"")
    with pytest.raises(ParameterError, match=r"part-000001-1.parquet.*resume the sweep"):
        load_sweep(folder)
    with opened(folder, design) as store:
        assert store.finished().tolist() == [0]
        assert [note.split()[0] for note in store.notes] == [broken.name, empty.name]
        store.append(rows_of(design, [1, 2]))
    assert load_sweep(folder)["point"].tolist() == [0, 1, 2]
    assert part_paths(folder)[1].name == "part-000003-1.parquet"


def test_a_part_of_another_sweep_is_refused(folder: Path, design: Design, tmp_path: Path) -> None:
    opened(folder, design).close()
    with opened(tmp_path / "other", design, config_hash="other") as store:
        store.append(rows_of(design, [1]))
    shutil.copy(part_paths(tmp_path / "other")[0], folder / "parts")
    with pytest.raises(ParameterError, match=r"part-000000-1.parquet.*parts of this sweep only"):
        opened(folder, design)


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", "not json"])
def test_a_folder_without_a_manifest_is_no_sweep(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    for read in (read_manifest, load_sweep):
        with pytest.raises(ParameterError, match=r"^sweep: '.*' is not allowed; allowed: a folder with manifest.json"):
            read(tmp_path)
    with pytest.raises(ParameterError, match=r"a folder with manifest.json made by a sweep"):
        read_manifest(tmp_path / "nowhere")


def test_a_later_format_is_refused(folder: Path, design: Design) -> None:
    opened(folder, design).close()
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(ParameterError, match="a folder of format 1; this one has 2"):
        load_sweep(folder)
