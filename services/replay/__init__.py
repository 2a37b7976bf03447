"""Recorded events, run through the rules again.

file ─▶ rows (JSON Lines, CSV, Parquet) ─▶ fields by the mapping ─▶ order ─▶ engine ─▶ table or JSON Lines
"""
