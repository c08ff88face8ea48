"""Methods in the loops of other frameworks, and theirs in a race: one module for each, loaded only when it is asked for."""
