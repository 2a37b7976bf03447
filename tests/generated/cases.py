"""One seed, one rule set, some histories: played, and where something comes out differently made small and told.

In: a seed.  Out: how many histories were compared, and what failed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from tests.generated.acts import Act, Advance, OtherRules, Play, Send, Wall, in_order, make_far_play, make_play
from tests.generated.histories import make_history
from tests.generated.playing import difference, ruled
from tests.generated.rulesets import make_rules
from tests.generated.schema import Schema, make_schema
from tests.generated.shrinking import Shrinker
from tests.generated.writing import Part
from tests.reference.texts import time_text

Plays = Callable[[int], tuple[Part, Iterator[Play]]]
FAR_HISTORIES = 3
HISTORIES = 5
"""For each rule set: making one takes about as long as a few histories."""


@dataclass(frozen=True, slots=True)
class Failure:
    """`play` is the one that failed, of the histories of this seed. `far`: of those that lie far apart."""

    seed: int
    rules: Part
    play: Play
    says: str
    far: bool = False


def plays(seed: int) -> tuple[Part, Iterator[Play]]:
    """The rule set of a seed, and the plays of its histories."""
    rng = Random(seed)
    schema = make_schema(rng)
    rules = make_rules(rng, schema)

    def make() -> Iterator[Play]:
        for _ in range(HISTORIES):
            history = make_history(rng, schema)
            yield in_order(rng, schema, history)
            yield make_play(rng, schema, history)

    return rules, make()


def far_plays(seed: int) -> tuple[Part, Iterator[Play]]:
    """The same of rule sets that retain little, and histories that lie far apart."""
    rng = Random(seed)
    schema = make_schema(rng, forgetful=True)
    rules = make_rules(rng, schema)

    def make() -> Iterator[Play]:
        for _ in range(FAR_HISTORIES):
            yield far_play(rng, schema, rng.choice(("memory", "sqlite", "durable")))

    return rules, make()


def far_play(rng: Random, schema: Schema, store: str) -> Play:
    """A play of histories that lie far apart, most of whose names are each other's."""
    histories = []
    start_us, name_again = schema.start_us, rng.random() < 0.3
    for number in range(rng.choice((3, 5, 7))):
        events = make_history(rng, replace(schema, start_us=start_us))[:20]
        for event in () if name_again else events:
            event["id"] = f"{event['id']}.{number}" if event["id"] else ""
        histories.append(events)
        start_us += rng.choice((20, 45, 60, 100)) * schema.step_us
    return make_far_play(rng, schema, histories, store)


def run(seed: int, plays: Plays = plays) -> tuple[int, Failure | None]:
    """Plays the histories of a seed, up to the first that fails."""
    rules, made = plays(seed)
    program = ruled(str(rules))
    count = 0
    for play in made:
        count += 1
        says = difference(program, play)
        if says is not None:
            return count, Failure(seed, rules, play, says, plays is far_plays)
    return count, None


def shrunk(failure: Failure) -> Failure:
    """The same failure, as small as it was found."""
    kind = _kind(failure.says)
    rules, play = Shrinker(lambda rules, play: _kind(difference(rules, play)) == kind).shrink(failure.rules, failure.play)
    return replace(failure, rules=rules, play=play, says=difference(ruled(str(rules)), play) or failure.says)


def _kind(says: str | None) -> str | None:
    """What sort of difference it is, so that making a case smaller does not turn it into another one."""
    if says is None:
        return None
    first = says.splitlines()[0].split(": ", 1)[-1]
    return first if first.endswith(":") else first[:24]


def told(failure: Failure) -> str:
    """A failure as somebody reads it: how to see it again, the rules, what was done, what came out."""
    seen_again = f"python -m tests.generated --first-seed {failure.seed} --seeds 1{' --far' if failure.far else ''}"
    rules = "\n".join(line for line in str(failure.rules).splitlines() if line.strip())
    lines = [f"seed {failure.seed}: {seen_again}", "", rules, ""]
    lines += [_told_act(act) for act in failure.play.acts]
    return "\n".join(
        [*lines, f"store {failure.play.store}, the clock is {'the wall' if failure.play.system else 'the events'}", "", failure.says]
    )


def _told_act(act: Act) -> str:
    match act:
        case Send(events):
            return "\n".join(f"{'send' if not i else '    '} {json.dumps(event, ensure_ascii=False)}" for i, event in enumerate(events))
        case OtherRules(events, like):
            return ("nearly the same" if like else "other") + " rules for a while, sent " + json.dumps(events, ensure_ascii=False)
        case Advance(us) | Wall(us):
            return f"{type(act).__name__.lower()} {time_text(us)} ({us})"
    return type(act).__name__.lower()
