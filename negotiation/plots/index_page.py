"""One static page that lists all experiments: no server, no script, nothing from elsewhere.

All links are relative, so the folder can be moved, sent or put on any web server as it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from negotiation.files import write_text
from negotiation.terms import language, say

INDEX = "index.html"


@dataclass(frozen=True)
class Entry:
    """What the page says of one experiment.

    Attributes:
        name: of the experiment, e.g. ``attention``; unique on the page.
        question: what it asks.
        sentence: the answer.
        pictures: files to show, each with the text for those who cannot see it.
        downloads: other files to link, each with its name, e.g. ``SVG``.
        dossier: the one-page PDF, or None.
        verdict: what became of the expectation, e.g. ``agrees``; empty if none was reached.
        details: more paragraphs, each with what it is, e.g. ``Expectation``.
        command: what makes the experiment again; empty if nothing does.
    """

    name: str
    question: str
    sentence: str
    pictures: Sequence[tuple[Path, str]] = ()
    downloads: Sequence[tuple[Path, str]] = ()
    dossier: Path | None = None
    verdict: str = ""
    details: Sequence[tuple[str, str]] = ()
    command: str = ""


def index_page(folder: str | Path, entries: Sequence[Entry], title: str = "", notes: Sequence[str] = ()) -> Path:
    """Write ``index.html`` into a folder that exists.

    Args:
        folder: of the page; files of entries may lie anywhere on the same drive, best inside it.
        entries: in the order of the page.
        title: of the page; by default *Experiments*.
        notes: paragraphs below the title.

    Returns:
        The page's path.

    Raises:
        ValueError: two entries have one name, or an entry's file does not exist.
        OSError: the page cannot be written.
    """
    home = Path(folder)
    names = [entry.name for entry in entries]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"entries: {twice!r} twice is not allowed; allowed: one entry a name")
    heading = title or say("Experiments")
    text = PAGE.substitute(
        language=language(), title=escape(heading), notes="".join(f"<p>{escape(note)}</p>\n" for note in notes),
        contents="".join(CONTENT.substitute(anchor=_anchor(entry), name=escape(entry.question)) for entry in entries),
        label=escape(say("Experiments")), entries="".join(_section(home, entry) for entry in entries))
    path = home / INDEX
    write_text(path, text)
    return path


def _section(home: Path, entry: Entry) -> str:
    pictures = "".join(PICTURE.substitute(link=_link(home, path, entry), alt=escape(alt))
                       for path, alt in entry.pictures)
    files = [*entry.downloads]
    if entry.dossier is not None:
        files.insert(0, (entry.dossier, say("One page (PDF)")))
    links = " · ".join(LINK.substitute(link=_link(home, path, entry), name=escape(name)) for path, name in files)
    verdict = ""
    if entry.verdict:
        verdict = VERDICT.substitute(word=escape(say("Verdict")), verdict=escape(say(entry.verdict)))
    return SECTION.substitute(
        anchor=_anchor(entry), question=escape(entry.question), sentence=escape(entry.sentence), verdict=verdict,
        pictures=pictures, links=f'<p class="files">{links}</p>\n' if links else "",
        details="".join(DETAIL.substitute(word=escape(word), text=escape(text)) for word, text in entry.details),
        command=f'<p class="detail"><code>{escape(entry.command)}</code></p>\n' if entry.command else "")


def _link(home: Path, path: Path, entry: Entry) -> str:
    """A path as seen from the page, safe in an attribute."""
    if not path.is_file():
        raise ValueError(f"entry {entry.name!r}: {path} is not allowed; allowed: existing files")
    return escape(quote(Path(os.path.relpath(path.absolute(), home.absolute())).as_posix()))


def _anchor(entry: Entry) -> str:
    return escape(quote(entry.name))


PAGE = Template("""<!DOCTYPE html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ink: #1a1a1a; --quiet: #595959; --paper: #ffffff;
  --rule: #d8d8d8; --link: #1b5f8a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --quiet: #b0b0b0; --paper: #17191c; --rule: #44484d; --link: #8fd0f0; }
}
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, "Noto Sans", "Noto Sans CJK JP", "Noto Sans CJK KR", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; }
h2 { font-size: 1.25rem; line-height: 1.35; margin: 0 0 .4rem; }
a { color: var(--link); }
section { border-top: 1px solid var(--rule); margin-top: 2.2rem; padding-top: 1.4rem; }
img { display: block; max-width: 100%; height: auto; margin: 1rem 0; padding: .5rem; box-sizing: border-box;
  background: #ffffff; border: 1px solid var(--rule); border-radius: 4px; }
.answer { font-size: 1.08rem; }
.verdict { display: inline-block; border: 1px solid var(--rule); border-radius: 4px; padding: .05rem .5rem; }
.files, .detail { color: var(--quiet); font-size: .9rem; }
code { overflow-wrap: anywhere; }
@media print { section { break-inside: avoid; } nav { display: none; } }
</style>
</head>
<body>
<header>
<h1>$title</h1>
$notes</header>
<nav aria-label="$label">
<ol>
$contents</ol>
</nav>
<main>
$entries</main>
</body>
</html>
""")
CONTENT = Template('<li><a href="#$anchor">$name</a></li>\n')
SECTION = Template("""<section id="$anchor">
<h2>$question</h2>
<p class="answer">$sentence</p>
$verdict$pictures$links$details$command</section>
""")
VERDICT = Template('<p class="verdict">$word: <strong>$verdict</strong></p>\n')
DETAIL = Template('<p class="detail"><strong>$word</strong> $text</p>\n')
PICTURE = Template('<a href="$link"><img src="$link" alt="$alt" loading="lazy"></a>\n')
LINK = Template('<a href="$link">$name</a>')

__all__ = ["INDEX", "Entry", "index_page"]
