"""The statics: what each source leads one to expect of this game, and how that is measured here.

Unless a static says otherwise, a parameter is moved from three quarters to five quarters of its value in the
sample. Patience is moved through its opposite: the impatience 1 - discount from five quarters to three quarters of
its value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from negotiation.statics import estimation, identities
from negotiation.statics.claims import (
    EASE_STEP,
    HAZARDS,
    LESS,
    MORE,
    Static,
    bias,
    easing,
    hazard_reversal,
    initiative,
    interaction,
    more_patient,
    on_play,
    on_settlement,
    regret_sharper,
    scaled,
    together,
)
from negotiation.statics.measures import Reading
from negotiation.statics.sample import SEATS
from negotiation.statics.verdict import Expected
from negotiation.vocabulary import DISPUTANTS, Actor

LITTLE_EASE, MUCH_EASE = 0.1, 0.6
PROBABILITY = 0.001  # effects on probabilities and shares up to this size do not count
NUMBER = 0.01  # likewise on expected numbers of moves
ROUNDING = 1e-12

LIMITS = (
    Static("uniform", "Precision 0 is uniform play", "McKelvey & Palfrey 1995, 1998",
           ("mckelvey1995quantal", "mckelvey1998quantal"),
           "As precision goes to zero, every legal option is played equally often.",
           "all actors' precision, set to 0",
           "largest difference from uniform play in any probability of any decision",
           Expected.IDENTITY, ROUNDING, lambda case: identities.from_uniform(case.scenario), every=10),
    Static("perfect", "Infinite precision is subgame-perfect play", "McKelvey & Palfrey 1998",
           ("mckelvey1998quantal",), "As precision grows without bound, play becomes subgame perfect.",
           "all actors' precision, set to infinity",
           "the most any actor could gain by a best reply in any round and state, payoff",
           Expected.IDENTITY, 1e-9, lambda case: identities.from_perfect(case.scenario), every=10),
    Static("sharper", "Sharper play leaves less to gain", "McKelvey & Palfrey 1998", ("mckelvey1998quantal",),
           "On the way to that limit, what a best reply would still gain shrinks.",
           "all actors' precision, from the sample's to a hundred times it",
           "regret of the three actors at the start, summed, payoff",
           Expected.FALLS, NUMBER, regret_sharper,
           "Theory gives the limit; that regret falls on the way is its plain reading.", every=10, noise=1e-3),
    Static("unique", "The logit response is unique", "McKelvey & Palfrey 1998", ("mckelvey1998quantal",),
           "With perfect information there is one logit equilibrium of the agents, whatever one starts from.",
           "starting point of repeated logit responses: random, subgame-perfect, and hawk against dove",
           f"largest difference from the solver's play in any probability, in a game of {identities.SHORT} rounds",
           Expected.IDENTITY, 1e-9, lambda case: identities.from_unique(case.scenario),
           "Three starting points illustrate uniqueness; they do not prove it.", every=10),
)

ESTIMATION = (
    Static("plain_logit", "A plain logit is biased", "Signorino 1999", ("signorino1999strategic",),
           "A logit of a side's choices on their immediate payoffs, which leaves out what the sides expect of one "
           "another, is biased however much data there is.",
           "nothing; Tokyo's answers as second mover are the data, in their expected numbers (no sampling error)",
           "relative error of the coefficient of the cost of stepping down",
           Expected.DIFFERS, 0.1, lambda case: bias(case, estimation.plain_error),
           "Signorino's own example is a crisis of a few moves; the plain logit here is a conditional logit on the "
           "week's payoff.", noise=1e-5),
    Static("strategic_logit", "The strategic estimate is right", "Signorino 1999", ("signorino1999strategic",),
           "A logit at each node, its utilities worked out by solving the game, recovers what produced the data.",
           "as above; precision and backdown of Tokyo are sought by maximum likelihood, all else known",
           "relative error of the same coefficient, precision times backdown",
           Expected.ZERO, 0.01, lambda case: bias(case, estimation.strategic_error),
           "The estimated model is the one that made the data; misspecification is another matter.", every=20,
           noise=1e-3),
)

FEARON_1994 = tuple(
    Static(f"backdown_{seat.key}", f"Dearer back-downs: {seat.key.capitalize()} steps down less", "Fearon 1994",
           ("fearon1994domestic",), "The dearer backing down in public is to a side, the less it backs down.",
           f"{seat.key}.backdown, by a quarter down and up",
           f"expected number of {seat.key.capitalize()}'s step-downs",
           Expected.FALLS, NUMBER, on_play(lambda play, seat=seat: play.step_downs[seat],  # type: ignore[misc]
                                           scaled(f"{seat.key}.backdown")),
           "Fearon's cost follows a public threat and grows with it; here it follows any step down. It enters the "
           "step's own payoff, so a fall is built in unless the costlier way down keeps the side from climbing.")
    for seat in DISPUTANTS)

FEARON_1995 = (
    Static("less_to_share", "Less to share: fewer settlements", "Fearon 1995", ("fearon1995rationalist",),
           "The smaller what there is to divide without a breakdown, the fewer agreements.",
           "both sides' stake, by a quarter up and down", "probability of settlement",
           Expected.FALLS, PROBABILITY,
           on_settlement(scaled("tokyo.stake", "seoul.stake", before=MORE, after=LESS)),
           "Fearon's range is opened by the costs of war; here the pie itself is scaled."),
    Static("no_guarantee", "No guarantee: fewer settlements", "Fearon 1995", ("fearon1995rationalist",),
           "Where nothing binds a side to its word, fewer agreements are reached.",
           "both sides' cost of a breach, from the sample's to 0", "probability of settlement",
           Expected.FALLS, PROBABILITY,
           on_settlement(scaled("tokyo.breach", "seoul.breach", before=1.0, after=0.0)),
           "Only the standstill can be breached; a settlement, once made, holds."),
)

POWELL = (
    Static("hazard_number", "More autonomous risk: fewer rungs climbed", "Powell 1990", ("powell1990nuclear",),
           "The more risk a rung brings by itself, the less far the sides climb.",
           "rupture.hazard, by a quarter down and up", "expected number of escalations of both sides",
           Expected.FALLS, NUMBER, on_play(lambda play: play.escalations, scaled("rupture.hazard")),
           "More hazard also ends more disputes early, which leaves fewer weeks to climb in; the next row has the "
           "share of moves instead."),
    Static("hazard_share", "More autonomous risk: escalation is chosen less often", "Powell 1990",
           ("powell1990nuclear",), "As above, per move played.", "rupture.hazard, by a quarter down and up",
           "share of escalations in both sides' moves", Expected.FALLS, PROBABILITY,
           on_play(lambda play: play.escalation_share, scaled("rupture.hazard"))),
)

SCHELLING = Static(
    "chance", "Leaving something to chance need not deter monotonically", "Schelling 1960",
    ("schelling1960strategy",),
    "More risk left to chance may deter or, where it makes the other side yield, invite; deterrence need not be "
    "monotone.",
    f"rupture.hazard, through {', '.join(f'{hazard:g}' for hazard in HAZARDS)}",
    "reversal: the lesser of total rise and total fall of the share of escalations along the way",
    Expected.MAY, PROBABILITY, hazard_reversal,
    "An existence claim: it agrees if more than 5 % of the samples show a reversal.")

OSGOOD = (
    Static("grit", "GRIT, reciprocated, lowers tension against matching play", "Osgood 1962",
           ("osgood1962alternative",),
           "Announced unilateral steps down that the other side reciprocates lower tension below what two matching "
           "sides reach.",
           "Tokyo's behaviour, from `matcher` to `grit`; Seoul plays `matcher`, Washington responds",
           "mean tension over weeks still going", Expected.FALLS, PROBABILITY,
           initiative({Actor.SEOUL: "matcher"}),
           "Both behaviours look only at rungs, so parameters matter through chance and Washington alone. "
           "Announcement is implicit: behaviours are known."),
    Static("grit_answered", "GRIT lowers tension even where the other side only serves its interest", "Osgood 1962",
           ("osgood1962alternative",), "The same where reciprocity is not promised.",
           "Tokyo's behaviour, from `matcher` to `grit`; Seoul and Washington answer by logit response",
           "mean tension over weeks still going", Expected.FALLS, PROBABILITY, initiative({}),
           "Goes beyond Osgood, who relies on pressure to reciprocate."),
)

ZARTMAN_CAVEAT = ("A side's hurt is the harm of the other's rungs and the cost of its own, each by a quarter down and "
                  "up. Perception, central to ripeness, is not in the game.")
ZARTMAN = (
    Static("ripeness_shut", "Hurt on both sides interacts, with little way out", "Zartman 2000",
           ("zartman2000ripeness",),
           "A standstill needs both sides to hurt: the second side's hurt adds more when the first hurts too.",
           f"hurt of Tokyo by hurt of Seoul, with ease {LITTLE_EASE:g}",
           "difference in differences of the probability that a standstill comes about", Expected.RISES, PROBABILITY,
           interaction(LITTLE_EASE), ZARTMAN_CAVEAT),
    Static("ripeness_open", "Hurt on both sides interacts, with a way out", "Zartman 2000", ("zartman2000ripeness",),
           "As above, where a standstill lifts much of the hurt.",
           f"hurt of Tokyo by hurt of Seoul, with ease {MUCH_EASE:g}",
           "difference in differences of the probability that a standstill comes about", Expected.RISES, PROBABILITY,
           interaction(MUCH_EASE), ZARTMAN_CAVEAT),
    Static("ripeness_way_out", "The interaction grows with the way out", "Zartman 2000", ("zartman2000ripeness",),
           "Hurt on both sides counts the more, the more a way out promises.",
           f"the two rows above, ease from {LITTLE_EASE:g} to {MUCH_EASE:g}",
           "change of the difference in differences", Expected.RISES, PROBABILITY,
           lambda case: interaction(MUCH_EASE)(case) - interaction(LITTLE_EASE)(case), ZARTMAN_CAVEAT),
)


def _share(seat: Actor) -> Callable[[Reading], float]:
    return (lambda play: play.share) if seat is Actor.TOKYO else (lambda play: 1 - play.share)


BARGAINING_CAVEAT = ("Nobody makes an offer of terms here: shares follow mechanically from the rungs at settlement, so "
                     "little is to be expected.")
BARGAINING = tuple(
    static for seat in DISPUTANTS for static in (
        Static(f"patience_{seat.key}", f"The more patient side gets more: {seat.key.capitalize()}", "Rubinstein 1982",
               ("rubinstein1982perfect",), "The more patient side gets the larger share.",
               f"{seat.key}'s impatience, by a quarter up and down",
               f"{seat.key.capitalize()}'s expected share of the pie, given settlement", Expected.RISES, PROBABILITY,
               on_play(_share(seat), more_patient(seat.key)), BARGAINING_CAVEAT),
        Static(f"fallback_{seat.key}", f"The better fallback gets more: {seat.key.capitalize()}", "Nash 1950",
               ("nash1950bargaining",), "The side that loses less without an agreement gets the larger share.",
               f"{seat.key}.rupture, from five quarters of its loss to three quarters",
               f"{seat.key.capitalize()}'s expected share of the pie, given settlement", Expected.RISES, PROBABILITY,
               on_play(_share(seat), scaled(f"{seat.key}.rupture", before=MORE, after=LESS)), BARGAINING_CAVEAT)))

NULL = Static(
    "null", "A third party with nothing to offer changes nothing", "Fey & Ramsay 2010", ("fey2010shuttle",),
    "A mediator without resources or information of its own does not change what the disputants do or get.",
    "with pressure, cover and welcome 0 and equal talks: Washington's attention, precision, bias and prize, its "
    "absence, and an honest broker",
    "largest change in anything that the disputants' choices are made of, over the whole horizon; and, in the first "
    f"{identities.PLAYED} weeks of a game of that length, in any choice probability of theirs, any outcome, any week's "
    "rungs, and payoffs",
    Expected.IDENTITY, ROUNDING, lambda case: identities.from_null(case.scenario),
    "Fey and Ramsay show it for mediators who carry information; here everything is public. Play is compared in a "
    "short game because sharp play amplifies rounding from round to round.", every=4)

RESCUE_CAVEAT = ("Benson, Meirowitz and Ramsay show that such moral hazard may deter a third side's aggression; in a "
                 "dispute of two, what can be asked is its premise, that protection emboldens.")
MEASURED_TENSION = "mean tension over weeks still going"
CHEAPER = scaled("washington.attention", before=MORE, after=LESS)
COVERED = scaled("washington.stances.*.cover")
RESCUES = (
    Static("rescue_ease", "Expected rescue, ease: higher rungs", "Benson, Meirowitz & Ramsay 2014",
           ("benson2014inducing",), "The more a standstill softens the measures in force, the higher the sides climb.",
           f"standstill.ease, {EASE_STEP:g} down and up (not below 0)", MEASURED_TENSION, Expected.RISES, PROBABILITY,
           on_play(lambda play: play.tension, easing), RESCUE_CAVEAT),
    Static("rescue_cover", "Expected rescue, cover: higher rungs", "Benson, Meirowitz & Ramsay 2014",
           ("benson2014inducing",), "The more Washington excuses a retreat, the higher the sides climb before it.",
           "cover of every stance, by a quarter down and up", MEASURED_TENSION, Expected.RISES, PROBABILITY,
           on_play(lambda play: play.tension, COVERED), RESCUE_CAVEAT),
    Static("rescue_attention", "Expected rescue, attention: higher rungs", "Benson, Meirowitz & Ramsay 2014",
           ("benson2014inducing",), "The cheaper Washington's help, the surer it is, and the higher the sides climb.",
           "washington.attention, by a quarter up and down", MEASURED_TENSION, Expected.RISES, PROBABILITY,
           on_play(lambda play: play.tension, CHEAPER), RESCUE_CAVEAT),
    Static("rescue_all", "Expected rescue, all three: higher rungs", "Benson, Meirowitz & Ramsay 2014",
           ("benson2014inducing",), "All three rescues at once.", "ease, cover and attention as above, together",
           MEASURED_TENSION, Expected.RISES, PROBABILITY,
           on_play(lambda play: play.tension, together(easing, COVERED, CHEAPER)), RESCUE_CAVEAT),
)

PATIENCE = more_patient(*SEATS)
AXELROD = (
    Static("shadow_end", "Longer shadow of the future: standstills survive", "Axelrod 1984",
           ("axelrod1984evolution",), "The more the future counts, the longer cooperation lasts.",
           "the impatience of all actors, by a quarter up and down",
           "weekly chance that a standstill in force is breached or lapses", Expected.FALLS, PROBABILITY,
           on_play(lambda play: play.failures, PATIENCE),
           "Standstills lapse by themselves unless renewed, and renewing has a price; settlement and rupture are not "
           "counted as ends."),
    Static("shadow_breach", "Longer shadow of the future: standstills are kept", "Axelrod 1984",
           ("axelrod1984evolution",), "The more the future counts, the less often a side breaks its word.",
           "the impatience of all actors, by a quarter up and down",
           "weekly chance that a standstill in force is breached", Expected.FALLS, PROBABILITY,
           on_play(lambda play: play.breaches, PATIENCE)),
)

STATICS: tuple[Static, ...] = (
    *LIMITS, *ESTIMATION, *FEARON_1994, *FEARON_1995, *POWELL, SCHELLING, *OSGOOD, *ZARTMAN, *BARGAINING, NULL,
    *RESCUES, *AXELROD)


@dataclass(frozen=True)
class NotYet:
    """A source that the game cannot yet be held against, and why."""

    cites: str
    keys: tuple[str, ...]
    reason: str


PRIVATE = "needs private information, which no actor of this version has"
LEARNING = "a rule of learning over many disputes; it says nothing on how play of one changes with a parameter"
NOT_YET: tuple[NotYet, ...] = (
    NotYet("Kydd 2003", ("kydd2003which",), f"A biased mediator is more credible: {PRIVATE}."),
    NotYet("Favretto 2009", ("favretto2009should",), f"Bias of a powerful mediator as a signal: {PRIVATE}."),
    NotYet("Rauchhaus 2006", ("rauchhaus2006asymmetric",), f"Mediation under asymmetric information: {PRIVATE}."),
    NotYet("Schultz 1998", ("schultz1998domestic",), f"Domestic opposition as a signal: {PRIVATE}."),
    NotYet("Roth & Erev 1995", ("roth1995learning",), f"Reinforcement learning: {LEARNING}."),
    NotYet("Camerer & Ho 1999", ("camerer1999experience",), f"Experience-weighted attraction: {LEARNING}."),
)

__all__ = ["HAZARDS", "NOT_YET", "STATICS", "NotYet", "Static"]
