"""Functions of a few numbers: a catalogue, and formulas typed by a user."""
