"""How messages to others are sent and what of a case is exported: the typed face of outside.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources
from ipaddress import IPv4Network, IPv6Network, ip_network

from geo.words import Named


@dataclass(frozen=True)
class ExportColumn(Named):
    """A column of an export of cases."""

    key: str


@dataclass(frozen=True)
class OutsideRule:
    """The numbers of geo/rules/outside.toml."""

    pauses: Sequence[timedelta]
    """After the first try that failed, the second, ..."""
    timeout_s: float
    """Of each wait for the other side."""
    whole_s: float
    """Of one message."""
    lease: timedelta
    """Whoever took up a message has it for so long."""
    at_once: int
    longest_answer_bytes: int
    longest_target: int
    ipv6_unicast: IPv4Network | IPv6Network
    """Where public addresses lie."""
    refused_networks: Sequence[IPv4Network | IPv6Network]
    refused_names: Sequence[str]
    """Names, and ends of names, of machines in the own network."""
    signature_holds: timedelta
    columns: Sequence[ExportColumn]


@cache
def outside_rule() -> OutsideRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "outside.toml").read_text(encoding="utf-8"))
    sending, target = data["sending"], data["target"]
    return OutsideRule(
        pauses=[timedelta(seconds=pause) for pause in data["tries"]["pauses_s"]],
        timeout_s=sending["timeout_s"],
        whole_s=sending["whole_s"],
        lease=timedelta(seconds=sending["lease_s"]),
        at_once=sending["at_once"],
        longest_answer_bytes=sending["longest_answer_bytes"],
        longest_target=target["longest"],
        ipv6_unicast=ip_network(target["ipv6_unicast"]),
        refused_names=target["refused_names"],
        refused_networks=[ip_network(network) for network in target["refused_networks"]],
        signature_holds=timedelta(seconds=data["signature"]["holds_s"]),
        columns=[ExportColumn(en, zh, key) for key, en, zh in data["export"]["columns"]],
    )
