"""What a caller of the service needs in Python beside the generated code.

In: an event as JSON has it.  Out: the message.
"""

from __future__ import annotations

from collections.abc import Mapping

from proto.rulelang.v1 import event_pb2


def event_message(event: Mapping[str, object]) -> event_pb2.Event:
    """The same event as a message: times as the texts they are, durations as numbers of seconds. Raises ValueError for what no event can hold."""
    message = event_pb2.Event()
    for name, value in event.items():
        if value is None:
            continue
        if name in ("id", "source", "type", "time"):
            if not isinstance(value, str):
                raise ValueError(f"{name}: must be a text, not {value!r}")
            setattr(message, "time_text" if name == "time" else name, value)
        else:
            _set(message.fields[name], name, value)
    return message


def _set(field: event_pb2.Value, name: str, value: object) -> None:
    if isinstance(value, bool):
        field.boolean = value
    elif isinstance(value, int):
        field.integer = value
    elif isinstance(value, float):
        field.number = value
    elif isinstance(value, str):
        field.text = value
    else:
        raise ValueError(f"{name}: a {type(value).__name__} has no place in an event")
