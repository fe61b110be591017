"""`python -m gateway`: run one gateway until SIGTERM or SIGINT."""

import asyncio
import sys

from gateway import logs
from gateway.process import GatewayProcess
from settings import Settings, settings


async def _run(configured: Settings) -> int:
    return await GatewayProcess(configured).run()


def main() -> int:
    """Run the process; return its exit code."""
    configured = settings()
    logs.configure(configured.log_level, configured.log_format, configured.process_name)
    if sys.platform == "win32":
        return asyncio.run(_run(configured))
    import uvloop

    return uvloop.run(_run(configured))


if __name__ == "__main__":
    sys.exit(main())
