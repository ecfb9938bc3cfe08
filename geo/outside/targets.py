"""Where messages may go: https to public addresses, mail to one mailbox; nothing inside of a private network.

A name is looked up once for each message, and the message goes to the address that was looked at: a name that answers
differently a moment later leads nowhere else.
"""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from geo.errors import Refused
from geo.rules.outside import outside_rule

MAIL = "mailto:"

LOOPBACK, HTTPS = "127.0.0.1", 443

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9.])?")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_MAILBOX = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}")

Address = IPv4Address | IPv6Address


def check_target(target: str, *, is_private_allowed: bool) -> None:
    """Refuse a target that nothing may be sent to.

    Parameters
    ----------
    target
        ``https://host/...`` or ``mailto:box@host``; ``http://127.0.0.1...`` where private networks are allowed.
    is_private_allowed
        Whether the service may reach into private networks.

    Raises
    ------
    Refused
        If it is neither, or names a private address.
    """
    longest = outside_rule().longest_target
    if len(target) > longest or not _VISIBLE.fullmatch(target):
        raise Refused("outside_target_bad", longest=longest)
    if target.startswith(MAIL):
        if not _MAILBOX.fullmatch(target.removeprefix(MAIL)):
            raise Refused("outside_mailbox_bad")
        return
    parts = parts_of(target)
    is_plain = parts.scheme == "http" and parts.hostname == LOOPBACK and is_private_allowed
    if parts.scheme != "https" and not is_plain:
        raise Refused("outside_not_https")
    _refuse_own(str(parts.hostname), is_private_allowed=is_private_allowed)


def check_reach(target: str, *, is_private_allowed: bool) -> None:
    """Refuse a target whose name leads where nothing may be sent now; it is looked at again with each message.

    Raises
    ------
    Refused
        If it does. A name that nobody knows yet is none of these.
    """
    if target.startswith(MAIL):
        return
    parts = parts_of(target)
    try:
        address_of(str(parts.hostname), parts.port or HTTPS, is_private_allowed=is_private_allowed)
    except Refused as refusal:
        if refusal.key != "outside_host_unknown":
            raise


def parts_of(target: str) -> SplitResult:
    """Host, port and path of an address.

    Raises
    ------
    Refused
        If it has no host, an impossible port, or a name and password in it.
    """
    try:
        parts = urlsplit(target)
        is_host = _HOST.fullmatch(parts.hostname or "") is not None or "[" in parts.netloc
        is_good = is_host and parts.username is None and parts.password is None and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise Refused("outside_target_bad", longest=outside_rule().longest_target)
    return parts


def address_of(host: str, port: int, *, is_private_allowed: bool) -> str:
    """An address of a host, all of whose addresses something may be sent to.

    Raises
    ------
    Refused
        If the host has none, or one inside of a private network.
    """
    try:
        found = [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise Refused("outside_host_unknown", host=host) from error
    for one in found:
        _refuse_private(ip_address(str(one).partition("%")[0]), is_private_allowed=is_private_allowed)
    return str(found[0])


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, and does not stand for another that is not.

    >>> is_public(ip_address("8.8.8.8")), is_public(ip_address("10.0.0.1")), is_public(ip_address("::ffff:127.0.0.1"))
    (True, False, False)
    """
    within = getattr(address, "ipv4_mapped", None)
    if within is not None:
        return is_public(within)
    rule = outside_rule()
    if address.version == rule.ipv6_unicast.version and address not in rule.ipv6_unicast:
        return False
    is_refused = any(address in net for net in rule.refused_networks if net.version == address.version)
    return address.is_global and not address.is_multicast and not is_refused


def _refuse_own(host: str, *, is_private_allowed: bool) -> None:
    """Refuse a host that is written as a private address, in whatever form, or has a name of the own network.

    A name that says nothing of where it leads is looked up later.
    """
    plain = host.partition("%")[0].rstrip(".").lower()
    try:
        _refuse_private(ip_address(plain), is_private_allowed=is_private_allowed)
    except ValueError:
        with suppress(OSError):  # what the system takes for an address: 2130706433, 0x7f.1, 0177.0.0.1, 127.1
            _refuse_private(IPv4Address(socket.inet_aton(plain)), is_private_allowed=is_private_allowed)
            return
        if is_private_allowed:
            return
        if "." not in plain or any(plain == end or plain.endswith(f".{end}") for end in outside_rule().refused_names):
            raise Refused("outside_private", address=host) from None


def _refuse_private(address: Address, *, is_private_allowed: bool) -> None:
    """Where private networks are allowed, addresses that machines give themselves, or clouds their secrets, are not."""
    plain = getattr(address, "ipv4_mapped", None) or address
    if plain.is_link_local or not (is_private_allowed or is_public(address)):
        raise Refused("outside_private", address=str(address))
