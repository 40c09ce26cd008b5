"""Measurements, one command each; every one prints its numbers and the bound it holds them to."""
