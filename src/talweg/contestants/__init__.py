"""Who races: method × batch × schedule × search space."""
