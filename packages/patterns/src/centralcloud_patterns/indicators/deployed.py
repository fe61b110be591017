"""Indicators on what deployment says: Kubernetes objects, ports, addresses."""

from collections.abc import Iterator
from typing import Any

from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.indicators.rules import Hit, Rules
from centralcloud_patterns.manifests.findings import Address, KubernetesObject, Located
from centralcloud_patterns.pattern import Indicator

_MAX_LABELS = 8


def _under(keys: frozenset[str], facts: Facts) -> Iterator[Any]:
    for key in keys:
        yield from facts.index.get(key, ())


# Kubernetes objects


def _object_keys(indicator: Indicator) -> frozenset[str]:
    if indicator.value:
        return frozenset({f"k8s:api:{indicator.value.partition('/')[0]}"})
    if indicator.prefix:
        return frozenset({f"k8s:note:{indicator.prefix.partition('/')[0]}"})
    return frozenset({f"k8s:kind:{(indicator.name or '').lower()}"})


def _object_index(facts: Facts) -> Iterator[tuple[str, KubernetesObject]]:
    for found in facts.objects:
        yield f"k8s:api:{found.api.partition('/')[0]}", found
        yield f"k8s:kind:{found.kind.lower()}", found
        for domain in {annotation.partition("/")[0] for annotation in found.annotations}:
            yield f"k8s:note:{domain}", found


def _object_hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    for found in _under(_object_keys(indicator), facts):
        annotation = next((name for name in found.annotations if name.startswith(indicator.prefix or "\0")), "")
        if (
            (indicator.name is None or indicator.name.lower() == found.kind.lower())
            and (indicator.value is None or indicator.value in {found.api, found.api.partition("/")[0]})
            and (indicator.prefix is None or annotation)
        ):
            shown = f"{found.api} {found.kind}" + (f" {annotation}" if annotation else "")
            yield Hit(facts.component_of_file(found.file), found.file, found.line, shown[:160])


def _object_problem(indicator: Indicator) -> str | None:
    if not (indicator.name or indicator.value or indicator.prefix):
        return "kubernetes needs a kind, an api or an annotation"
    if indicator.prefix is not None and not indicator.prefix.partition("/")[1]:
        return "a kubernetes annotation is a domain with a slash behind it"
    return None


KUBERNETES = Rules(keys=_object_keys, hits=_object_hits, problem=_object_problem, index=_object_index)


# Ports


def _port_keys(indicator: Indicator) -> frozenset[str]:
    return frozenset({f"port:{indicator.name}"})


def _port_index(facts: Facts) -> Iterator[tuple[str, Located]]:
    return ((f"port:{port.name}", port) for port in facts.ports)


def _port_hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    for port in _under(_port_keys(indicator), facts):
        line = port.line or facts.line_of(port.file, port.detail)
        yield Hit(facts.component_of_file(port.file), port.file, line, port.detail[:160])


def _port_problem(indicator: Indicator) -> str | None:
    name = indicator.name or ""
    sound = name.isascii() and name.isdecimal() and len(name) < 6 and 0 < int(name) < 65_536 and name[0] != "0"
    return None if sound else "a port is a number from 1 to 65535"


PORT = Rules(keys=_port_keys, hits=_port_hits, problem=_port_problem, index=_port_index)


# Hosts and schemes of addresses


def _host_keys(indicator: Indicator) -> frozenset[str]:
    if indicator.name:
        return frozenset({f"host:{indicator.name.lower()}"})
    return frozenset({f"scheme:{(indicator.value or '').lower()}"})


def _host_index(facts: Facts) -> Iterator[tuple[str, Address]]:
    for address in facts.addresses:
        for scheme in _schemes(address):
            yield f"scheme:{scheme}", address
        labels = address.host.split(".") if address.host else []
        for start in range(max(0, len(labels) - _MAX_LABELS), len(labels)):
            yield f"host:{'.'.join(labels[start:])}", address


def _schemes(address: Address) -> set[str]:
    """Return the scheme, and what stands before a driver: postgresql of postgresql+psycopg2."""
    return {address.scheme, address.scheme.partition("+")[0]} - {""}


def _host_hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    for address in _under(_host_keys(indicator), facts):
        if indicator.value is None or indicator.value.lower() in _schemes(address):
            shown = f"{address.scheme}://{address.host}" if address.scheme else address.host
            yield Hit(facts.component_of_file(address.file), address.file, address.line, shown[:160])


def _host_problem(indicator: Indicator) -> str | None:
    if not (indicator.name or indicator.value):
        return "host needs a domain or a scheme"
    if indicator.name is not None and indicator.name.count(".") >= _MAX_LABELS:
        return f"a host has at most {_MAX_LABELS} labels"
    return None


HOST = Rules(keys=_host_keys, hits=_host_hits, problem=_host_problem, index=_host_index)
