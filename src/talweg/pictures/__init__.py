"""Arrays and plain dictionaries → Plotly figures; no JAX. `palette` and `words` need no Plotly either."""
