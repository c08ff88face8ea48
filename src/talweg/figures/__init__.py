"""Plain numbers → figures. No JAX."""
