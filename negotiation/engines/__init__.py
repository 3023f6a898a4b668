"""Three engines for one game: exact propagation, compiled Monte Carlo, Mesa agents."""
