"""Who may see which warnings, and act in which roles: the file that the setting `people` names.

In: a TOML file.  Out: `People`, which knows a caller by a certificate's name or a token; or `PeopleError`, which says what is wrong where.

    [[people]]
    name = "li.wei"                  # the actor in every record
    certificate = "li.wei"           # the common name, or another name, of a client certificate
    token_sha256 = "9f86d081…"       # or: SHA-256 of a bearer token, which itself is written nowhere
    roles = ["unit_head"]
    sees = ["unit U1", "city C"]     # ENTITY KEY; "*": all
    own = { officer = "P17" }        # who they are in the records: they never act on warnings that concern themselves
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rulelang import model
from rulelang.normalise import normalise
from services.toml import read_toml

ALL = "*"


class PeopleError(Exception):
    """The file cannot be used; the text says what is wrong where."""


_KNOWN = {"name", "certificate", "token_sha256", "roles", "sees", "own"}


@dataclass(frozen=True, slots=True)
class Person:
    """`sees`: entities and normalised keys, or None: all."""

    name: str
    roles: tuple[str, ...]
    sees: frozenset[tuple[str, str]] | None
    own: tuple[tuple[str, str], ...]

    def may_see(self, places: Iterable[tuple[str, str]]) -> bool:
        """Whether a warning of these places is theirs to see."""
        return self.sees is None or any((entity, normalise(key)) in self.sees for entity, key in places)


@dataclass(frozen=True, slots=True)
class People:
    """All who are known."""

    by_certificate: Mapping[str, Person] = field(default_factory=dict)
    by_token: Mapping[str, Person] = field(default_factory=dict, repr=False)

    def known(self, certificate_names: Iterable[str], token: str | None) -> Person | None:
        """Who calls; a token goes before a certificate, which may be that of a gateway."""
        if token is not None:
            return self.by_token.get(hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest())
        return next((self.by_certificate[name] for name in certificate_names if name in self.by_certificate), None)

    @property
    def all(self) -> list[Person]:
        """By name."""
        return sorted({*self.by_certificate.values(), *self.by_token.values()}, key=lambda person: person.name)


def unmet(people: People, procedures: Sequence[model.Procedure]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Where people and procedures do not meet: (procedure, step) that nobody has a role for; (person, role) that no step asks for."""
    held = {role for person in people.all for role in person.roles}
    steps = [(p.name, step) for p in procedures for step in (p.release, *p.steps, p.decision) if step is not None]
    asked = {role for _, step in steps for role in step.roles}
    return (
        [(procedure, step.name) for procedure, step in steps if not held & set(step.roles)],
        [(person.name, role) for person in people.all for role in person.roles if role not in asked],
    )


def load_people(path: Path | None) -> People:
    """The people of a file; no file: nobody."""
    if path is None:
        return People()
    document = read_toml(path, PeopleError, "people")
    entries = document.get("people")
    if not isinstance(entries, list) or set(document) != {"people"}:
        raise PeopleError(f"people: {path} must have [[people]] entries, and nothing else")
    by_certificate: dict[str, Person] = {}
    by_token: dict[str, Person] = {}
    names: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        where = f"people: {path}, entry {number}"
        person = _person(entry, where)
        if person.name in names:
            raise PeopleError(f"{where}: there is another entry with the name {person.name!r}")
        names.add(person.name)
        certificate, token = entry.get("certificate"), entry.get("token_sha256")
        if certificate is None and token is None:
            raise PeopleError(f"{where}: {person.name!r} has neither a certificate nor a token_sha256, and could never be known")
        for table, given, what in ((by_certificate, certificate, "certificate"), (by_token, token, "token_sha256")):
            if given is None:
                continue
            if not isinstance(given, str) or not given or (what == "token_sha256" and not re.fullmatch("[0-9a-f]{64}", given)):
                raise PeopleError(f"{where}: {what} must be {'64 hexadecimal digits in lower case' if table is by_token else 'a name'}")
            if given in table:
                raise PeopleError(f"{where}: {what} is that of {table[given].name!r} too")
            table[given] = person
    return People(by_certificate, by_token)


def _person(entry: Any, where: str) -> Person:
    if not isinstance(entry, dict):
        raise PeopleError(f"{where}: must be a table, written as [[people]]")
    unknown = sorted(set(entry) - _KNOWN)
    if unknown:
        raise PeopleError(f"{where}: there is no {unknown[0]!r}; known are {', '.join(sorted(_KNOWN))}")
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise PeopleError(f"{where}: name must be a text that is not empty")
    own = entry.get("own", {})
    if not isinstance(own, dict) or not all(isinstance(key, str) and key for key in own.values()):
        raise PeopleError(f'{where}: own must have a key for each entity, as in {{ officer = "P17" }}')
    seen = _texts(entry, "sees", where)
    places = []
    for place in seen:
        entity, _, key = place.partition(" ")
        if place != ALL and not key.strip():
            raise PeopleError(f'{where}: sees must be of the form "ENTITY KEY", or "{ALL}" for all, not {place!r}')
        places.append((entity, normalise(key)))
    return Person(name, _texts(entry, "roles", where), None if ALL in seen else frozenset(places), tuple(own.items()))


def _texts(entry: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    given = entry.get(name, [])
    if not isinstance(given, list) or not all(isinstance(text, str) and text for text in given):
        raise PeopleError(f"{where}: {name} must be a list of texts")
    return tuple(given)
