"""People are told by mail: letters that they can read, in English and Chinese, each recipient once."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.channels.mailboxes import WELL, Letter, MailServer, mail_server
from tests.channels.receivers import write_channels
from tests.channels.test_webhook import one_warning, said
from tests.redis import servers
from tests.service.office import Office, run


def mail(address: str, *routes: str, recipients: str = '["head@u1.example"]', **more: object) -> str:
    """A channel `post`, with these routes to it, or one."""
    settings = {"security": '"none"', "first_pause_s": 0.05, "longest_pause_s": 0.2, "timeout_s": 60, **more}
    lines = ["[mail.post]", f'server = "{address}"', 'sender = "rulelang@centre.example"', f"recipients = {recipients}"]
    lines += [f"{key} = {value}" for key, value in settings.items()]
    for route in routes or ("",):
        lines += ["[[route]]", 'to = ["post"]', route]
    return "\n".join([*lines, ""])


async def letters(office: Office, post: MailServer, count: int) -> list[Letter]:
    await office.inside.until(lambda: len(post.letters) >= count)
    return list(post.letters)


def test_a_letter_says_what_happened_and_what_is_to_be_done(tmp_path: Path) -> None:
    with mail_server() as post:

        async def scenario(office: Office) -> None:
            warning = await one_warning(office)
            await office.do("zhang", warning, note="told by telephone")
            issued, step = await letters(office, post, 2)
            assert issued.to == ("head@u1.example",)
            assert issued.subject == "[blue] officer P17: conduct – issued"
            assert issued.text.splitlines() == [
                "About: officer P17",
                "Belongs to: unit U1, city C",
                "What happened: issued (2026-03-02 10:00)",
                "Points: 3",
                "Action: Talk",
                "Status: open",
                "Awaits: notification, until 2026-03-03 10:00",
                f"Warning: {warning}",
            ]
            assert step.subject == "[blue] officer P17: conduct – a step was done"
            assert {"Step: notification", "By: zhang (duty_officer)", "Note: told by telephone"} <= set(step.text.splitlines())
            assert issued.message["References"] == step.message["References"]
            assert issued.id != step.id
            assert issued.message["Auto-Submitted"] == "auto-generated"

        run(tmp_path, scenario, channels=write_channels(tmp_path, mail(post.address)))


def test_a_letter_in_chinese(tmp_path: Path) -> None:
    with mail_server() as post:

        async def scenario(office: Office) -> None:
            warning = await one_warning(office, "王五")
            await office.do("zhang", warning, note="已电话通知")
            issued, step = await letters(office, post, 2)
            assert issued.subject == "【蓝色预警】officer 王五：conduct——已发出"
            assert "待办环节：notification，期限 2026-03-03 10:00" in issued.text.splitlines()
            assert "说明：已电话通知" in step.text.splitlines()
            assert issued.raw.isascii()  # servers that know nothing but ASCII pass it on

        run(tmp_path, scenario, channels=write_channels(tmp_path, mail(post.address, language='"zh"')))


def test_what_fails_is_sent_again_under_the_same_message_id(tmp_path: Path) -> None:
    answers: list[str | None] = ["451 later", None]
    with mail_server(data=lambda letter: answers.pop(0) if answers else WELL) as post:

        async def scenario(office: Office) -> None:
            await one_warning(office)
            await letters(office, post, 1)
            whys = [line["why"] for line in office.inside.said("delivery failed")]
            assert whys == ["answered 451: later", "Connection unexpectedly closed"]

        run(tmp_path, scenario, channels=write_channels(tmp_path, mail(post.address)))
        assert len({letter.id for letter in post.offered}) == 1
        assert [letter.message["X-Attempt"] for letter in post.offered] == ["1", "2", "3"]


def test_a_recipient_who_can_take_it_later_gets_it_later_and_nobody_gets_it_twice(tmp_path: Path) -> None:
    tries: list[str] = []

    def answer(address: str) -> str:
        tries.append(address)
        return "450 come again" if address == "grey@u1.example" and tries.count(address) == 1 else "550 nobody" if "no" in address else WELL

    with mail_server(recipient=answer) as post:
        people = '["head@u1.example", "grey@u1.example", "no@u1.example"]'

        async def scenario(office: Office) -> None:
            await one_warning(office)
            await letters(office, post, 2)
            (lost,) = await said(office, "given up for some recipients")
            assert (lost["recipients"], lost["why"]) == (["no@u1.example"], "answered 550: nobody")

        run(tmp_path, scenario, channels=write_channels(tmp_path, mail(post.address, recipients=people)))
        assert [letter.to for letter in post.letters] == [("head@u1.example",), ("grey@u1.example",)]
        assert len({letter.id for letter in post.letters}) == 1
        assert sorted(tries) == ["grey@u1.example", "grey@u1.example", "head@u1.example", "no@u1.example"]


def test_what_no_recipient_will_take_is_given_up(tmp_path: Path) -> None:
    with mail_server(recipient=lambda address: "550 nobody here") as post:

        async def scenario(office: Office) -> None:
            await one_warning(office)
            (given_up,) = await said(office, "given up")
            assert given_up["why"] == "answered 550: nobody here"

        run(tmp_path, scenario, channels=write_channels(tmp_path, mail(post.address)))
        assert not post.offered


def test_a_server_that_hangs_is_left_in_time(tmp_path: Path) -> None:
    with mail_server(greet_s=2.0) as post:

        async def scenario(office: Office) -> None:
            await one_warning(office)
            (failed, *_) = await said(office, "delivery failed")
            assert failed["why"] == "no end within 0.3 s"

        run(tmp_path, scenario, channels=write_channels(tmp_path, mail(post.address, timeout_s=0.3)))


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_letters_go_over_tls_and_the_service_says_who_it_is(security: str, tmp_path: Path) -> None:
    made = servers.certificates()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(made / "server.pem", made / "server.key")
    with mail_server(from_the_start=security == "tls", tls=tls, password="open sesame") as post:
        more = {"security": f'"{security}"', "user": '"centre"', "password_file": '"post.secret"', "ca": f'"{made / "ca.pem"}"'}
        channels = write_channels(tmp_path, mail(post.address, **more), post="open sesame")

        async def scenario(office: Office) -> None:
            await one_warning(office)
            (letter,) = await letters(office, post, 1)
            assert (letter.secured, letter.user) == (True, "centre")

        run(tmp_path, scenario, channels=channels)


def test_a_server_with_a_certificate_of_nobody_is_told_nothing(tmp_path: Path) -> None:
    made = servers.certificates()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(made / "server.pem", made / "server.key")
    with mail_server(tls=tls) as post:

        async def scenario(office: Office) -> None:
            await one_warning(office)
            (failed, *_) = await said(office, "delivery failed")
            assert "certificate verify failed" in failed["why"]

        run(tmp_path, scenario, channels=write_channels(tmp_path, mail(post.address, security='"starttls"')))
        assert not post.offered


def test_each_recipient_of_a_digest_sees_what_is_routed_to_them(tmp_path: Path) -> None:
    routes = ('units = ["unit U1"]\nrecipients = ["head@u1.example"]', 'units = ["unit U2"]\nrecipients = ["head@u2.example"]')
    with mail_server() as post:
        both = '\n[[route]]\nto = ["post"]\nrecipients = ["centre@c.example", "deputy@c.example"]\n'
        channels = write_channels(tmp_path, mail(post.address, *routes, digest='"daily 07:30"') + both)

        async def scenario(office: Office) -> None:
            await one_warning(office, "P1")
            await office.say("posting", "2026-03-02T10:00", officer="P2", unit="U2")
            await office.say("complaint", "2026-03-02T10:01", case="C", officer="P2", grade=6)
            await office.move("2026-03-03T07:30")
            await letters(office, post, 3)

        run(tmp_path, scenario, channels=channels)
        by_recipient = {letter.to: letter for letter in post.letters}
        assert set(by_recipient) == {("head@u1.example",), ("head@u2.example",), ("centre@c.example", "deputy@c.example")}
        assert by_recipient["head@u1.example",].text.splitlines() == [
            "Daily digest up to 2026-03-03 07:30: 1 happening",
            "",
            "unit U1",
            "- [blue] officer P1: conduct – issued (2026-03-02 10:00)",
        ]
        assert "U1" not in by_recipient["head@u2.example",].text
        assert by_recipient["centre@c.example", "deputy@c.example"].subject == "Daily digest up to 2026-03-03 07:30: 2 happenings"
        assert len({letter.id for letter in post.letters}) == 3
