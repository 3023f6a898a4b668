"""The page of verdicts, from the table of effects alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from negotiation.scenario import Scenario
from negotiation.statics.catalogue import NOT_YET, STATICS, Static
from negotiation.statics.measures import DETERMINED, SHAKE
from negotiation.statics.sample import FACTORS, NAMES
from negotiation.statics.table import AT_REFERENCE, SAMPLE
from negotiation.statics.verdict import EXPLAINS, MOST, Expected, Finding, Split, Verdict, judge

TITLES = {factor.name: factor.title for factor in FACTORS}
SIGNED = (Expected.RISES, Expected.FALLS)

OPENING = """\
# Does the game do what theory expects?

Every claim of the literature on the project's list that this game can express, with a verdict. This page is written
by `python experiments/verdicts.py`; change the claims in `negotiation/statics/`, never this page. The effects behind
the verdicts are in [verdicts.csv](verdicts.csv), sample by sample; full references in [references.bib](references.bib).
`python experiments/verdicts.py --check` computes everything anew, in some minutes, and says where it differs. The tests
do the same with the reference scenario and some samples, and hold every word of this page to the stored effects;
`make slow` computes them all.
"""

HOW = """\
## How to read it

Each claim is put to the reference scenario `{reference}` and to {samples} scenarios around it, drawn by a Latin
hypercube (McKay, Beckman & Conover 1979; seed {seed}) from the plausible ranges that the scenario file documents
(table at the end). In each of them the game is solved before and after the change named in the notes, with everything
else equal, and the two are subtracted. All quantities are exact, so every difference is an effect; but effects too
small to matter (the *tolerance* in the notes) do not count.

Where players choose sharply and much is at stake, the equilibrium, though unique, can hang on changes too small to be
stated: the backward recursion amplifies them from round to round. A scenario is left out of a claim where both sides'
firmness times 1 + {shake} moves the probability of an outcome by more than {determined}; the notes say in how
many that was so, at most {most_left} here. They are scenarios of sharp play, about which the verdicts therefore say
less than about the others.

Claims expected to be zero *up to rounding* follow from how the game is built and solved: they check the code and are
no test of the literature.

- **agrees**: the expected sign in at least {most} of the samples that count; **disagrees**: in at most {least};
  **depends**: in between; **no effect**: at most {least} of the samples count at all. A claim that something may
  happen agrees where it happens in more than {least} of the samples.
- **share**: how often the expected sign was found, among the samples that count, and how many these are of all.
- **effect**: the quantity after the change less the quantity before it, as its median over all samples and, in
  brackets, its 5 % and 95 % quantiles; **reference**: the same at the reference scenario. Units are in the notes.
- **where**: for what depends, the one parameter and threshold that best tell the samples with the expected sign from
  the others. Its accuracy is balanced (a coin has 50 %) and cross-validated ten-fold; below {explains} no single
  parameter is named as the reason.

A verdict says how this game behaves, under these ranges, which are judgement; it is no evidence about the world.
"""


def verdict_of(static: Static, table: pd.DataFrame) -> Verdict:
    """A static's verdict from a table of effects; the reference scenario's row is left out."""
    rows = table[(table[SAMPLE] != AT_REFERENCE) & table[static.name].notna()]
    return judge(rows[static.name].to_numpy(), static.expected, static.tolerance, rows[list(NAMES)])


def left_out(static: Static, table: pd.DataFrame) -> int:
    """In how many of the samples that a static is measured in its effect is undetermined."""
    asked = table.loc[(table[SAMPLE] != AT_REFERENCE) & (table[SAMPLE] % static.every == 0), static.name]
    return int(asked.isna().sum())


def page(table: pd.DataFrame, reference: Scenario, seed: int) -> str:
    """The whole page, Markdown.

    Args:
        table: as `negotiation.statics.table.compute` returns it.
        reference: the scenario the table is about.
        seed: of its hypercube.
    """
    found = {static.name: verdict_of(static, table) for static in STATICS}
    at_reference = table.loc[table[SAMPLE] == AT_REFERENCE].iloc[0]
    samples = int((table[SAMPLE] != AT_REFERENCE).sum())
    how = HOW.format(
        reference=reference.name, samples=samples, seed=seed, most=_percent(MOST), least=_percent(1 - MOST),
        explains=_percent(EXPLAINS), shake=_tiny(SHAKE), determined=_tiny(DETERMINED),
        most_left=max(left_out(static, table) for static in STATICS))
    rows = [_row(static, found[static.name], float(at_reference[static.name])) for static in STATICS]
    header = ("claim", "source", "expected", "verdict", "share", "effect", "reference", "where")
    parts = [
        OPENING, _summary(found.values()), "## Verdicts\n", _table(header, rows),
        "## Not yet expressed\n", _table(("source", "why"), [(entry.cites, entry.reason) for entry in NOT_YET]),
        how, "## Notes on each claim\n",
        *(_note(static, found[static.name], left_out(static, table)) for static in STATICS),
        "## The sampled parameters\n", _factors(reference)]
    return "\n".join(parts).rstrip("\n") + "\n"


def _summary(verdicts: Iterable[Verdict]) -> str:
    counts = Counter(verdict.finding for verdict in verdicts)
    told = ", ".join(f"{counts[finding]} × {finding.value}" for finding in Finding if counts[finding])
    return f"Of {sum(counts.values())} claims: {told}.\n"


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _row(static: Static, verdict: Verdict, at_reference: float) -> tuple[str, ...]:
    link = f"[{static.title}](#{_anchor(static)})"
    if static.expected in (Expected.IDENTITY, Expected.ZERO):
        within = f"at most {_tiny(static.tolerance)}" if verdict.finding is Finding.AGREES else number(verdict.largest)
        there = f"at most {_tiny(static.tolerance)}" if abs(at_reference) <= static.tolerance else number(at_reference)
        effect = within
    else:
        effect = f"{number(verdict.median)} [{number(verdict.low)}, {number(verdict.high)}]"
        there = number(at_reference)
    counted = verdict.counted if static.expected in SIGNED else verdict.samples
    share = "–" if np.isnan(verdict.share) else f"{_percent(verdict.share)}"
    asked = f"{share} of {counted}" + (f" ({verdict.samples})" if counted != verdict.samples else "")
    return (link, static.cites, static.expected.value, f"**{verdict.finding.value}**", asked, effect, there,
            _where(verdict.split))


def number(value: float) -> str:
    """A number with two significant digits, at most four decimals: the same text wherever it is computed."""
    if abs(value) < 5e-5:
        return "0"
    digits = min(max(1 - int(np.floor(np.log10(abs(value)))), 0), 4)
    return f"{value:+.{digits}f}".replace("-", "−")


def _tiny(value: float) -> str:
    return f"{value:g}".replace("e-0", "e-")


def _percent(share: float) -> str:
    """In per cent, with a decimal where there is one to show: 94.9 % is not yet 95 %."""
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def _where(split: Split | None) -> str:
    if split is None:
        return ""
    side = "above" if split.above else "below"
    judged = _percent(split.validated)
    if not split.explains:
        return f"no single parameter (best: {TITLES[split.name]}, {judged})"
    return f"expected sign where {TITLES[split.name]} is {side} {split.threshold:.2g} ({judged})"


def _anchor(static: Static) -> str:
    return static.name.replace("_", "-")


def _note(static: Static, verdict: Verdict, missing: int) -> str:
    lines = [f'<a id="{_anchor(static)}"></a>', "", f"### {static.title}", "", f"{static.claim} ({static.cites})", "",
             f"- Moved: {static.moved}.", f"- Measured: {static.measured}; tolerance {_tiny(static.tolerance)}.",
             f"- Expected: {static.expected.value}. Found: {verdict.finding.value}."]
    if static.every > 1:
        lines.append(f"- In every {static.every}th sample only.")
    if missing:
        lines.append(f"- Left out as undetermined: {missing} of {verdict.samples + missing} scenarios.")
    if verdict.split is not None:
        side = "above" if verdict.split.above else "below"
        lines.append(f"- Best split: expected sign where {TITLES[verdict.split.name]} is {side} "
                     f"{verdict.split.threshold:.2g}; balanced accuracy {_percent(verdict.split.accuracy)} in the "
                     f"samples it was sought in, {_percent(verdict.split.validated)} cross-validated.")
    if static.caveat:
        lines.append(f"- Caveat: {static.caveat}")
    return "\n".join(lines) + "\n"


def _factors(reference: Scenario) -> str:
    rows = []
    for factor in FACTORS:
        low, high = factor.range(reference)
        rows.append((factor.title, ", ".join(f"`{key}`" for key in factor.keys), f"{low:g} to {high:g}",
                     "logarithmic" if factor.logarithmic(reference) else "even"))
    return _table(("parameter", "keys", "range", "scale"), rows)


__all__ = ["left_out", "number", "page", "verdict_of"]
