"""Computed from the store's rows alone: rows → ranking, intervals, summary. No JAX."""
