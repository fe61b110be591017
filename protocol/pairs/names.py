"""How names compare, as (name, comparison key): what every client's normalisation must yield.

Written by hand and checked against `centralcloud_client.naming`, so that a change of the rule is seen.
"""

from typing import Final, TypedDict

from centralcloud_client.naming import MAX_NAME

KEYS: Final = (
    ("Next.js", "nextjs"),
    ("nextjs", "nextjs"),
    ("next js", "nextjs"),
    ("NEXT_JS", "nextjs"),
    ("next-js", "nextjs"),
    ("  Next.JS  ", "nextjs"),
    ("@angular/core", "angularcore"),
    ("C", "c"),
    ("C++", "cplusplus"),
    ("C#", "csharp"),
    ("F#", "fsharp"),
    ("F*", "fstar"),
    ("AT&T", "atandt"),
    (".NET", "net"),
    ("ASP.NET Core", "aspnetcore"),
    ("Ruby on Rails", "rubyonrails"),
    ("Circuit Breaker", "circuitbreaker"),
    ("circuit-breaker", "circuitbreaker"),
    ("Straße", "strasse"),
    ("ﬁber", "fiber"),
    ("Ｒｅａｃｔ", "react"),
    ("Vue³", "vue3"),
    ("Ⅳ", "iv"),
    ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
    ("Äpfel", "äpfel"),
    ("A\u0308pfel", "äpfel"),
    ("框架", "框架"),
    ("…", ""),
    ("", ""),
    ("---", ""),
    ("🚀", ""),
    ("rocket🚀", "rocket"),
    ("a" * (MAX_NAME + 10), "a" * MAX_NAME),
)


class Vector(TypedDict):
    """One name and its key."""

    name: str
    key: str


def vectors() -> list[Vector]:
    """Return the vectors as they are published."""
    return [Vector(name=name, key=key) for name, key in KEYS]
