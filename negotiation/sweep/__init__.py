"""Sweeps over parameter spaces: which points (`design`), and what is made of them."""
