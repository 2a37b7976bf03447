"""What goes where: generated files and happenings, held against a slow and obvious reading of the page; and what is wrong in a file is said."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from services.channels.declared import ChannelsError, load_channels
from services.channels.happenings import KINDS
from services.channels.routing import Case, recipients
from services.settings import CHANNELS_MAX, ROUTE_TEXTS_MAX, ROUTES_MAX
from tests.channels.receivers import webhook, write_channels

LEVELS = ("blue", "yellow", "orange", "red")
UNITS = ("unit U1", "unit U2", "city C", "officer P17", "单位 一中队")
SPELLED = {"unit U1": ("unit", " U1 "), "单位 一中队": ("单位", "一中队"), "unit U2": ("unit", "U2")}
CATEGORIES = ("enforcement", "enforcement.alcohol", "enforce", "penalties.split", "")
PEOPLE = tuple(f"{name}@c.example" for name in "abcd")


def some(chance: random.Random, things: tuple[str, ...]) -> list[str]:
    return chance.sample(things, chance.randrange(1, len(things))) if chance.random() < 0.5 else []


def slow(routes: list[dict[str, list[str]]], channel: str, own: list[str], happened: dict[str, Any]) -> list[str] | None:
    """One route after the other, one word after the other."""
    led, to = False, []
    for route in routes:
        if channel not in route["to"]:
            continue
        if "levels" in route and happened["level"] not in route["levels"]:
            continue
        if "happenings" in route and not [kind for kind in happened["kinds"] if kind in route["happenings"]]:
            continue
        if "units" in route and not [unit for unit in happened["units"] if unit in route["units"]]:
            continue
        if "categories" in route:
            begins = [c for c in happened["categories"] for wanted in route["categories"] if c[: len(wanted)] == wanted]
            if not begins:
                continue
        led = True
        for one in route.get("recipients", own):
            if one not in to:
                to.append(one)
    return to if led and happened["kinds"] else None


@pytest.mark.seeds(30)
def test_routes_lead_where_a_slow_reading_says(seed: int, tmp_path: Path) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    names = [f"post{number}" for number in range(3)]
    own = {name: chance.sample(PEOPLE, chance.randrange(1, 3)) for name in names}
    routes = []
    for number in range(chance.randrange(3, 8)):
        route = {"to": [names[number]] if number < 3 else chance.sample(names, chance.randrange(1, 4))}
        for key, things in (
            ("levels", LEVELS),
            ("units", UNITS),
            ("categories", CATEGORIES[:-1]),
            ("happenings", tuple(KINDS)),
            ("recipients", PEOPLE),
        ):
            if chosen := some(chance, things):
                route[key] = chosen
        routes.append(route)
    text = "".join(f'[mail.{name}]\nserver = "h:25"\nsender = "s@c.example"\nrecipients = {own[name]}\n' for name in names)
    text += "".join("[[route]]\n" + "".join(f"{key} = {value}\n" for key, value in route.items()) for route in routes)
    channels = load_channels(write_channels(tmp_path, text.replace("'", '"')))
    led = 0
    for _ in range(60):
        happened = {"level": chance.choice(LEVELS)}
        happened["kinds"] = chance.sample(tuple(KINDS), chance.randrange(0, 3))
        happened["units"] = chance.sample(UNITS, chance.randrange(1, 4))
        happened["categories"] = chance.sample(CATEGORIES, chance.randrange(0, 3))
        places = [SPELLED.get(unit, tuple(unit.split(" "))) for unit in happened["units"]]
        case = Case(happened["level"], happened["kinds"], places, lambda happened=happened: frozenset(happened["categories"]))
        for channel in channels.channels:
            expected = slow(routes, channel.name, own[channel.name], happened)
            found = recipients(channels.routes, channel.name, case, channel.recipients)
            assert (None if found is None else list(found)) == expected, (routes, happened)
            led += expected is not None
    assert led


# ---------------------------------------------------------------------- what is wrong in a file

HOOK = '[webhook.hook]\nurl = "https://h/"\nsecret_file = "hook.secret"\n'
POST = '[mail.post]\nserver = "h:25"\nsender = "s@c.example"\nrecipients = ["a@c.example"]\n'
LINE = '[stream.line]\nurl = "redis://h"\nstream = "s"\n'
TO_HOOK, TO_POST, TO_LINE = ('[[route]]\nto = ["hook"]\n', '[[route]]\nto = ["post"]\n', '[[route]]\nto = ["line"]\n')


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[", "is not a TOML file"),
        ("webhooks = 1", "there is no 'webhooks' - did you mean webhook?; there are mail, route, stream, timezone, webhook"),
        ('timezone = "Mars"', "timezone must be the name of a time zone"),
        ("webhook = 1", "channels are written as tables with a name, as in [webhook.duty_desk]"),
        ('[webhook."a b"]', "'a b' cannot be the name of a channel"),
        (HOOK + POST.replace("post", "hook") + TO_HOOK, "there are two channels of the name 'hook'"),
        (HOOK, "no route leads to the channel 'hook', which would never be told of anything"),
        ("route = 1\n" + HOOK, "routes are written as [[route]]"),
        (HOOK + "[[route]]", "route 1: to is missing"),
        (HOOK + TO_HOOK + 'level = ["red"]', "route 1: there is no 'level' - did you mean levels?"),
        (HOOK + TO_HOOK + 'levels = ["rot"]', "route 1: levels: there is no 'rot'…; there are blue, yellow, orange, red"),
        (HOOK + TO_HOOK + 'levels = "red"', "route 1: levels must be a list of texts"),
        (HOOK + TO_HOOK + "levels = []", "route 1: levels must be a list of texts; to restrict nothing, leave it out"),
        (HOOK + TO_HOOK + 'happenings = ["close"]', "there is no 'close' - did you mean closed?"),
        (HOOK + TO_HOOK + 'units = ["U1"]', 'units: must be of the form "ENTITY KEY", as in "unit U1", not \'U1\''),
        (HOOK + TO_HOOK.replace("hook", "hok"), "to: there is no 'hok' - did you mean hook?; there are hook"),
        (HOOK + "colour = 1\n" + TO_HOOK, "webhook.hook: there is no 'colour'"),
        (HOOK + "parallel = 33\n" + TO_HOOK, "webhook.hook.parallel: must be between 1 and 32, not 33"),
        (HOOK + 'timeout_s = "1"x\n' + TO_HOOK, "is not a TOML file"),
        (HOOK + "first_pause_s = 10\nlongest_pause_s = 5\n" + TO_HOOK, "longest_pause_s: must not be less than first_pause_s"),
        (HOOK + 'quiet = "22:00-07:00"\n' + TO_HOOK, "quiet must be a list of texts"),
        (HOOK + 'quiet = ["22-7"]\n' + TO_HOOK, 'hook.quiet: must be of the form "22:00-07:00"'),
        (HOOK + 'digest = "hourly"\n' + TO_HOOK, 'hook.digest: must be of the form "daily 07:30"'),
        (HOOK + 'digest = "daily 07:30"\nquiet = ["22:00-07:00"]\n' + TO_HOOK, "a digest has a time of its own"),
        (HOOK.replace("https", "http") + 'ca = "x"\n' + TO_HOOK, "hook.ca: is for TLS, but the url begins with http://"),
        (HOOK + 'ca = "nowhere"\n' + TO_HOOK, "hook.ca: …nowhere cannot be read"),
        (HOOK + 'ca = "hook.secret"\n' + TO_HOOK, "ca, certificate or key cannot be used"),
        (HOOK + 'key = "x"\n' + TO_HOOK, "certificate and key belong together"),
        (HOOK.replace("secret_file", "# ") + TO_HOOK, "webhook.hook: secret_file is missing"),
        (HOOK.replace("hook.secret", "nowhere") + TO_HOOK, "secret_file: …nowhere cannot be read"),
        (POST.replace(":25", "") + TO_POST, "mail.post.server: must be HOST:PORT, not 'h'"),
        (POST.replace("a@c", "a b@c") + TO_POST, "recipients: 'a b@c.example' is no mail address"),
        (POST.replace("s@c", "处@c") + TO_POST, "sender: '处@c.example' is no mail address"),
        (POST.replace("recipients", "# ") + TO_POST, "route 1: recipients is missing, and 'post' has none of its own"),
        (POST + 'user = "u"\n' + TO_POST, "user and password_file belong together"),
        (
            POST + 'security = "none"\nuser = "u"\npassword_file = "hook.secret"\n' + TO_POST,
            "a password is sent over a connection that is protected only",
        ),
        (LINE.replace("redis://h", "redis://u:p@h") + TO_LINE, "line.url: must be redis://HOST:PORT"),
        (LINE.replace('stream = "s"', "") + TO_LINE, "stream.line: stream is missing"),
        (LINE + 'recipients = ["a@c.example"]\n' + TO_LINE, "there is no 'recipients'"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place(text: str, why: str, tmp_path: Path) -> None:
    file = write_channels(tmp_path, text)
    with pytest.raises(ChannelsError) as failed:
        load_channels(file)
    assert all(part in str(failed.value) for part in why.split("…")), failed.value
    assert str(file.parent) in str(failed.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ChannelsError, match=r"channels: .*nowhere.toml cannot be read"):
        load_channels(tmp_path / "nowhere.toml")


def test_so_many_channels_routes_and_texts_and_no_more(tmp_path: Path) -> None:
    def channels(count: int) -> str:
        names = [f"hook{number}" for number in range(count)]
        return "".join(webhook("http://h/", name) for name in names)

    assert len(load_channels(write_channels(tmp_path, channels(CHANNELS_MAX))).channels) == CHANNELS_MAX
    with pytest.raises(ChannelsError, match="has 101 channels, 100 are the most"):
        load_channels(write_channels(tmp_path, channels(CHANNELS_MAX + 1)))
    assert len(load_channels(write_channels(tmp_path, HOOK + TO_HOOK * ROUTES_MAX)).routes) == ROUTES_MAX
    with pytest.raises(ChannelsError, match="has 1001 routes, 1000 are the most"):
        load_channels(write_channels(tmp_path, HOOK + TO_HOOK * (ROUTES_MAX + 1)))
    units = [f"unit U{number}" for number in range(ROUTE_TEXTS_MAX + 1)]
    load_channels(write_channels(tmp_path, HOOK + TO_HOOK + f"units = {units[1:]}".replace("'", '"')))
    with pytest.raises(ChannelsError, match="units has 1001 texts, 1000 are the most"):
        load_channels(write_channels(tmp_path, HOOK + TO_HOOK + f"units = {units}".replace("'", '"')))
