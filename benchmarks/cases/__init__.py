"""One file a case; each has `run(effort) -> list[Row]` and checks its answers before it times anything."""
