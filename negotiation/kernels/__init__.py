"""Compiled loops: backward induction, forward propagation, episodes. Tables in, tables out.

Everything here is Numba, releases the interpreter lock, allocates no more than a few rows, and
knows the game only through its tables. Each loop has a readable twin that the tests hold it to.
"""
