"""Health, as the standard service tells it.

In: whether the store is well, whether the service is stopping.  Out: SERVING or NOT_SERVING of the service as a whole (the empty name) and
of each of ours. `RuleSets` needs no store.
"""

from __future__ import annotations

from grpc_health.v1 import _async as health
from grpc_health.v1.health_pb2 import HealthCheckResponse

EVALUATION = "rulelang.v1.Evaluation"
RULE_SETS = "rulelang.v1.RuleSets"
WARNINGS = "rulelang.v1.Warnings"
CHANNELS = "rulelang.v1.Channels"


class Health:
    def __init__(self) -> None:
        self.servicer = health.HealthServicer()

    async def serving(self) -> None:
        for name in ("", EVALUATION, RULE_SETS, WARNINGS, CHANNELS):
            await self.servicer.set(name, HealthCheckResponse.SERVING)

    async def store_failed(self) -> None:
        for name in ("", EVALUATION, WARNINGS, CHANNELS):
            await self.servicer.set(name, HealthCheckResponse.NOT_SERVING)

    async def stopping(self) -> None:
        """For good."""
        await self.servicer.enter_graceful_shutdown()
