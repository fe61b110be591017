"""Secrets of well-known shapes as people leave them in code and configuration, each with what must be seen nowhere.

Made of pieces, so that no scanner takes this file for a leak.
"""

PLANTED: dict[str, tuple[str, str]] = {
    "aws key": ("AWS_ACCESS_KEY_ID=" + "AKIA" + "Q3EGZ7X2LMWN5TRA", "AKIA" + "Q3EGZ7X2LMWN5TRA"),
    "aws secret": (
        "aws_secret_access_key = " + "pT7vGx2LqZ9cWb4NfKjR8mYsXe6HdUa1VoQiBt3C",
        "pT7vGx2LqZ9cWb4NfKjR8mYsXe6HdUa1VoQiBt3C",
    ),
    "github": (
        "git clone https://" + "ghp_" + "Zk3vQ9xR7tLm2WcYb8NsJd5HfGu1PaEo4iXq@git.example.com/x",
        "ghp_" + "Zk3vQ9xR7t",
    ),
    "private key": (
        "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAplantedkeymaterial\n-----END RSA PRIVATE KEY-----",
        "plantedkeymaterial",
    ),
    "jwt": (
        "Authorization: Bearer " + "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJwbGFudGVkIn0." + "mJ4vQz8RkXw2TnLb7YcPf3Hs",
        "eyJzdWIiOiJwbGFudGVkIn0",
    ),
    "connection string": ("DATABASE_URL=postgres://shop:Pl4ntedInUrl@db.internal:5432/shop", "Pl4ntedInUrl"),
    "ado connection string": ("Server=tcp:db;Database=shop;User Id=sa;Password=Pl4ntedInAdo!;", "Pl4ntedInAdo"),
    "slack": ("slack_token: " + "xoxb-" + "730191371203-kdMZpqWnTbXc", "xoxb-" + "730191371203"),
    "stripe": ("stripe.api_key = '" + "sk_live_" + "9aBcDeFgH1jKlMnOpQrStU'", "sk_live_" + "9aBcDeFgH1"),
    "google": ("const key = '" + "AIza" + "SyD3vK9xQ7tRm2WcYb8NsJd5HfGu1PaEo4i'", "AIza" + "SyD3vK9xQ7t"),
    "npm": (
        "//registry.npmjs.org/:_authToken=" + "npm_" + "8sKq3VxR7tLm2WcYb9NsJd5HfGu1PaEo4iXz",
        "npm_" + "8sKq3VxR7t",
    ),
    "password": ('db.connect(password="pl4nted-by-h4nd")', "pl4nted-by-h4nd"),
}
#: Those that are known by their form wherever they stand, alone.
BY_FORM = {
    "aws key": "AKIA" + "Q3EGZ7X2LMWN5TRA",
    "github": "ghp_" + "Zk3vQ9xR7tLm2WcYb8NsJd5HfGu1PaEo4iXq",
    "stripe": "sk_live_" + "9aBcDeFgH1jKlMnOpQrStU",
    "google": "AIza" + "SyD3vK9xQ7tRm2WcYb8NsJd5HfGu1PaEo4i",
    "npm": "npm_" + "8sKq3VxR7tLm2WcYb9NsJd5HfGu1PaEo4iXz",
    "jwt": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJwbGFudGVkIn0." + "mJ4vQz8RkXw2TnLb7YcPf3Hs",
}
SECRETS = tuple(secret for _text, secret in PLANTED.values())


def found_in(text: str) -> list[str]:
    """Return the names of the secrets that a text holds."""
    return [name for name, (_text, secret) in PLANTED.items() if secret in text]
