"""The list of people: what is wrong with it is said with its place; a certificate makes somebody known; a reload reads it again."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

import grpc
import pytest
from grpc import aio

import rulelang
from proto.rulelang.v1 import warnings_pb2, warnings_pb2_grpc
from rulelang.effective import outline
from services.people import People, PeopleError, load_people
from services.server.engine_thread import RuleSet
from tests.service.inside import WAIT_S, Failed, chosen, service
from tests.service.office import Office, people_text, run, token, told
from tests.service.test_tls import authority, signed
from tests.warnings.scene import RULES


def loaded(folder: Path, text: str) -> People:
    (folder / "people.toml").write_text(text, encoding="utf-8")
    return load_people(folder / "people.toml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\n", "must have [[people]] entries, and nothing else"),
        ("[people]\n", "must have [[people]] entries"),
        ("[[people]]\nname = 1\n", "entry 1: name must be a text"),
        ('[[people]]\nname = ""\n', "entry 1: name must be a text that is not empty"),
        ('[[people]]\nname = "a"\n', "entry 1: 'a' has neither a certificate nor a token_sha256"),
        ('[[people]]\nname = "a"\ncertificate = ""\n', "entry 1: certificate must be a name"),
        ('[[people]]\nname = "a"\ntoken_sha256 = "abc"\n', "entry 1: token_sha256 must be 64 hexadecimal digits"),
        ('[[people]]\nname = "a"\ncertificate = "c"\nrole = "x"\n', "entry 1: there is no 'role'; known are certificate, name, own, roles"),
        ('[[people]]\nname = "a"\ncertificate = "c"\nroles = "x"\n', "entry 1: roles must be a list of texts"),
        ('[[people]]\nname = "a"\ncertificate = "c"\nsees = ["U1"]\n', 'entry 1: sees must be of the form "ENTITY KEY"'),
        ('[[people]]\nname = "a"\ncertificate = "c"\nown = ["P1"]\n', "entry 1: own must have a key for each entity"),
        (
            '[[people]]\nname = "a"\ncertificate = "c"\n[[people]]\nname = "a"\ncertificate = "d"\n',
            "entry 2: there is another entry with the name 'a'",
        ),
        (
            '[[people]]\nname = "a"\ncertificate = "c"\n[[people]]\nname = "b"\ncertificate = "c"\n',
            "entry 2: certificate is that of 'a' too",
        ),
        ("[[people\n", "is not a TOML file"),
    ],
)
def test_what_is_wrong_with_the_list_is_said(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(PeopleError) as error:
        loaded(tmp_path, text)
    assert says in str(error.value)


def test_the_list_that_the_page_shows_is_one(tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "service.md"
    (text,) = re.findall(r"^```toml people.toml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    people = loaded(tmp_path, text.replace('token_sha256 = "…"', f'token_sha256 = "{hashlib.sha256(b"TOKEN").hexdigest()}"'))
    head, centre = people.known(["li.wei"], None), people.known([], "TOKEN")
    assert head is not None
    assert (head.name, head.own, head.sees) == ("li.wei", (("officer", "P17"),), frozenset({("unit", "U1")}))
    assert centre is not None
    assert centre.sees is None


def test_a_list_that_is_not_there_is_an_error_and_none_knows_nobody(tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="cannot be read"):
        load_people(tmp_path / "nowhere.toml")
    assert load_people(None).known(["anybody"], "token") is None


def test_places_are_compared_as_keys_are(tmp_path: Path) -> None:
    people = loaded(tmp_path, '[[people]]\nname = "a"\ncertificate = "c"\nsees = ["unit  岳麓　大队 "]\n')
    person = people.known(["x", "c"], None)
    assert person is not None
    assert person.may_see([("officer", "P1"), ("unit", "岳麓 大队")])
    assert not person.may_see([("city", "岳麓 大队")])
    assert people.known(["c"], "a token that nobody has") is None


def test_a_certificate_makes_somebody_known(tmp_path: Path) -> None:
    ours = authority(tmp_path, "ours")
    server, client = signed(tmp_path, "server", ours), signed(tmp_path, "li.wei", ours)
    (tmp_path / "people.toml").write_text(
        '[[people]]\nname = "li"\ncertificate = "li.wei"\nroles = ["unit_head"]\nsees = ["*"]\n', encoding="utf-8"
    )
    settings = chosen(
        people=tmp_path / "people.toml", tls__certificate=server.certificate, tls__key=server.key, tls__client_ca=ours.certificate
    )

    async def scenario() -> None:
        async with service(settings) as inside:
            credentials = grpc.ssl_channel_credentials(
                ours.certificate.read_bytes(), client.key.read_bytes(), client.certificate.read_bytes()
            )
            port = inside.address.rpartition(":")[2]
            async with aio.secure_channel(f"localhost:{port}", credentials) as channel:
                stub = warnings_pb2_grpc.WarningsStub(channel)
                async with asyncio.timeout(WAIT_S):
                    assert not (await stub.List(warnings_pb2.ListRequest())).warnings
                assert [line["person"] for line in inside.said("call answered") if line["method"].endswith("List")] == ["li"]

    asyncio.run(scenario())


def test_a_reload_reads_the_list_again_and_keeps_the_old_one_where_it_is_wrong(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await office.list("zhang")
        file = tmp_path / "people.toml"
        file.write_text("[[people\n", encoding="utf-8")
        office.inside.service.reload()
        await office.inside.until(lambda: bool(office.inside.said("the list of people is left as it was")))
        await office.list("zhang")
        file.write_text(people_text().replace('name = "zhang"', 'name = "zhang li"').replace('sees = ["*"]', "sees = []"), encoding="utf-8")
        before = office.inside.service._edge.people
        office.inside.service.reload()
        await office.inside.until(lambda: office.inside.service._edge.people is not before)
        answer = await told(office.warnings.List(warnings_pb2.ListRequest(), metadata=token("nobody")))
        assert isinstance(answer, Failed)
        await office.list("zhang")
        assert [line["person"] for line in office.inside.said("call answered") if line["method"].endswith("List")] == [
            "zhang",
            "zhang",
            "zhang li",
        ]

    run(tmp_path, scenario)


def test_roles_that_do_not_meet_the_procedures_are_said_at_the_start_and_after_a_reload(tmp_path: Path) -> None:
    rules, people = tmp_path / "rules", tmp_path / "people.toml"
    rules.mkdir()
    (rules / "office.rules").write_text(RULES, encoding="utf-8")
    checked = rulelang.check([str(rules)])
    assert checked.ruleset is not None
    people.write_text(people_text(), encoding="utf-8")

    async def scenario() -> None:
        running = RuleSet(outline(checked.ruleset), rulelang.compile_checked(checked))
        async with service(chosen(people=people), running, [str(rules)]) as inside:
            assert inside.said("steps that nobody has a role for") == []
            assert inside.said("roles that no step asks for") == []
            people.write_text(people_text().replace('"discipline"', '"disciplin"'), encoding="utf-8")
            inside.service.reload()
            async with asyncio.timeout(WAIT_S):
                while not inside.said("roles that no step asks for"):
                    await asyncio.sleep(0.01)
            (steps,), (roles,) = inside.said("steps that nobody has a role for"), inside.said("roles that no step asks for")
            assert (steps["steps"], steps["steps_count"]) == ([["conduct_cases", "accountability"]], 1)
            assert (roles["roles"], roles["roles_count"]) == ([["wang", "disciplin"]], 1)
        async with service(chosen(people=people), running) as inside:
            assert len(inside.said("steps that nobody has a role for")) == 1

    asyncio.run(scenario())
