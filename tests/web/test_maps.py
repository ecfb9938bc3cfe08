"""The pages' addresses: language, headers, files that may be kept for ever, and what is said when files are missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from geo.settings import Settings
from webmap.assets import ASSETS, static_files, static_version, vendor_file
from webmap.figure import CSP


@pytest.fixture
def site(client: TestClient, tmp_path: Path) -> TestClient:
    """The service with stand-ins for the third-party files."""
    for asset in ASSETS.values():
        file = vendor_file(Settings(home=tmp_path).home_abs, asset)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"/* {asset.name} */", encoding="utf-8")
    return client


def test_the_root_leads_to_the_public_map(site: TestClient) -> None:
    answer = site.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/maps/public")


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [
        ("/maps/public", "en-GB,en;q=0.8", "en"),
        ("/maps/public", "zh-CN", "zh-CN"),
        ("/maps/public", "fr", "zh-CN"),
        ("/maps/public?lang=en", "zh-CN", "en"),
        ("/maps/public?lang=zh&utm_source=mail", "en", "zh-CN"),
    ],
)
def test_the_address_chooses_the_language_before_the_browser_does(
    site: TestClient, path: str, accepted: str, language: str
) -> None:
    answer = site.get(path, headers={"Accept-Language": accepted})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert "Accept-Language" in answer.headers["vary"]


def test_another_language_is_refused(site: TestClient) -> None:
    assert site.get("/maps/public?lang=mn").status_code == 422


def test_the_page_carries_its_guards(site: TestClient) -> None:
    headers = site.get("/maps/public").headers
    assert headers["content-security-policy"] == CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'self'" in CSP
    assert "geolocation=(self)" in headers["permissions-policy"]


@pytest.mark.parametrize(
    ("name", "vendored", "own"),
    [
        ("public", 3, 2),
        ("planner", 3, 2),
        ("plans", len(ASSETS), 3),
        ("proposals", 3, 2),
        ("compare", 3, 4),
        ("dispatch", 3, 3),
        ("figures", 3, 3),
    ],
)
def test_every_file_a_page_asks_for_is_there_and_may_be_kept(
    site: TestClient, name: str, vendored: int, own: int
) -> None:
    page = site.get(f"/maps/{name}?lang=en").text
    asked = re.findall(r'(?:src|href)="(/(?:vendor|static|maps/script)/[^"]+)"', page)
    assert len(asked) == vendored + own + 3  # styles of our own; icon, module, folium's script
    for address in asked:
        answer = site.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"].split(";")[0] in {"text/javascript", "text/css", "image/svg+xml"}


def test_a_module_finds_what_it_imports_beside_itself(site: TestClient) -> None:
    for name in static_files():
        text = site.get(f"/static/{static_version()}/{name}").text
        for wanted in re.findall(r'from "\./([^"]+)"', text):
            assert wanted in static_files(), (name, wanted)


@pytest.mark.parametrize(
    "address",
    [
        "/static/000000000000/main.js",
        "/static/{version}/../pages/public.py",
        "/static/{version}/%2e%2e/pages/public.py",
        "/static/{version}/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/static/{version}/",
        "/vendor/leaflet@1.9.4/leaflet-src.js",
        "/vendor/leaflet@1.9.3/leaflet.js",
        "/vendor/%2e%2e/settings.toml",
        "/maps/script/000000000000.js",
    ],
)
def test_nothing_else_is_handed_out(site: TestClient, address: str) -> None:
    answer = site.get(address.format(version=static_version()))
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_an_unchanged_page_is_not_sent_again(site: TestClient) -> None:
    first = site.get("/maps/public?lang=zh")
    again = site.get("/maps/public?lang=zh", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = site.get("/maps/public?lang=en", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


def test_without_its_files_the_page_says_which_and_how_to_get_them(client: TestClient) -> None:
    answer = client.get("/maps/public")
    assert answer.status_code == 503
    assert "leaflet.js" in answer.json()["detail"]
    assert "gridcircle assets" in answer.json()["detail"]
    assert client.get(ASSETS["leaflet"].url).status_code == 503
