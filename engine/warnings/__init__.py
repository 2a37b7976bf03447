"""What becomes of warnings: who must do what about them until when, who did, and what they rest on.

    changes of the fold ─▶ register ─▶ dossiers, one for each warning ever issued ─▶ feed: every change, in order
    commands, the clock ──▶    └─▶ acts: steps done and deadlines missed, as events that rules see

A register is a function of what happens to it, in the order of the journal; it has no clock and no I/O. A dossier is never changed and never removed:
each thing that happens is a line more, and the dossier a new value. See docs/decisions/0008-warnings.md.
"""
