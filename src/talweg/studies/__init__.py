"""Everything that is asked of a problem beside the race."""
