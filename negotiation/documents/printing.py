"""Generated parts as one page of HTML, for a browser to show and print: headings, paragraphs, tables, bold and code.

Not a Markdown reader: it knows what `negotiation.documents` writes, and nothing else.
"""

from __future__ import annotations

import html
import re

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 11pt/1.45 sans-serif; max-width: 52em; margin: 2em auto; padding: 0 1em; }}
table {{ border-collapse: collapse; margin: .8em 0 1.4em; font-size: 9.5pt; }}
td, th {{ border: .5pt solid #999; padding: 3pt 7pt; text-align: left; vertical-align: top; }}
.number {{ text-align: right; }}
@media print {{
  body {{ margin: 0; }}
  table {{ break-inside: avoid; }}
  h2, h3 {{ break-after: avoid; }}
  h2 + *, h3 + * {{ break-before: avoid; }}
  h2:not(:first-of-type) {{ break-before: page; }}
}}
</style>
{body}
</html>
"""


def as_page(text: str, title: str) -> str:
    """A page that shows a text of `negotiation.documents`.

    Args:
        text: paragraphs, headings and tables with an empty line between them.
        title: of the page.
    """
    body = "\n".join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block.strip())
    return PAGE.format(title=html.escape(title), body=f"<h1>{html.escape(title)}</h1>\n{body}")


def _block(block: str) -> str:
    head = re.match(r"(#+) (.*?)(?: \{.*\})?$", block)
    if head:
        level = min(len(head[1]), 6)
        return f"<h{level}>{_inline(head[2])}</h{level}>"
    if block.startswith("| "):
        return _table(block.splitlines())
    return f"<p>{_inline(block)}</p>"


def _table(lines: list[str]) -> str:
    rows = [[entry.strip().replace("\\|", "|") for entry in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    flush = [' class="number"' if rule.endswith(":") else "" for rule in rows[1]]
    made = [f"<tr>{''.join(f'<{kind}{side}>{_inline(entry)}</{kind}>' for entry, side in zip(row, flush, strict=True))}"
            "</tr>" for kind, row in [("th", rows[0]), *(("td", row) for row in rows[2:])]]
    return "<table>\n" + "\n".join(made) + "\n</table>"


def _inline(text: str) -> str:
    text = html.escape(" ".join(text.split()), quote=False)
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"`(.+?)`", r"<code>\1</code>", text)
    return re.sub(r"(?<!\w)\*(.+?)\*(?!\w)", r"<i>\1</i>", text)
