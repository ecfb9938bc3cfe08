"""The frame around folium: only our files, no unsafe class, nothing inline, the same page for the same view."""

from __future__ import annotations

import json
import re
import string
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import folium
import pytest
from folium.plugins import MarkerCluster

from geo.words import LANGUAGES
from webmap.assets import ASSETS, STATIC, missing, static_files, static_url, vendor_file
from webmap.figure import CSP, AppFigure
from webmap.layers import SlimMap, VectorTiles
from webmap.pages.public import Kind, ModeChoice, PublicView, public_page, words

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)>${alert(1)}`\\"

VIEW = PublicView(
    language="zh",
    bounds=(103.19, 40.39, 103.24, 40.41),
    timezone="Asia/Shanghai",
    approval_number="",
    is_fictional=True,
    shows_osm=False,
    minutes=15,
    circle_m=1000,
    station_kinds=(Kind("canteen", "社区食堂", "bowl", "residents"),),
    incident_kinds=(("litter", "暴露垃圾"),),
    k=10,
    round_to=10,
    cell_m=300,
    recent_months=12,
    incident_classes=(10, 20, 50, 100),
    modes=(ModeChoice("planning", "规划默认", 4.0, "foot", is_verified=True),),
    surfaces=(("dry", "干燥路面"),),
)


def figure(title: str = "t", data: object = None) -> AppFigure:
    return AppFigure(title=title, language="en", body="<main><!--map--></main>", data=data, icon="/static/x/icon.svg")


def slim_map() -> SlimMap:
    return SlimMap((103.0, 40.0, 103.1, 40.1), min_zoom=3, max_zoom=19)


class Document(HTMLParser):
    """Elements with their attributes, and the text inside each script and title."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text_of: dict[str, str] = {}
        self.inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        self.text_of[self.inside] = self.text_of.get(self.inside, "") + data


def test_a_plain_folium_map_is_refused_because_it_links_to_other_hosts() -> None:
    page = figure()
    page.add_child(folium.Map(location=[40.0, 103.0], tiles=None))
    with pytest.raises(ValueError, match="cdn"):
        page.page()


def test_a_plugin_whose_files_are_not_ours_is_refused_wherever_it_hangs() -> None:
    page, base = figure(), slim_map()
    group = folium.FeatureGroup()
    MarkerCluster().add_to(group)
    group.add_to(base)
    page.add_child(base)
    with pytest.raises(ValueError, match="markercluster"):
        page.page()


@pytest.mark.parametrize(
    "element",
    [
        folium.Popup("x"),
        folium.Tooltip("x"),
        folium.GeoJsonPopup(fields=["name"]),
        folium.GeoJsonTooltip(fields=["name"]),
        folium.Popup(folium.IFrame("x")),
    ],
    ids=lambda element: type(element).__name__,
)
def test_classes_that_write_text_as_html_are_refused(element: folium.Popup) -> None:
    page, base = figure(), slim_map()
    marker = folium.CircleMarker([40.0, 103.0])
    marker.add_child(element)
    base.add_child(marker)
    page.add_child(base)
    with pytest.raises(TypeError, match=type(element).__name__):
        page.page()


def test_title_and_data_stay_text() -> None:
    page = figure(title=HOSTILE, data={"name": HOSTILE, "more": "<!-- </script> ]]>"})
    page.add_child(slim_map())
    html = page.page().html
    document = Document(html)
    assert document.text_of["title"] == HOSTILE
    assert json.loads(document.text_of["script"])["name"] == HOSTILE
    assert not [tag for tag, _ in document.elements if tag == "img"]
    assert html.count("<script") == 3  # leaflet, folium's script, the data


def test_nothing_is_inline_and_every_address_is_ours() -> None:
    page = public_page(VIEW)
    document = Document(page.html)
    addresses = [value for _, attributes in document.elements for name, value in attributes.items() if name == "src"]
    addresses += [attributes["href"] for tag, attributes in document.elements if tag == "link"]
    assert all(re.match(r"/(vendor|static|maps)/", address or "") for address in addresses)
    assert not [tag for tag, _ in document.elements if tag == "style"]
    for tag, attributes in document.elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag
        if tag == "script":
            assert "src" in attributes or attributes.get("type") == "application/json"
    assert "unsafe" not in CSP
    assert "https:" not in CSP


def test_the_public_page_is_a_folium_map_with_its_script_in_a_file() -> None:
    page = public_page(VIEW)
    assert "L.map(" in page.script
    assert "gridcircle.vectorTiles(" in page.script
    assert f'src="/maps/script/{page.script_name}"' in page.html
    assert 'class="folium-map"' in page.html
    assert '"maxZoom": 19' in page.script


def test_the_same_view_gives_the_same_page_and_another_view_another() -> None:
    assert public_page(VIEW) == public_page(VIEW)
    assert public_page(VIEW).etag != public_page(replace(VIEW, approval_number="GS(2026)1")).etag
    assert public_page(VIEW).script == public_page(replace(VIEW, language="en")).script


def test_what_the_page_says_of_its_data_follows_the_view() -> None:
    plain = public_page(replace(VIEW, is_fictional=False)).html
    assert "OpenStreetMap" not in plain
    assert "approval" not in {attributes.get("class") for _, attributes in Document(plain).elements}
    full = public_page(replace(VIEW, shows_osm=True, approval_number=HOSTILE)).html
    assert "© OpenStreetMap contributors" in full
    assert "<img" not in full
    assert "虚构演示城市</span>" in public_page(VIEW).html
    assert "虚构演示城市</span>" not in plain


@pytest.mark.parametrize(("language", "told"), [("zh", "步行 10 分钟"), ("en", "10 minutes on foot")])
def test_the_page_speaks_of_the_minutes_that_were_computed(language: str, told: str) -> None:
    page = public_page(replace(VIEW, language=language, minutes=10, circle_m=800)).html
    assert told in page
    assert "{cutoff}" not in page
    assert "{circle}" not in page
    assert not re.search(r"15[ -](?:minutes|分钟)|1,000 [m米]", page)


def test_assets_are_missing_until_each_file_lies_where_pages_ask_for_it(tmp_path: Path) -> None:
    assert missing(tmp_path) == list(ASSETS.values())
    for asset in ASSETS.values():
        file = vendor_file(tmp_path, asset)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    assert missing(tmp_path) == []
    assert ASSETS["leaflet"].url == "/vendor/leaflet@1.9.4/leaflet.js"


def test_only_listed_files_have_addresses() -> None:
    assert static_url("main.js").startswith("/static/")
    for name in ("../pages/public.py", "nothing.js", ""):
        with pytest.raises(KeyError):
            static_url(name)


def test_vector_tiles_are_added_unless_told_otherwise() -> None:
    scripts = []
    for show in (True, False):
        page, base = figure(), slim_map()
        base.add_child(VectorTiles(("street",), max_data_zoom=16, show=show))
        page.add_child(base)
        scripts.append(page.page().script)
    assert ".addTo(" in scripts[0]
    assert ".addTo(" not in scripts[1]


@pytest.mark.parametrize("key", sorted(words()))
def test_page_texts_exist_in_both_languages_with_the_same_placeholders(key: str) -> None:
    entry = words()[key]
    assert set(entry) == set(LANGUAGES)
    assert all(text.strip() for text in entry.values())
    names = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in entry.values()]
    assert names[0] == names[1]


def test_every_text_that_a_script_asks_for_exists_and_every_text_is_asked_for() -> None:
    sources = "\n".join(
        file.read_text(encoding="utf-8") for name, file in static_files().items() if name.endswith(".js")
    )
    sources += "\n".join(page.read_text(encoding="utf-8") for page in (STATIC.parent / "pages").glob("*.html"))
    asked = set(re.findall(r'\bsay\(\s*"([a-z0-9_]+)"', sources)) | set(re.findall(r"\bsay\.([a-z0-9_]+)", sources))
    asked |= set(re.findall(r'\? "([a-z_]+)" : "', sources)) & set(words())
    assert not asked - set(words())
    stems = set(re.findall(r"say\(`([a-z_]+)_?\$\{", sources)) | {"service_", "resource_", "layer_"}
    quoted = set(re.findall(r'"([a-z0-9_]+)"', sources))
    unused = {
        key
        for key in words()
        if key not in asked | quoted | {"title", "dispatch_title"} and not any(key.startswith(stem) for stem in stems)
    }
    assert not unused


def test_our_scripts_never_make_html_of_text() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|bindPopup|bindTooltip"
    )
    for name, file in static_files().items():
        assert not forbidden.search(file.read_text(encoding="utf-8")), name
