"""The slow, obvious twin of the engine: the section "What a rule set means" of the language, sentence by sentence.

In: a resolved rule set, events in the order of their arrival, the clock.  Out: the findings and warnings that stand.

It keeps no state and takes no short cuts: for each rule and key all anchors are looked at again, each by scanning lists. It shares no
code with the engine, and with `rulelang` only the model and the table of confusable characters.
"""

from __future__ import annotations

from tests.reference.world import Level, World, standing

__all__ = ["Level", "World", "standing"]
