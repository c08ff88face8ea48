"""Tables of one's own, dirty as they may be."""
