"""The ``negotiation-collect`` command: joins the shards of a sweep into one folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; leaves with status 0, 1 (points are missing) or 2 (refused, one line says why)."""
    parser = argparse.ArgumentParser(
        prog="negotiation-collect", description="Join the shards of one sweep into a folder that load_sweep reads.",
        epilog="Shards are made with sweep.shard=1/N to N/N; a folder that holds them, such as a multirun's, will do. "
               "What is missing can be computed afterwards: the sweep's command with sweep.resume=TARGET and no shard.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="a shard, or a folder of shards")
    parser.add_argument("--into", required=True, type=Path, metavar="TARGET", help="the joined sweep's folder")
    given = parser.parse_args(arguments)
    from negotiation.refusals import leave

    try:
        missing = collect(given.folders, given.into)
    except Exception as error:
        leave(error)
        raise
    if missing:
        print(f"negotiation-collect: {missing:,} points of the design are missing", file=sys.stderr)
        sys.exit(1)


def collect(folders: Sequence[Path], target: Path) -> int:
    """Join shards; returns the number of points that are in none of them.

    Args:
        folders: of shards, or folders with shards in them.
        target: the joined sweep's folder.

    Raises:
        ParameterError: a folder holds no sweep, or another one.
        OSError: the target cannot be written.
    """
    from pyarrow import ArrowException
    from pyarrow import parquet as pq

    from negotiation.parameters import ParameterError
    from negotiation.sweep.joining import join
    from negotiation.sweep.manifest import MANIFEST, read_manifest
    from negotiation.sweep.run import progress_bar
    from negotiation.sweep.store import part_paths
    from negotiation.terminal import console

    shards: list[Path] = []
    for folder in folders:
        inner = ([folder] if (folder / MANIFEST).is_file()
                 else sorted(path.parent for path in folder.glob(f"*/{MANIFEST}")
                             if path.parent.resolve() != target.resolve()))
        if not inner:
            raise ParameterError("FOLDER", str(folder), "a sweep's folder, or a folder with sweeps' folders in it")
        shards += inner
    rows = 0
    with suppress(ArrowException):  # a damaged part is told of when it is joined
        rows = sum(pq.read_metadata(path).num_rows for shard in shards for path in part_paths(shard))
    with progress_bar(rows, console(stderr=True), "rows") as report:
        missing = join(shards, target, None if report is None else lambda count: report(count, 0))
    manifest = read_manifest(target)
    print(f"{target}/  {len(shards)} folders joined: {manifest['points'] - missing:,} of {manifest['points']:,} points")
    return missing


if __name__ == "__main__":
    main()
