"""What Python code sees of the fold; see fold.pyx."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any, final, overload

from typing_extensions import disjoint_base

from engine.limits import Limits
from engine.machine import Machine
from engine.outcome import Outcome
from engine.values import Event

class LimitReached(Exception): ...

@disjoint_base
class Rule:
    index: int
    name: str
    title: str | None
    category: str | None
    layer: int
    shadow: bool
    scoped: bool
    entities: tuple[int, ...]
    level: str | None
    approval: bool
    span: tuple[str, int, int]

@disjoint_base
class Finding:
    rule: Rule
    key: tuple[str, ...]
    moment: int
    drawn: bool
    id: str
    version: int
    about: tuple[tuple[int, str | None], ...]
    points: float | None
    message: str | None
    note: str | None
    events: list[list[str]]
    evidence: bytes | None
    reason: str | None

@disjoint_base
class Warning_:
    id: str
    ladder: str | None
    rule: str | None
    entity: int
    key: str
    time: int
    level: str
    points: float | None
    finding: str
    extra: tuple[tuple[str, object], ...]
    version: int
    reason: str | None

@disjoint_base
class Changes:
    findings: dict[str, Finding]
    warnings: dict[str, Warning_]
    withdrawn: dict[str, Finding | Warning_]
    def __init__(self, *args: object, **kwargs: object) -> None: ...

@final
class Retention:
    by_type: list[int]
    by_history: list[int]
    late: list[int]
    repeats: list[int]
    steps: list[int]
    step_us: int
    def __init__(self, *args: object, **kwargs: object) -> None: ...

@disjoint_base
class Plan:
    finding_type: int
    warning_type: int
    conflict_type: int
    retains: list[int]
    rules: list[Rule]
    def __init__(self, *args: object, **kwargs: object) -> None: ...

@disjoint_base
class Fold:
    plan: Plan
    now: int
    findings: dict[str, Finding]
    warnings: dict[str, Warning_]
    gone: dict[str, Finding | Warning_]
    gone_versions: dict[str, int]
    unsaved: dict[tuple[str, str], Finding | Warning_ | Event | None]
    undecided: list[int]
    keys: int
    retention: Retention
    forgotten: int
    forgotten_records: int
    @property
    def passed(self) -> int | None: ...
    def __init__(
        self,
        machine: Machine,
        plan: dict[str, Any],
        secret: bytes,
        limits: Limits,
        on_looked: Callable[..., None] | None = None,
        freezes: bool = False,
    ) -> None: ...
    def take(self, event: Event, now: int, *, alone: bool = True) -> Changes | list[Finding] | None: ...
    def lone_at(self, event: Event) -> list[Finding]: ...
    def due(self, now: int) -> bool: ...
    def move(self, now: int) -> None: ...
    def forgets(self, now: int) -> bool: ...
    def forget(self, now: int) -> bool: ...
    def records(self) -> int: ...
    def settle(self) -> Changes: ...
    def parts(self) -> list[tuple[tuple[str, int, int], str, Any]]: ...
    def at_least(self, thing: Finding | Warning_, version: int) -> None: ...
    def grounds(self, warning: Warning_) -> list[tuple[Finding, float | None]]: ...
    def evidence(self, finding: Finding) -> list[Event]: ...
    def belongs(self, entity: int, key: str, time: int) -> list[tuple[int, str]]: ...
    def credits(self, ladder: int, key: str) -> tuple[list[tuple[int, str, Fraction]], dict[int, str]]: ...
    def credited(self) -> list[tuple[int, str]]: ...
    def members_of(self, entity: int, time: int) -> list[tuple[str, str]]: ...
    def drawn_by(self, finding: Finding) -> str | None: ...
    def entity_name(self, index: int) -> str: ...

@final
class SeenNames:
    def __len__(self) -> int: ...
    def __contains__(self, name: object, /) -> bool: ...
    def add(self, name: tuple[str, str]) -> None: ...

@final
class Answers:
    def __init__(self, fold: Fold, outcome: Callable[..., Outcome]) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Outcome]: ...
    @overload
    def __getitem__(self, place: int, /) -> Outcome: ...
    @overload
    def __getitem__(self, place: slice, /) -> Answers: ...
    def outcomes(self) -> list[Outcome]: ...
    def add(self, result: Outcome | Event | list[Finding]) -> None: ...
    def insert(self, outcomes: dict[int, Outcome]) -> None: ...
    def others(self) -> list[Outcome]: ...
    def statuses(self) -> dict[str, int]: ...
    def found(self) -> list[str]: ...
    def ignored(self) -> int: ...
    def write(self, field: int) -> bytes: ...

@final
class Taker:
    def __init__(
        self,
        fold: Fold,
        known: dict[tuple[str, str], Any],
        resting: dict[str, Any],
        due: list[Any],
        passing: Callable[..., Any],
    ) -> None: ...
    def take(
        self,
        events: list[Event],
        at: int,
        now: int | None,
        answers: Answers,
        lone: list[Finding],
        items: dict[tuple[str, str], Any] | None,
        *,
        living: bool,
    ) -> tuple[int, bool, Changes | list[Finding] | None]: ...

def explain(fold: Fold, name: str, key: tuple[str, ...] | None = None) -> Iterator[dict[str, Any]]: ...
def finding_object(fold: Fold, finding: Finding) -> dict[str, Any]: ...
def lone_objects(fold: Fold, findings: list[Finding]) -> list[dict[str, Any]]: ...
def lone_item(fold: Fold, findings: list[Finding], start: int, end: int) -> bytes: ...
def saved_finding(fold: Fold, finding: Finding) -> dict[str, Any]: ...
def saved_warning(fold: Fold, warning: Warning_) -> dict[str, Any]: ...
def restore(
    fold: Fold,
    now: int,
    forgotten: int | None,
    events: Iterable[Event],
    anchors: dict[str, Event],
    findings: list[dict[str, Any]],
    lone: list[tuple[int, dict[str, Any]]],
    warnings: list[dict[str, Any]],
    gone_versions: dict[str, int],
) -> None: ...
