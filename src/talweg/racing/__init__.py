"""The race: all methods on one problem, tuned alike, repeated over seeds."""
