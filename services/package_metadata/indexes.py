"""Ask public package indexes over HTTP, each at the base address that the operator gave.

Bounded in time and size, and never an error: an index that does not answer knows nothing. Asked names leave the house,
which is why nothing is asked by default.
"""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import structlog

from services.package_metadata.formats import FORMATS, package
from services.package_metadata.source import Package

#: Seconds for one document altogether.
_DEADLINE: Final = 5.0
_MOST_BYTES: Final = 2 * 1024 * 1024
_CHUNK: Final = 64 * 1024
_FAULTS: Final = (OSError, http.client.HTTPException, ValueError, msgspec.DecodeError, urllib.error.URLError)

_log = structlog.get_logger(__name__)


class _SameHostOnly(urllib.request.HTTPRedirectHandler):
    """An index may point elsewhere on its own host, not at others."""

    def redirect_request(  # noqa: PLR0917  as the standard library calls it
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class PublicIndexes:
    """Package indexes by purl type; thread-safe."""

    def __init__(self, bases: Mapping[str, str], *, deadline: float = _DEADLINE) -> None:
        unknown = bases.keys() - FORMATS.keys()
        if unknown:
            raise ValueError(
                f"no index of {', '.join(sorted(unknown))} is known; there are {', '.join(sorted(FORMATS))}"
            )
        for ecosystem, base in bases.items():
            if urlsplit(base).scheme not in {"http", "https"} or not urlsplit(base).hostname:
                raise ValueError(f"the index of {ecosystem} needs an http or https address")
        self._bases = {ecosystem: base.rstrip("/") for ecosystem, base in sorted(bases.items())}
        self._deadline = deadline
        self._opener = urllib.request.build_opener(_SameHostOnly)

    def find(self, name: str) -> Sequence[Package]:
        """Return the packages of exactly this name, by ecosystem; all indexes are asked at once."""
        wanted = [
            (ecosystem, f"{base}{path}")
            for ecosystem, base in self._bases.items()
            if (path := FORMATS[ecosystem].path(name)) is not None
        ]
        if not wanted:
            return ()
        with ThreadPoolExecutor(max_workers=len(wanted), thread_name_prefix="package-index") as pool:
            documents = list(pool.map(lambda one: self._read(*one), wanted))
        found = (package(one[0], name, document) for one, document in zip(wanted, documents, strict=True))
        return tuple(each for each in found if each is not None)

    def _read(self, ecosystem: str, url: str) -> Any:
        """Return a document, None when there is none in time."""
        ends = time.monotonic() + self._deadline
        request = urllib.request.Request(url, headers={"Accept": "application/json", "User-Agent": "centralcloud"})  # noqa: S310  the scheme was checked
        try:
            with self._opener.open(request, timeout=self._deadline) as reply:
                data = _body(reply, ends)
            return msgspec.json.decode(data)
        except urllib.error.HTTPError as error:
            if error.code not in {404, 410}:
                _log.warning("package index refused", ecosystem=ecosystem, status=error.code)
        except _FAULTS as error:
            _log.warning("package index does not answer", ecosystem=ecosystem, error=str(error)[:200])
        return None


def _body(reply: Any, ends: float) -> bytes:
    """Read a body within its bounds; raises OSError beyond them."""
    data = bytearray()
    while chunk := reply.read1(_CHUNK):
        data += chunk
        if len(data) > _MOST_BYTES:
            raise OSError("the document is too large")
        if time.monotonic() > ends:
            raise TimeoutError("the document comes too slowly")
    return bytes(data)
