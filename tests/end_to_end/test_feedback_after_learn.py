"""Feedback sent once its learn is acknowledged finds the pattern, though several processes decide."""

import asyncio

from centralcloud_client import subjects
from stack.system import System
from tests.end_to_end.instance import Instance, connected
from tests.end_to_end.patience import repeated

_PAIRS = 60


async def test_feedback_never_overtakes_its_learn(system: System) -> None:
    async def teach_and_judge(instance: Instance, number: int) -> str:
        name, verdict = f"judged-at-once-{number}", f"judged-{number}"
        await instance.learn(name, f"taught-{number}", "teacher")
        body = {"learn_id": verdict, "slug": name, "verdict": "confirmed", "codebase_id": "c", "instance_id": "judge"}
        await instance.ask(subjects.feedback("framework"), body)
        return verdict

    async with connected(system.addresses.nats_url) as instance:
        verdicts = await asyncio.gather(*(teach_and_judge(instance, number) for number in range(_PAIRS)))
        await instance.decided(list(verdicts), seconds=20)
        lost = {"learn_id": "judged-nothing", "slug": "no-such-thing", "verdict": "rejected", "codebase_id": "c"}
        await instance.ask(subjects.feedback("framework"), lost)

        async def refused() -> bool:
            return await instance.state_of("judged-nothing") == "rejected"

        await repeated(refused, 20, "a verdict on nothing was not refused")
