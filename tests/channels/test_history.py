"""The store holds another history than the one that was delivered: the channel goes on from what both share, and says so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from engine.stores import make_store
from services.channels.state import OTHERS, GivenUp, State, Waiting, aside_name, place, thinned, unpacked
from tests.channels.receivers import receiver, webhook, write_channels
from tests.channels.test_webhook import one_warning, said, taken, told_of
from tests.service.office import Office, run


def changed(store: Path, change: Callable[[State], None]) -> None:
    """What is kept of the channel, changed while no service runs."""
    with closing(make_store(f"sqlite:{store}")) as opened:
        opened.open("")
        kept = opened.aside(aside_name("hook"))
        assert kept is not None
        state = unpacked(kept)
        change(state)
        assert opened.set_aside(aside_name("hook"), state.packed(), kept)


@pytest.mark.parametrize("cursor", ["3.0000000000000000", "9.0000000000000000"], ids=["another history", "a shorter history"])
def test_a_channel_goes_on_from_the_last_place_that_both_share(cursor: str, tmp_path: Path) -> None:
    with receiver() as told:

        async def scenario(office: Office) -> None:
            warning = await one_warning(office)
            await taken(office, told, 1)
            await office.restart()  # which writes down that it was at 1
            await office.do("zhang", warning)
            await office.do("li", warning)
            await taken(office, told, 3)
            await office.close()

            def forget(state: State) -> None:
                assert place(state.marks[0]) <= 1
                for lane in state.lanes.values():
                    lane.cursor = cursor
                state.marks = [*state.marks[:1], cursor]
                state.lanes[OTHERS].waiting[3] = Waiting(3)
                state.given_up.append(GivenUp("3.0", warning, 0, 1, "", 3))

            changed(office.store, forget)
            await office.open()
            left = await said(office, "the store holds another history than was delivered: some deliveries may be repeated")
            assert left[0]["was_at"] == cursor
            await office.inside.until(lambda: len(told_of(told, warning)) >= 5)
            assert [got.body["version"] for got in told.taken][-2:] == [2, 3]
            assert len({got.id for got in told.taken}) == 3  # what came twice has the same id

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))


def test_places_are_remembered_the_denser_the_later() -> None:
    marks: list[str] = []
    for number in range(1, 5_000):
        marks = thinned([*marks, f"{number}.x"])
        assert marks[-1] == f"{number}.x"
    back = [4_999 - place(mark) for mark in reversed(marks)]
    assert back[:2] == [0, 1]
    assert all(later >= 2 * earlier for earlier, later in pairwise(back))
    assert len(marks) <= 14
