"""The bibliography (BibTeX) as a list that people read."""

from __future__ import annotations

import re

ENTRY = re.compile(r"^@(\w+)\{([\w-]+),\n(.*?)^\}", re.DOTALL | re.MULTILINE)
FIELD = re.compile(r"^\s*(\w+)\s*=\s*\{(.*?)\}(?=,?\s*(?:^\s*\w+\s*=|\Z))", re.DOTALL | re.MULTILINE)


def references_part(bibliography: str) -> str:
    """Every entry as one item, in the order of authors; its key is the item's anchor."""
    entries = [(key, {name.lower(): _plain(value) for name, value in FIELD.findall(fields)})
               for _, key, fields in ENTRY.findall(bibliography)]
    entries.sort(key=lambda entry: (entry[1].get("author", ""), entry[1].get("year", "")))
    return "\n" + "\n".join(f'- <span id="{key}"></span>{_told(fields)}' for key, fields in entries) + "\n\n"


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[{}]", "", text).replace("\\&", "&").replace("--", "–").split())


def _told(fields: dict[str, str]) -> str:
    authors = [author.partition(", ") for author in fields.get("author", fields.get("editor", "")).split(" and ")]
    names = [f"{last}, {first}" if first else last for last, _, first in authors]
    text = f"{'; '.join(names)} ({fields.get('year', 'n.d.')}). "
    title = fields.get("title", "")
    if "journal" in fields:
        text += f"{title}. *{fields['journal']}*"
        text += f" {fields['volume']}" if "volume" in fields else ""
        text += f"({fields['number']})" if "number" in fields else ""
        text += f", {fields['pages']}" if "pages" in fields else ""
    elif "booktitle" in fields:
        text += f"{title}. In *{fields['booktitle']}*"
        text += f", {fields['pages']}" if "pages" in fields else ""
        text += f". {fields['publisher']}" if "publisher" in fields else ""
    else:
        text += f"*{title}*"
        text += f". {fields['publisher']}" if "publisher" in fields else ""
    text += "."
    if "doi" in fields:
        text += f" [doi:{fields['doi']}](https://doi.org/{fields['doi']})"
    elif "url" in fields:
        text += f" <{fields['url']}>"
    return text
