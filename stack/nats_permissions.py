"""What each NATS user may publish and subscribe: the one table behind the embedded server and docker-compose.

Instances connect without credentials and are `instance`; the centre's processes are `centre`, by secret. Writes the
server's configuration text, nothing else.
"""

import json
from typing import Final

PATTERN_TYPES: Final = ("framework", "technology", "microservice", "code")

CENTRE: Final = "centre"
INSTANCE: Final = "instance"

INSTANCE_MAY_PUBLISH: Final = (
    *(f"centralcloud.patterns.{kind}.{verb}" for kind in PATTERN_TYPES for verb in ("query", "learn", "feedback")),
    "centralcloud.patterns.detect",
    "centralcloud.patterns.learn.status",
    "centralcloud.patterns.sync.request",
    "centralcloud.templates.get",
    "centralcloud.templates.search",
    "$SRV.>",
)

INSTANCE_MAY_SUBSCRIBE: Final = (
    "centralcloud.patterns.sync.publish",
    "centralcloud.patterns.sync.heartbeat",
    "_INBOX.>",
)


def authorization(password: str) -> str:
    """Return the part of a NATS configuration that names the users; `password` is the centre's, or a `$VARIABLE`."""
    secret = password if password.startswith("$") else json.dumps(password)
    return f"""\
authorization {{
  timeout: 5
  users: [
    {{ user: {CENTRE}, password: {secret} }}
    {{
      user: {INSTANCE}
      password: ""
      permissions: {{
        publish: {{ allow: {json.dumps(INSTANCE_MAY_PUBLISH)} }}
        subscribe: {{ allow: {json.dumps(INSTANCE_MAY_SUBSCRIBE)} }}
      }}
    }}
  ]
}}
no_auth_user: {INSTANCE}
"""
