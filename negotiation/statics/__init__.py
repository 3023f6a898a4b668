"""What theory expects of the game, and whether the game does it: comparative statics with a verdict each.

A *static* (`claims.Static`) is one claim of the literature in terms of the game: what is moved, from where to
where, what is measured, and which sign is expected. Each is asked not at one calibration but at every sample of a
Latin hypercube around the reference scenario (`sample`), by solving both variants and subtracting: everything is
exact, so a difference is an effect and never noise. `verdict` turns the effects of a static into *agrees*,
*disagrees*, *depends* or *no effect*, `report` into the page ``docs/verdicts.md``.

Claims are fixed before their effects are looked at, and are not adjusted to them.
"""
