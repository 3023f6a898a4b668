"""The shipped configuration folder and the scenarios in it.

A scenario file is YAML with the keys of `negotiation.scenario.Scenario`. It may name a parent of the
same folder in Hydra's way (``defaults: [parent, _self_]``) and then gives only what differs; lists are
replaced as a whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario

SUFFIXES = (".yaml", ".yml")


def conf_folder() -> Path:
    """The configuration folder: inside the installed package, or beside it in a source checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def group_names(group: str) -> list[str]:
    """The options of a configuration group, e.g. ``scenario``, sorted."""
    return sorted(path.stem for path in (conf_folder() / group).glob("*.yaml"))


def scenario_names() -> list[str]:
    """The names of the shipped scenarios."""
    return group_names("scenario")


def load_scenario(name: str | Path) -> Scenario:
    """A shipped scenario by name, or one's own by the path of its YAML file.

    Raises:
        ParameterError: no such scenario or file, a file that is not YAML, or a value that is not
            allowed; the message names the key.
    """
    return Scenario.from_dict(scenario_values(name))


def scenario_values(name: str | Path) -> dict[str, Any]:
    """The values of a scenario file as nested dicts and lists, its parents merged in; unchecked.

    Raises:
        ParameterError: no such scenario or file, or a file that is not a YAML mapping.
    """
    return _load(_locate(name), ())


def _locate(name: str | Path) -> Path:
    text = str(name)
    if text.endswith(SUFFIXES):
        if not Path(text).is_file():
            raise ParameterError("scenario", text, "the path of an existing YAML file")
        return Path(text)
    path = conf_folder() / "scenario" / f"{text}.yaml"
    if text not in scenario_names():
        raise ParameterError("scenario", text, "one of " + ", ".join(scenario_names())
                             + ", or the path of a .yaml file")
    return path


def _load(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    # omegaconf reads numbers as Hydra does (1e-3 is one); it is not needed by the core.
    from omegaconf import DictConfig, OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    if path in seen:
        raise ParameterError("scenario", str(path), "parents that do not lead back to the file")
    try:
        loaded = OmegaConf.load(path)
    except (YAMLError, UnicodeDecodeError, OSError) as error:
        reason = " ".join(str(error).split())
        raise ParameterError("scenario", str(path), f"a readable YAML file ({reason})") from None
    if not isinstance(loaded, DictConfig):
        raise ParameterError("scenario", str(path), "a YAML mapping of keys to values")
    try:
        return _merged(path, loaded, seen)
    except (TypeError, ValueError, OmegaConfBaseException) as error:
        if isinstance(error, ParameterError):
            raise
        reason = " ".join(str(error).split())
        raise ParameterError("scenario", str(path), f"keys of the same shape as its parent's ({reason})") from None


def _merged(path: Path, loaded: Any, seen: tuple[Path, ...]) -> dict[str, Any]:
    from omegaconf import OmegaConf

    parents = loaded.pop("defaults", ["_self_"])
    merged: Any = OmegaConf.create({})
    for parent in parents:
        if parent == "_self_":
            merged = OmegaConf.merge(merged, loaded)
        else:
            beside = path.parent / f"{parent}.yaml"
            values = _load(beside if beside.is_file() else _locate(str(parent)), (*seen, path))
            merged = OmegaConf.merge(merged, values)
    if "_self_" not in parents:
        merged = OmegaConf.merge(merged, loaded)
    plain = OmegaConf.to_container(merged, resolve=True)
    return {str(key): value for key, value in plain.items()} if isinstance(plain, dict) else {}
