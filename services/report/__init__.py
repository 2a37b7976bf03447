"""Bulletins: what happened in a day, a week or a month, for people who read on paper.

    engine ─▶ gather ─▶ Bulletin ─▶ HTML, CSV

What is said is a function of the events and commands, the clock and the rules; nothing depends on when or where it is written.
"""
