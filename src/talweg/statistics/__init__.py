"""Arrays → numbers. No JAX, and no knowledge of races."""
