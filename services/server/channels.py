"""The service `Channels`.

In: who calls, and what they ask.  Out: how far each channel is, what was given up, and that it is sent again. What one channel carries may be about anybody,
so these calls are for those who see all warnings.
"""

from __future__ import annotations

from proto.rulelang.v1 import channels_pb2, channels_pb2_grpc
from services.channels.outbox import Outbox
from services.channels.state import State, place
from services.server.board import Board
from services.server.edge import Call
from services.server.errors import ActForbidden, NoSuchChannel, NotKnown
from services.server.stamps import timestamp


class Channels(channels_pb2_grpc.ChannelsServicer):  # type: ignore[misc]
    """Handlers; see `edge` for what they are called with."""

    def __init__(self, outbox: Outbox, board: Board) -> None:
        self._outbox = outbox
        self._board = board

    async def ListChannels(self, request: channels_pb2.ListChannelsRequest, call: Call) -> channels_pb2.ListChannelsResponse:
        _check(call)
        states = await self._outbox.states()
        return channels_pb2.ListChannelsResponse(
            channels=[_shown(channel.name, channel.kind, state, self._board.end) for channel, state in states]
        )

    async def ListGivenUp(self, request: channels_pb2.ListGivenUpRequest, call: Call) -> channels_pb2.ListGivenUpResponse:
        _check(call)
        call.said["channel"] = request.channel
        try:
            given_up = await self._outbox.given_up(request.channel)
        except KeyError as error:
            raise NoSuchChannel(request.channel) from error
        return channels_pb2.ListGivenUpResponse(
            deliveries=[
                channels_pb2.GivenUp(
                    id=one.id, warning=one.warning, time=timestamp(one.time_us), attempts=one.tries, why=one.why, recipients=one.only
                )
                for one in given_up
            ]
        )

    async def SendAgain(self, request: channels_pb2.SendAgainRequest, call: Call) -> channels_pb2.SendAgainResponse:
        _check(call)
        call.said["channel"] = request.channel
        try:
            found = await self._outbox.send_again(request.channel, request.ids)
        except KeyError as error:
            raise NoSuchChannel(request.channel) from error
        call.said["sent_again"] = len(found)
        return channels_pb2.SendAgainResponse(ids=found)


def _check(call: Call) -> None:
    if call.person is None:
        raise NotKnown
    call.said["person"] = call.person.name
    if call.person.sees is not None:
        raise ActForbidden("SEES_NOT_ALL", f'{call.person.name} does not see all warnings (sees = ["*"] in the list of people)')


def _shown(name: str, kind: str, state: State | None, end: int) -> channels_pb2.ChannelState:
    shown = channels_pb2.ChannelState(name=name, kind=kind)
    if state is None:
        return shown
    shown.at_work = bool(state.holder)
    shown.behind = max(0, end - min(place(lane.cursor) for lane in state.lanes.values()))
    shown.waiting, shown.given_up, shown.delivered = state.waits, len(state.given_up), state.delivered
    if state.delivered_us is not None:
        shown.last_delivered.CopyFrom(timestamp(state.delivered_us))
    if state.failing_us is not None:
        shown.failing_since.CopyFrom(timestamp(state.failing_us))
        shown.failure = state.why
    return shown
