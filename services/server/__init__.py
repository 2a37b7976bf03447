"""The gRPC service. The path of a call:

    bytes ─▶ edge ─▶ handler ─▶ waiting ─▶ engine thread ─▶ handler ─▶ bytes
             admits,  checks     bounded    groups of calls:
             parses,  the        queue      event ─▶ dict ─▶ evaluate (durable) ─▶ outcome ─▶ message
             errors   batch

One event loop serves all calls, one thread owns the engine.  `errors` is the one table of what a call may fail with,
`service` the one place where everything is put together.
"""

import os

# gRPC's own lines are not JSON, and what they tell is told by ours. It reads the variable when it is first imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
