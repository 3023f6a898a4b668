"""The command ``negotiation-behaviours``: what there is to play, with each rule in one line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.console import Console

from negotiation.behaviours import CATALOGUE, Behaviour, behaviour
from negotiation.behaviours.outside import outside_names
from negotiation.parameters import ParameterError
from negotiation.terminal import console, plain_table
from negotiation.vocabulary import DISPUTANTS, Actor


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; leaves with status 2 if a behaviour asked for does not exist."""
    parser = argparse.ArgumentParser(prog="negotiation-behaviours",
                                     description="List the behaviours, or tell all of one.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="tell all of these; a dotted path will do")
    parser.add_argument("--seat", choices=Actor.keys(), help="only those that can take this seat")
    given = parser.parse_args(arguments)
    out = console()
    try:
        if given.names:
            for name in given.names:
                tell(behaviour(name), out)
            return
        found = [behaviour(name) for name in (*CATALOGUE, *outside_names())]
    except ParameterError as error:
        parser.exit(2, f"negotiation-behaviours: {error}\n")
    print_list([each for each in found if given.seat is None or Actor.parse(given.seat) in each.seats], out)


def print_list(found: Sequence[Behaviour], out: Console) -> None:
    """One line a behaviour."""
    table = plain_table()
    for heading in ("behaviour", "seats", "kind", "rule"):
        table.add_column(heading)
    for each in found:
        table.add_row(each.name, seats_text(each), each.kind, each.rule)
    out.print(table)


def tell(each: Behaviour, out: Console) -> None:
    """All there is to say of one."""
    out.print(f"{each.name}: {each.rule}", style="bold", soft_wrap=True)
    out.print(f"  seats: {seats_text(each)}; kind: {each.kind}"
              + (f"; reference: {each.reference}" if each.reference else ""), soft_wrap=True)
    for name, parameter in each.parameters.items():
        out.print(f"  {name} = {parameter.default if parameter.default is not None else 'null'}: "
                  f"{parameter.meaning} ({parameter.allowed})", soft_wrap=True)


def seats_text(each: Behaviour) -> str:
    """``all``, ``disputants``, or the seats' keys."""
    if set(each.seats) == set(Actor):
        return "all"
    return "disputants" if set(each.seats) == set(DISPUTANTS) else ", ".join(seat.key for seat in each.seats)


if __name__ == "__main__":
    main()
