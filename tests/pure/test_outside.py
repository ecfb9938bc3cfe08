"""Where messages may go, and how they are signed."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import Refused
from geo.outside.mail import one_line
from geo.outside.post import post
from geo.outside.signature import is_signed, signature
from geo.outside.targets import address_of, check_reach, check_target, is_public
from geo.rules.outside import outside_rule

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

PUBLIC = ("8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8")
PRIVATE = (
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
    *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1"),
    *(
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "fec0::1",
        "64:ff9b::8.8.8.8",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
    ),
    *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:53aa:64c::1", "::ffff:169.254.169.254"),
)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_private(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(Refused):
        check_target(f"https://[{address}]/" if ":" in address else f"https://{address}/", is_private_allowed=False)


def test_a_name_is_judged_by_its_addresses() -> None:
    with pytest.raises(Refused, match="private"):
        address_of("localhost", 443, is_private_allowed=False)
    assert ip_address(address_of("localhost", 443, is_private_allowed=True)).is_loopback
    with pytest.raises(Refused, match="no address"):
        address_of("nobody.invalid", 443, is_private_allowed=True)


GOOD = ("https://city.example/cases?a=b", "https://city.example:8443", "mailto:a.b-c+d@city.example")


@pytest.mark.parametrize("target", GOOD)
def test_targets(target: str) -> None:
    check_target(target, is_private_allowed=False)


BAD = (
    *("http://city.example/", "http://127.0.0.1:1/", "ftp://city.example/", "file:///etc/passwd", "//city.example"),
    *("https://", "https://user:word@city.example/", "https://city.example:0/", "https://city.example:99999/"),
    *("https://city.example/\r\nHost: x", "https://城市.example/", "https://a b/", "javascript:alert(1)", ""),
    *("mailto:a@b", "mailto:a@b.c,d@e.fg", "mailto:a@b.cd\r\nBcc: x@y.zz", "mailto:a@b.cd?bcc=x@y.zz", "mailto:"),
    *(
        "https://city.example/" + "x" * 500,
        "https://127.1/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://2130706433/",
    ),
    *(
        "https://0177.0.0.1/",
        "https://017700000001",
        "https://127.0.0.1./",
        "https://[::1%25eth0]/",
        "https://[::ffff:7f00:1]/",
    ),
    *("https://127%2e0.0.1/", "https://10.1:8443/", "https://2852039166/latest/meta-data"),
    *(
        "https://localhost",
        "https://LOCALHOST.:443/",
        "https://a.localhost/",
        "https://db/",
        "https://metadata.google.internal/",
    ),
    *("https://printer.local/", "https://nas.lan", "https://router.home.arpa/"),
)


@pytest.mark.parametrize("target", BAD)
def test_no_targets(target: str) -> None:
    with pytest.raises(Refused):
        check_target(target, is_private_allowed=False)


@pytest.mark.parametrize("host", ["localhost", "db", "10.0.0.1", "[::1]", "2130706433"])
def test_a_setting_allows_the_own_network(host: str) -> None:
    check_target(f"https://{host}:8443/x", is_private_allowed=True)
    check_reach(f"https://{host}:8443/x", is_private_allowed=True)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[::ffff:a9fe:a9fe]", "2852039166"])
def test_no_setting_allows_addresses_that_machines_give_themselves(host: str) -> None:
    """Clouds answer there with the machine's own secrets."""
    with pytest.raises(Refused, match="private"):
        check_target(f"https://{host}/latest/meta-data", is_private_allowed=True)


def test_a_name_that_leads_home_is_refused_when_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An innocent name with two addresses, one of them a private one."""

    def answers(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        assert host == "city.example"
        return [(None, None, None, "", (address, port)) for address in ("8.8.8.8", "169.254.169.254")]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    check_target("https://city.example/", is_private_allowed=False)
    with pytest.raises(Refused, match=r"169\.254\.169\.254"):
        check_reach("https://city.example/", is_private_allowed=False)
    with pytest.raises(Refused, match=r"169\.254\.169\.254"):
        post("https://city.example/", b"{}", {}, is_private_allowed=False)


def test_a_name_that_nobody_knows_yet_may_be_told() -> None:
    check_reach("https://nobody.invalid/", is_private_allowed=False)


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "localhost."])
def test_other_ways_to_write_this_machine(host: str) -> None:
    with pytest.raises(Refused):
        address_of(host, 443, is_private_allowed=False)


def test_http_stays_on_this_machine() -> None:
    check_target("http://127.0.0.1:8080/x", is_private_allowed=True)
    with pytest.raises(Refused):
        check_target("http://10.0.0.1/x", is_private_allowed=True)
    check_target("https://10.0.0.1/x", is_private_allowed=True)


@given(st.binary(max_size=40), st.integers(0, 39), st.integers(1, 255))
def test_a_signature_holds_for_what_was_signed_alone(body: bytes, place: int, change: int) -> None:
    said = signature("secret", "41", body, NOW)
    assert is_signed(said, "secret", "41", body, NOW + timedelta(seconds=300))
    assert not is_signed(said, "secret", "41", body, NOW + timedelta(seconds=301))
    assert not is_signed(said, "secret", "41", body, NOW - timedelta(seconds=301))
    assert not is_signed(said, "other", "41", body, NOW)
    assert not is_signed(said, "secret", "42", body, NOW)
    assert not is_signed(said, "secret", "41", body + b"x", NOW)
    if place < len(body):
        changed = body[:place] + bytes([body[place] ^ change]) + body[place + 1 :]
        assert not is_signed(said, "secret", "41", changed, NOW)


def test_a_signature_is_told_with_its_time() -> None:
    said = signature("secret", "41", b"{}", NOW)
    assert not is_signed(said.replace("t=177", "t=178"), "secret", "41", b"{}", NOW)
    for broken in ("", "v1=00", said.upper(), said + ",v1=0", "t=1,v1=" + "é" * 64):
        assert not is_signed(broken, "secret", "41", b"{}", NOW)


def test_as_a_receiver_in_another_language_would_reckon() -> None:
    """The worked example of the documentation (openssl dgst -sha256 -hmac secret)."""
    import hashlib
    import hmac

    second = int(NOW.timestamp())
    plain = hmac.new(b"secret", f"{second}.41.".encode() + b'{"a": 1}', hashlib.sha256).hexdigest()
    assert signature("secret", "41", b'{"a": 1}', NOW) == f"t={second},v1={plain}"


@given(st.text(max_size=60))
def test_a_subject_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


def test_pauses_grow() -> None:
    pauses = outside_rule().pauses
    assert list(pauses) == sorted(set(pauses))
    assert sum(pauses, timedelta()) > timedelta(days=1)
