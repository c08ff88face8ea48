"""Every sentence that talweg says, computed from plain numbers. No JAX, no figures."""
