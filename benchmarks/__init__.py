"""How fast it is, beside peers and limits: `python -m benchmarks` (see README in this folder)."""
