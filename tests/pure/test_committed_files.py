"""What the repository may carry: hashed locks, and no address from which packages come."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from webmap.assets import ASSETS

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-bench.lock")


def entries(lock: str) -> dict[str, list[str]]:
    """Each requirement of a lock with its options: ``name==version`` -> hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split("#")[0].split() for line in text.splitlines() if line.split("#")[0].strip()]
    return {words[0]: words[1:] for words in lines}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_and_hashed(lock: str) -> None:
    assert entries(lock)
    for requirement, options in entries(lock).items():
        assert re.fullmatch(r"[a-z0-9._-]+==[^ =]+", requirement)
        assert options
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", option) for option in options)


def test_tests_run_on_what_is_shipped() -> None:
    assert entries("requirements.lock").items() <= entries("requirements-test.lock").items()


def test_benches_measure_what_is_tested() -> None:
    tested, measured = entries("requirements-test.lock"), entries("requirements-bench.lock")
    assert {name.split("==")[0] for name in measured.keys() - tested.keys()}.isdisjoint(
        name.split("==")[0] for name in tested
    )


def test_npm_packages_are_hashed_and_are_those_of_the_pages() -> None:
    manifest = json.loads((ROOT / "webmap" / "package.json").read_text())
    packages = json.loads((ROOT / "webmap" / "package-lock.json").read_text())["packages"]
    assert {f"{name}@{version}" for name, version in manifest["dependencies"].items()} == {
        asset.folder for asset in ASSETS.values()
    }
    for name, package in packages.items():
        assert not name or package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package


def committed() -> Iterator[Path]:
    """The files of the tree, without what .gitignore keeps out."""
    ignored = {line.strip().rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()}
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if name != ".git" and not any(fnmatch(name, each) for each in ignored)]
        yield from (Path(folder, name) for name in files if not any(fnmatch(name, each) for each in ignored))


def test_no_package_address_is_committed() -> None:
    # Written apart, so that this file does not carry what it looks for.
    hosts = ("pypi" + r"\.org", "pythonhosted" + r"\.", "npmjs" + r"\.", "npmmirror" + r"\.", r"\bindex" + "-url")
    address = re.compile("|".join(hosts))
    carriers = {
        path.relative_to(ROOT).as_posix() for path in committed() if address.search(path.read_text("utf-8", "ignore"))
    }
    assert carriers <= {"Makefile"}, "only the options of `make relock` that leave addresses out may name them"
