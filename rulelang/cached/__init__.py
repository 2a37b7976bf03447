"""What was made of rule files, kept from one time to the next.

In: rule files, and a folder of one's own.  Out: the same program and the same diagnostics as without it, in a tenth of the time where one file of
a hundred has changed. See docs/decisions/0013-cache.md for what a file's rules depend on.
"""
