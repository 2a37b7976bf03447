"""The machine, the values it works on, and local time."""
