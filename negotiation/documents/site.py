r"""What mkdocs calls while it builds the site (named under ``hooks`` in ``mkdocs.yml``).

Formulas, ``$...$`` and ``$$...$$`` in pages and ``:math:`` in docstrings, become MathML, which browsers draw by
themselves: no script, no fonts and no network.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
BLOCK = re.compile(r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', re.DOTALL)
ROLE = re.compile(r":math:<code>(.*?)</code>", re.DOTALL)
TITLE = re.compile(r"^(```\w+) file=(\S+)$", re.MULTILINE)
TOPICS = "Topics"
OUTSIDE = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#]*)\)")


def on_config(config: Any, **_: Any) -> Any:
    """Pages of the folder itself that the navigation does not name follow under `TOPICS`: none is forgotten."""
    listed = str(config.nav)
    topics = next(entry[TOPICS] for entry in config.nav if TOPICS in entry)
    topics += [path.name for path in sorted(Path(config.docs_dir).glob("*.md")) if f"'{path.name}'" not in listed]
    return config


def on_page_markdown(markdown: str, /, page: Any, **_: Any) -> str:
    """Files of blocks of code are named above them, and files of the project that are no pages by their paths."""
    depth = page.file.src_uri.count("/")

    def named(link: re.Match[str]) -> str:
        if link[2].count("../") <= depth:
            return link[0]
        path = link[2].replace("../", "")
        return f"`{path}`" if link[1].strip("`") in (path, path.rpartition("/")[2]) else f"{link[1]} (`{path}`)"

    return OUTSIDE.sub(named, TITLE.sub(r'\1 title="\2"', markdown))


def on_page_content(content: str, /, **_: Any) -> str:
    """A page's HTML with its formulas as MathML."""
    content = BLOCK.sub(lambda found: mathml(found[1], "block"), content)
    content = INLINE.sub(lambda found: mathml(found[1], "inline"), content)
    return ROLE.sub(lambda found: mathml(found[1], "inline"), content)


def mathml(formula: str, display: str) -> str:
    """A formula, as it stands in HTML, as MathML."""
    from latex2mathml.converter import convert

    text: str = convert(html.unescape(formula).strip(), display=display)
    return text
