"""The table of a sweep: other readers, arrays, and shards joined to the whole."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet as pq
from sweep_folders import FIRMNESS, FLOATS, GRID, ROUNDS, TOKYO, VERSIONS, opened, rows_of, same

from negotiation.parameters import ParameterError
from negotiation.sweep import store as store_module
from negotiation.sweep.design import Design, make_design
from negotiation.sweep.joining import join
from negotiation.sweep.manifest import read_manifest
from negotiation.sweep.store import part_paths
from negotiation.sweep.table import SweepTable, load_sweep


@pytest.fixture(scope="module")
def design() -> Design:
    return make_design(GRID, 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sweep"


# ------------------------------------------------------------------------------------------------- other readers


@pytest.fixture
def finished(folder: Path, design: Design) -> Path:
    """A finished sweep in three parts, one point of which failed."""
    with opened(folder, design) as store:
        store.append(rows_of(design, range(12, 30)))
        store.flush()
        store.append(rows_of(design, range(11)))
        store.flush()
        store.append(rows_of(design, [11], failed=True))
    return folder


def test_duckdb_reads_the_parts_as_they_lie(finished: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    with duckdb.connect() as connection:
        found = connection.sql(f"SELECT * FROM '{finished}/parts/*.parquet' ORDER BY point").to_arrow_table()
    table = load_sweep(finished)
    assert found.column_names == list(table)
    for name in ("point", FIRMNESS, TOKYO, ROUNDS, *FLOATS, "exact", "episodes"):
        np.testing.assert_array_equal(found[name].to_pandas().to_numpy(), table[name].to_numpy())


def test_polars_reads_the_parts_as_they_lie(finished: Path) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    found = polars.read_parquet(f"{finished}/parts/*.parquet").sort("point")
    table = load_sweep(finished)
    assert found.columns == list(table)
    for name in ("point", FIRMNESS, TOKYO, ROUNDS, *FLOATS, "exact", "episodes"):
        np.testing.assert_array_equal(np.array(found[name].to_list()), np.array(table[name].to_list()))
    assert found["error"].null_count() == 29


def test_columns_are_read_on_their_own(finished: Path) -> None:
    whole, part = load_sweep(finished), load_sweep(str(finished), columns=["effort", TOKYO])
    same(part, whole[["point", TOKYO, "effort"]])
    assert part.axis_keys == [TOKYO]
    with pytest.raises(ParameterError, match="columns: 'wealth' is not allowed; allowed: one of point"):
        load_sweep(finished, columns=["wealth"])


def test_a_table_stays_a_table(finished: Path) -> None:
    table = load_sweep(finished)
    for derived in (table[table["point"] > 20], table.query("point > 20"), table.iloc[21:], table.copy(),
                    table.sort_values("effort").assign(more=1.0)):
        assert isinstance(derived, SweepTable)
        assert derived.axis_keys == table.axis_keys
        assert derived.missing == 30 - len(derived)
    assert table.failed["point"].tolist() == [11]
    assert list(table.describe().columns) != []  # pandas' own `axes` are left to pandas


# ----------------------------------------------------------------------------------------------------- to xarray


def test_a_grid_is_an_array_with_an_axis_a_key(finished: Path) -> None:
    pytest.importorskip("xarray", reason="xarray is not installed")
    dataset = load_sweep(finished).to_xarray()
    assert dict(dataset.sizes) == {FIRMNESS: 5, TOKYO: 2, ROUNDS: 3}
    assert dataset[FIRMNESS].values.tolist() == [0.0, 0.75, 1.5, 2.25, 3.0]
    assert dataset[TOKYO].values.tolist() == ["hawk", "dove"]  # as the design names them
    assert dataset[ROUNDS].values.tolist() == [4, 9, 26]  # ascending
    by_hand = np.arange(30).reshape(5, 2, 3)[:, :, [1, 2, 0]]
    np.testing.assert_array_equal(dataset["point"].values, by_hand)
    assert dataset["point"].dtype == np.int64
    effort = np.sin((by_hand + 1.0) * (FLOATS.index("effort") + 1.0))
    np.testing.assert_array_equal(dataset["effort"].values, np.where(by_hand == 11, np.nan, effort))  # 11 failed
    assert dataset["error"].sel({FIRMNESS: 0.75, TOKYO: "dove", ROUNDS: 9}).item() == "point 11 failed"
    assert (dataset["error"].values == "").sum() == 29
    assert dataset["exact"].dtype == np.bool_
    assert dataset.attrs == {"method": "grid", "config_hash": "c0ffee", "seed": 7, "version": "0.1.0", "commit": "abc",
                             "design_hash": make_design(GRID, 0).hash}


def test_missing_points_are_nan_and_their_levels_stay(folder: Path, design: Design) -> None:
    pytest.importorskip("xarray", reason="xarray is not installed")
    with opened(folder, design) as store:
        store.append(rows_of(design, [0, 13]))
    dataset = load_sweep(folder).to_xarray()
    assert dict(dataset.sizes) == {FIRMNESS: 5, TOKYO: 2, ROUNDS: 3}
    for name in ("effort", "exact", "episodes", "point"):
        assert int(dataset[name].notnull().sum()) == 2
    assert dataset["point"].sel({FIRMNESS: 1.5, TOKYO: "hawk", ROUNDS: 4}).item() == 13


def test_a_list_that_is_a_partial_grid_is_an_array(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("xarray", reason="xarray is not installed")
    pd.DataFrame({"scenario.a": [2.5, 2.5, 0.5], "policy.b": ["z", "a", "z"]}).to_csv(tmp_path / "l.csv", index=False)
    design = make_design({"method": "list", "file": str(tmp_path / "l.csv")}, 0)
    with opened(folder, design) as store:
        store.append(rows_of(design, range(3)))
    point = load_sweep(folder).to_xarray()["point"]
    assert point.dims == ("scenario.a", "policy.b")
    assert (point["scenario.a"].values.tolist(), point["policy.b"].values.tolist()) == ([0.5, 2.5], ["z", "a"])
    np.testing.assert_array_equal(point.values, [[2, np.nan], [0, 1]])


NO_GRIDS = [
    ({"method": "latin_hypercube", "axes": {"scenario.a": {"low": 0, "high": 1}, "scenario.b": {"low": 0, "high": 1}},
      "points": 40}, "latin_hypercube of 40 points"),
    ({"method": "zip", "axes": {"scenario.a": list(range(50)), "scenario.b": list(range(50))}}, "zip of 50 points"),
    ({"method": "union", "designs": [{"method": "grid", "axes": {"scenario.a": [1, 2]}},
                                     {"method": "grid", "axes": {"scenario.b": [1, 2]}}]}, "scenario.a not given"),
]


@pytest.mark.parametrize(("config", "told"), NO_GRIDS, ids=[told for _, told in NO_GRIDS])
def test_points_that_are_no_grid_are_refused(folder: Path, config: dict[str, Any], told: str) -> None:
    pytest.importorskip("xarray", reason="xarray is not installed")
    design = make_design(config, 0)
    with opened(folder, design) as store:
        store.append(rows_of(design, range(len(design))))
    with pytest.raises(ParameterError, match=told):
        load_sweep(folder).to_xarray()


def test_without_xarray_the_way_to_it_is_told(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ParameterError, match=r"pip install 'negotiation\[sweep\]'"):
        load_sweep(finished).to_xarray()


# ------------------------------------------------------------------------------------------------------- joining


def shards(tmp_path: Path, design: Design, points: Mapping[int, Any]) -> list[Path]:
    folders = []
    for shard, own in points.items():
        folders.append(tmp_path / f"shard{shard}")
        with opened(folders[-1], design, shard=[shard, len(points)]) as store:
            for point in own:
                store.append(rows_of(design, [point]))
                store.flush()
    return folders


def test_joined_shards_equal_the_whole(tmp_path: Path, design: Design) -> None:
    folders = shards(tmp_path, design, {shard: [*range(shard - 1, 30, 3), 7] for shard in (1, 2, 3)})
    with opened(tmp_path / "whole", design) as store:
        store.append(rows_of(design, range(30)))
    assert join(folders, tmp_path / "joined") == 0
    same(load_sweep(tmp_path / "joined"), load_sweep(tmp_path / "whole"))
    assert read_manifest(tmp_path / "joined") == read_manifest(tmp_path / "whole")
    assert len(part_paths(tmp_path / "joined")) == 3  # the little parts are put together
    assert sum(pq.read_metadata(path).num_rows for path in part_paths(tmp_path / "joined")) == 30
    assert join(folders, tmp_path / "joined") == 0  # once more changes nothing
    assert len(part_paths(tmp_path / "joined")) == 3


def test_joining_counts_what_is_missing_and_the_rest_can_be_resumed(tmp_path: Path, design: Design) -> None:
    folders = shards(tmp_path, design, {1: range(10), 2: range(12, 20)})
    assert join(folders, tmp_path / "joined") == 12
    with opened(tmp_path / "joined", design) as store:
        assert store.finished().tolist() == [*range(10), *range(12, 20)]
        store.append(rows_of(design, range(30)))
    assert load_sweep(tmp_path / "joined").missing == 0


def test_parts_are_joined_up_to_their_size(tmp_path: Path, design: Design, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = shards(tmp_path, design, {1: range(30)})
    monkeypatch.setattr(store_module, "PART_ROWS", 8)
    join(folders, tmp_path / "joined")
    assert [pq.read_metadata(path).num_rows for path in part_paths(tmp_path / "joined")] == [8, 8, 8, 6]


def test_shards_of_other_sweeps_are_not_joined(tmp_path: Path, design: Design) -> None:
    first = shards(tmp_path, design, {1: [0]})[0]
    for name, changed, told in (("seed", {"seed": 8}, "seed: 7 there against 8 here"),
                                ("design", {"design_hash": "x"}, "design_hash"),
                                ("config", {"config_hash": "x"}, "config_hash")):
        opened(tmp_path / name, design, shard=[2, 2], **changed).close()
        with pytest.raises(ParameterError, match=told) as caught:
            join([first, tmp_path / name], tmp_path / "joined")
        assert (caught.value.key, caught.value.value) == ("shards", str(tmp_path / name))
    for folders, told in (([], "at least one folder"), ([first, tmp_path / "joined"], "manifest.json"),
                          ([tmp_path], "manifest.json")):
        with pytest.raises(ParameterError, match=told):
            join(folders, tmp_path / "joined")
    with pytest.raises(ParameterError, match="other than the one to join them in"):
        join([first], first)
    assert not (tmp_path / "joined").exists()


def test_versions_of_all_shards_are_recorded(tmp_path: Path, design: Design) -> None:
    newer = {**VERSIONS, "version": "0.2.0"}
    opened(tmp_path / "a", design, shard=[1, 2]).close()
    opened(tmp_path / "b", design, shard=[2, 2], provenance=newer).close()
    join([tmp_path / "a", tmp_path / "b"], tmp_path / "joined")
    assert read_manifest(tmp_path / "joined")["resumed_with"] == [newer]
