"""Putting the shards of a sweep together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from negotiation.parameters import ParameterError
from negotiation.sweep.design import design_files
from negotiation.sweep.manifest import IDENTITY, differences, read_manifest
from negotiation.sweep.store import SweepStore, kept_file


def join(folders: list[Path], target: Path, report: Callable[[int], None] | None = None) -> int:
    """Put the shards of one sweep together, into one folder that is read and resumed like any other.

    Every point is kept once. What stands in the target already is kept, too.

    Args:
        folders: the shards' folders.
        target: the folder to make, or to complete.
        report: called with the number of rows read since the last call.

    Returns:
        How many points of the design are in none of them.

    Raises:
        ParameterError: a folder is no sweep's, or another sweep's, or also the target.
        OSError: the target cannot be written.
    """
    if not folders:
        raise ParameterError("shards", "none", "at least one folder")
    manifests = [read_manifest(folder) for folder in folders]
    for folder, manifest in zip(folders, manifests, strict=True):
        told = differences(manifests[0], manifest, IDENTITY)
        if told:
            raise ParameterError("shards", str(folder), f"shards of the sweep in {folders[0]}; it differs in {told}")
        if Path(folder).resolve() == Path(target).resolve():
            raise ParameterError("shards", str(folder), "folders other than the one to join them in")
    with SweepStore.open(target, {**manifests[0], "shard": None}) as store:
        for folder, manifest in zip(folders, manifests, strict=True):
            files = design_files(manifest["config"].get("sweep") or {})
            store.keep_files({name: kept_file(folder, name) for name in files})
            store.copy_from(folder, report)
            for provenance in (manifest.get("provenance"), *manifest.get("resumed_with", [])):
                store.note_versions(provenance or {})
        return int(store.manifest["points"]) - len(store.finished())


__all__ = ["join"]
