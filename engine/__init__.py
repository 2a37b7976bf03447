"""The engine: evaluates a compiled rule set over events. See `engine.engine` for what it does with an event."""

from engine.engine import Engine
from engine.fold import Answers
from engine.outcome import Outcome

__all__ = ["Answers", "Engine", "Outcome"]
