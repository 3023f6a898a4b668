"""``python -m negotiation.documents``: writes the generated parts of ``docs/``, or prints one for a scenario."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from negotiation.documents import REFERENCE, printed, stale
from negotiation.documents.printing import as_page
from negotiation.files import write_text
from negotiation.library import load_scenario
from negotiation.parameters import ParameterError
from negotiation.refusals import leave


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; leaves with status 0, 1 (``--check`` found a page that differs) or 2 (refused, in one line)."""
    parser = argparse.ArgumentParser(
        prog="python -m negotiation.documents",
        description="Write the generated parts of the documents, or print one of them for a scenario.")
    parser.add_argument("part", nargs="?", metavar="PART", help="print this part, e.g. payoff-card or role-sheets")
    parser.add_argument("scenario", nargs="?", default=REFERENCE, metavar="SCENARIO",
                        help="for this scenario: a name, or the path of a YAML file")
    parser.add_argument("--into", type=Path, metavar="FILE", help="write the part into this file instead; .html is "
                        "for a browser to show and print, anything else is Markdown")
    parser.add_argument("--check", action="store_true", help="write nothing, and name the pages that differ")
    parser.add_argument("--docs", type=Path, default=Path("docs"), metavar="FOLDER", help="the folder of the pages")
    given = parser.parse_args(arguments)
    try:
        if given.part is not None:
            scenario = load_scenario(given.scenario)
            tell(printed(given.part, scenario), given.into, scenario.title)
            return
        if not given.docs.is_dir():
            raise ParameterError("--docs", str(given.docs), "the folder of the pages, docs in the project's own folder")
        found = stale(given.docs, write=not given.check)
    except Exception as error:
        leave(error)
        raise
    for path in found:
        print(path if given.check else f"{path} written")
    if given.check and found:
        print("negotiation.documents: these pages differ; run python -m negotiation.documents", file=sys.stderr)
        sys.exit(1)


def tell(text: str, file: Path | None, title: str) -> None:
    """Print a part, or write it into a file.

    Raises:
        OSError: the file cannot be written.
    """
    if file is None:
        print(text)
        return
    write_text(file, as_page(text, title) if file.suffix == ".html" else text)
    print(file)


if __name__ == "__main__":
    main()
