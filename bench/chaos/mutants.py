"""Systems with one safeguard removed, to show that the counting would notice.

`no-unique-key`: learns may be written twice. `ack-at-dispatch`: the gateway acknowledges what it has only enqueued;
this module is then run in the gateway's place.
"""

from dataclasses import replace
from typing import Final

from sqlalchemy import Engine, text

from stack.child import Process
from stack.processes import Application
from stack.system import System

NAMES: Final = ("no-unique-key", "ack-at-dispatch")


def drop_unique_key(engine: Engine) -> None:
    """Take away what makes a delivery idempotent."""
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE learns DROP CONSTRAINT pk_learns"))
        connection.execute(text("CREATE INDEX ON learns (learn_id)"))


def with_hasty_gateway(system: System) -> list[Process]:
    """Return the application with this module in the gateway's place."""
    processes = Application(
        state=system.state.path,
        addresses=system.addresses,
        ports=system.servers.ports,
        flower_port=system.flower_port,
        gateways=system.options.gateways,
        scale=system.options.scale,
        codebase_root=system.options.codebase_root,
    ).processes()
    return [
        replace(one, argv=tuple("bench.chaos.mutants" if part == "gateway" else part for part in one.argv))
        if one.name.startswith("gateway")
        else one
        for one in processes
    ]


def main() -> int:
    """Run a gateway that acknowledges at dispatch."""
    from nats.aio.msg import Msg

    from gateway import __main__ as entry
    from gateway import process
    from gateway.learn_intake import LearnIntake

    class HastyIntake(LearnIntake):
        async def _enqueue(self, batch: list[Msg]) -> None:
            await super()._enqueue(batch)
            for message in batch:
                await self._nats.publish(message.reply, b"+ACK")

    vars(process)["LearnIntake"] = HastyIntake
    return entry.main()


if __name__ == "__main__":
    raise SystemExit(main())
