"""What each NATS user may publish and subscribe: the one text behind the embedded server and docker-compose.

Instances connect without credentials and are `instance`; the centre's processes are `centre`, by secret. Writes the
server's configuration text, nothing else; the subjects are the protocol's.
"""

import json
from typing import Final

from centralcloud_client.subjects import INSTANCE_MAY_PUBLISH, INSTANCE_MAY_SUBSCRIBE

CENTRE: Final = "centre"
INSTANCE: Final = "instance"


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
