"""A real dispute against the model: dated rows, their likelihood under any policies, fits, forecasts and their scores.

    >>> import negotiation as ng
    >>> game = ng.compile_game(ng.load_scenario("tokyo_seoul_2019"))
    >>> weeks = ng.observe(ng.load_record("tokyo_seoul_2019"), game)
    >>> found = ng.likelihood(game, ng.make_profile(game), weeks)
    >>> round(found.per_week, 2), round(found.uniform_per_week, 2)
    (-3.23, -4.83)

`record` reads and checks the rows, `coding` makes weeks of them by the rules of the game, `likelihood` and `against`
hold policies and named behaviours against the weeks, `fit` estimates parameters, `predictive` and `scores` forecast.
"""
