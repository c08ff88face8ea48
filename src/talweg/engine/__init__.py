"""Problem × method → traces: the compiled loop, and where it runs. The only place where the two halves meet; it knows no contestant."""
