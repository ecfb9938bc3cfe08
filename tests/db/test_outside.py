"""What goes out: webhooks, mail, files. Real receivers on this machine, a clock that is wound by hand."""

from __future__ import annotations

import csv
import email
import email.policy
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import openpyxl
import pyogrio
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from geo.actions.cases.add_webhook import add_webhook, remove_webhook
from geo.actions.cases.case_desk import Desk
from geo.actions.cases.export_cases import export_cases
from geo.actions.cases.import_orders import import_orders
from geo.actions.cases.report_incident import Report, Reported, report_incident
from geo.actions.cases.send_outbox import send_outbox
from geo.actions.cases.step_incident import Stepped, step_incident
from geo.actions.city.plan_access import Hand
from geo.case_states import Said
from geo.cases import Step
from geo.errors import NotFound, Refused
from geo.imports.options import ImportOptions
from geo.orders import OrderWish
from geo.outside.signature import DELIVERY, HEADER, is_signed
from geo.rules.outside import outside_rule
from geo.settings import Settings
from geo.store import cases, outbox
from geo.store.case_lists import CaseFilter
from geo.store.database import Database
from geo.webhooks import Webhook, WebhookWish
from tests import small_town as town
from tests.conftest import TEMPLATE
from tests.databases import create_database, drop_database
from tests.db.test_coverage_command import gridcircle
from tests.receivers import MailReceiver, WebReceiver, mail_receiver, web_receiver
from tests.small_town import EAST, WEST, lonlat, write_csv

CITY = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=CITY)
SETTINGS = Settings(caller_key=SecretStr("k" * 40), outside_private=True)
DESK = Desk(SETTINGS)
HAND = Hand(MONDAY)
REPORT = Report(
    item="0101", occurred_at=MONDAY, channel="hotline", text="=楼下垃圾", lonlat=lonlat(250, 750), address="青山路12号",
    caller="04716543210", source_key="2026-1", unit="环卫中心",
)  # fmt: skip


@pytest.fixture
def web(db: Database, tmp_path: Path) -> Iterator[WebReceiver]:
    town.load(db, tmp_path)
    with web_receiver() as found:
        yield found


@pytest.fixture
def post_office(db: Database, tmp_path: Path) -> Iterator[MailReceiver]:
    town.load(db, tmp_path)
    with mail_receiver() as found:
        yield found


def told(db: Database, target: str, **wish: Any) -> tuple[int, str | None]:
    return add_webhook(db, WebhookWish("platform", target, **wish), MONDAY, is_private_allowed=True)


def report(db: Database, **changes: Any) -> Reported:
    return report_incident(db, replace(REPORT, **changes), DESK, HAND, uuid4().hex)


def step(db: Database, found: Reported | Stepped, move: str, **said: Any) -> Stepped:
    return step_incident(db, found.case.id, found.case.version, move, Said(MONDAY, **said), HAND, DESK)


def send(db: Database, at: datetime = MONDAY, desk: Desk = DESK) -> tuple[int, int, int]:
    done = send_outbox(db, desk, lambda: at)
    return done.sent, done.failed, done.given_up


def hooks(db: Database) -> list[Webhook]:
    with db.read() as conn:
        return outbox.webhooks(conn)


def count(db: Database, table: str) -> int:
    with db.read() as conn:
        return int(conn.execute(text(f"select count(*) from {table}")).scalar_one())


class TestWebhooks:
    def test_a_step_is_told_once_and_signed(self, db: Database, web: WebReceiver) -> None:
        _, secret = told(db, f"{web.url}/cases?city=1")
        found = report(db)
        assert send(db) == (1, 0, 0)
        assert send(db, MONDAY + timedelta(days=9)) == (0, 0, 0)
        (got,) = web.got
        assert got.path == "/cases?city=1"
        assert is_signed(got.headers[HEADER], secret or "", got.headers[DELIVERY], got.body, MONDAY)
        body = json.loads(got.body)
        assert body["step"]["move"] == "report"
        assert (body["case"]["id"], body["case"]["item"]) == (found.case.id, "0101")
        assert (body["case"]["item_name"], body["case"]["occurred_at"]) == ("暴露垃圾", MONDAY.isoformat())
        assert str(body["delivery"]) == got.headers[DELIVERY]

    def test_a_step_that_is_undone_is_not_told(self, db: Database, web: WebReceiver) -> None:
        told(db, web.url)
        case = report(db).case
        assert count(db, "outbox") == 1
        with db.write() as conn:
            cases.insert_step(conn, Step(0, case.id, 2, "locate", "filed", "filed", MONDAY, None, None, {}))
            assert conn.execute(text("select count(*) from outbox")).scalar_one() == 2
            conn.rollback()
        assert count(db, "outbox") == 1

    def test_a_viewer_is_not_told_what_callers_said(self, db: Database, web: WebReceiver) -> None:
        told(db, f"{web.url}/viewer")
        told(db, f"{web.url}/desk", sees="dispatcher", language="en")
        step(db, report(db, asset="ld-0017"), "withdraw", reason="王某的理由")
        assert send(db) == (4, 0, 0)
        seen = {
            path: b"".join(got.body for got in web.got if got.path == path).decode() for path in ("/viewer", "/desk")
        }
        for secret in ('垃圾"', "青山路", "王某", "2026-1", "环卫中心", "lonlat", "103.", "asset", "LD-0017"):
            assert secret not in seen["/viewer"].replace("暴露垃圾", ""), secret
        for known in ("=楼下垃圾", "青山路12号", "王某的理由", "2026-1", "环卫中心", "lonlat", '"asset": "LD-0017"'):
            assert known in seen["/desk"], known
        with db.read() as conn:
            hashed = cases.caller_hash_of(conn, 1)
        for word in ("caller", "token", "holder", (hashed or b"").hex(), "6543210"):
            assert word not in seen["/viewer"] + seen["/desk"]

    def test_only_the_moves_and_the_area_that_were_asked_for(self, db: Database, web: WebReceiver) -> None:
        told(db, f"{web.url}/withdrawn", moves=("withdraw",))
        told(db, f"{web.url}/east", area_code=EAST)
        told(db, f"{web.url}/west", area_code=WEST)
        step(db, report(db), "withdraw", reason="x")
        report(db, lonlat=lonlat(1250, 250), source_key=None)
        report(db, lonlat=None, source_key=None)  # everybody's
        report(db, lonlat=lonlat(1010, 250), source_key=None)  # 10 m from the border: of both
        send(db)
        paths = [got.path for got in web.got]
        assert {path: paths.count(path) for path in set(paths)} == {"/withdrawn": 1, "/east": 3, "/west": 4}

    def test_it_is_tried_again_after_growing_pauses_and_then_given_up(self, db: Database, web: WebReceiver) -> None:
        told(db, web.url)
        report(db)
        web.status = 500
        at = MONDAY
        for pause in outside_rule().pauses:
            assert send(db, at) == (0, 1, 0)
            assert send(db, at + pause - timedelta(seconds=1)) == (0, 0, 0)
            at += pause
        assert hooks(db)[0].waiting == 1
        assert send(db, at) == (0, 0, 1)
        assert send(db, at + timedelta(days=30)) == (0, 0, 0)
        assert len(web.got) == len(outside_rule().pauses) + 1
        (hook,) = hooks(db)
        assert (hook.waiting, hook.sent, hook.given_up, hook.last_fault) == (0, 0, 1, "outside_answer_bad")
        code, said = gridcircle(db, "webhooks", "list")
        assert code == 0
        assert "given up 1" in said
        assert "otherwise than 2xx" in said

    def test_of_a_case_that_was_taken_back_nothing_is_told(self, db: Database, web: WebReceiver) -> None:
        told(db, web.url)
        report(db)
        with db.write() as conn:
            conn.execute(text("update incident set retired_at = now()"))
        assert send(db) == (0, 0, 0)
        assert (web.got, hooks(db)[0].given_up) == ([], 1)

    def test_who_does_not_answer_holds_up_nobody_else_and_gets_all_in_order(
        self, db: Database, web: WebReceiver
    ) -> None:
        told(db, "http://127.0.0.1:9/gone")
        told(db, f"{web.url}/here")
        found = report(db)
        step(db, step(db, found, "claim"), "release")
        assert send(db) == (3, 1, 0)
        assert [json.loads(got.body)["step"]["seq"] for got in web.got] == [1, 2, 3]
        with db.write() as conn:
            conn.execute(text("update webhook set target = :url where id = 1"), {"url": f"{web.url}/gone"})
        assert send(db, MONDAY + outside_rule().pauses[0]) == (3, 0, 0)
        assert [json.loads(got.body)["step"]["seq"] for got in web.got if got.path == "/gone"] == [1, 2, 3]

    def test_what_comes_later_waits_for_the_next_try_of_what_came_before(self, db: Database, web: WebReceiver) -> None:
        told(db, f"{web.url}/down")
        told(db, f"{web.url}/up")
        found = report(db)
        pauses = outside_rule().pauses
        web.status = 500
        assert send(db) == (0, 2, 0)
        web.status = 200
        with db.write() as conn:  # one of them has it by now
            conn.execute(text("update outbox set sent_at = now() where webhook_id = 2"))
        step(db, found, "claim")
        web.got.clear()
        assert send(db, MONDAY + pauses[0] / 2) == (1, 0, 0)
        assert [got.path for got in web.got] == ["/up"]
        with db.read() as conn:
            assert outbox.next_due_at(conn) == MONDAY + pauses[0], "nobody looks again before"
        assert send(db, MONDAY + pauses[0]) == (2, 0, 0)
        assert [json.loads(got.body)["step"]["seq"] for got in web.got if got.path == "/down"] == [1, 2]

    def test_a_slow_receiver_holds_up_no_step(self, db: Database, web: WebReceiver) -> None:
        told(db, web.url)
        found = report(db)
        web.gate = threading.Event()
        sender = threading.Thread(target=send, args=[db])
        sender.start()
        try:
            assert web.entered.wait(20)
            step(db, found, "withdraw", reason="x")
            report(db, source_key=None)
        finally:
            web.gate.set()
            sender.join()
        web.gate = None
        assert send(db) == (2, 0, 0)

    def test_two_senders_send_each_message_once(self, db: Database, web: WebReceiver) -> None:
        told(db, web.url)
        for _ in range(20):
            report(db, source_key=None)
        threads = [threading.Thread(target=send, args=[db]) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        send(db)
        numbers = [got.headers[DELIVERY] for got in web.got]
        assert len(numbers) == len(set(numbers)) == 20

    def test_what_a_stopped_sender_took_comes_free_again(self, db: Database, web: WebReceiver) -> None:
        told(db, web.url)
        report(db)
        lease = outside_rule().lease
        with db.write() as conn:
            assert len(outbox.take_due(conn, MONDAY, MONDAY + lease, 10)) == 1
        assert send(db) == (0, 0, 0)
        assert send(db, MONDAY + lease) == (1, 0, 0)

    def test_a_redirect_is_not_followed(self, db: Database, web: WebReceiver) -> None:
        told(db, web.url)
        report(db)
        web.status, web.location = 302, f"{web.url}/elsewhere"
        assert send(db) == (0, 1, 0)
        assert len(web.got) == 1

    def test_private_networks_are_not_reached_unless_allowed(self, db: Database, web: WebReceiver) -> None:
        told(db, web.url)
        report(db)
        strict = Desk(SETTINGS.model_copy(update={"outside_private": False}))
        assert send(db, desk=strict) == (0, 1, 0)
        assert not web.got
        with db.write() as conn:
            conn.execute(text("update webhook set target = 'https://localhost:1/'"))
        assert send(db, MONDAY + timedelta(days=1), strict) == (0, 1, 0)
        assert hooks(db)[0].last_fault == "outside_private"
        with pytest.raises(Refused):
            add_webhook(db, WebhookWish("x", web.url), MONDAY, is_private_allowed=False)

    def test_what_a_file_brings_is_no_news(self, db: Database, web: WebReceiver, tmp_path: Path) -> None:
        told(db, web.url)
        path = write_csv(tmp_path / "o.csv", [{"工单编号": "1", "来电时间": "2026-03-01 09:00", "分类": "0101"}])
        assert import_orders(db, path, ImportOptions(), OrderWish(), DESK, MONDAY).added == 1
        assert count(db, "outbox") == 0

    def test_removed_it_is_told_nothing_more(self, db: Database, web: WebReceiver) -> None:
        number, _ = told(db, web.url)
        report(db)
        remove_webhook(db, number, MONDAY)
        report(db, source_key=None)
        assert send(db) == (0, 0, 0)
        assert hooks(db) == []
        with pytest.raises(NotFound):
            remove_webhook(db, number, MONDAY)

    @pytest.mark.parametrize(
        "wish",
        [
            WebhookWish("x", "https://a.example", moves=("explode",)),
            WebhookWish("x\r\ny", "https://a.example"),
            WebhookWish(" ", "https://a.example"),
            WebhookWish("x", "https://a.example", area_code="000000000000"),
        ],
    )
    def test_bad_wishes_change_nothing(self, db: Database, wish: WebhookWish) -> None:
        with pytest.raises((Refused, NotFound)):
            add_webhook(db, wish, MONDAY, is_private_allowed=False)
        assert count(db, "webhook") == 0


class TestMail:
    def desk(self, port: int) -> Desk:
        mail = {"mail_host": "127.0.0.1", "mail_port": port, "mail_from": "grid@city.example", "mail_security": "none"}
        return Desk(SETTINGS.model_copy(update=mail))

    @pytest.mark.parametrize(("language", "subject"), [("zh", "暴露垃圾，已立案"), ("en", "Case 1: ")])
    def test_it_arrives(self, db: Database, post_office: MailReceiver, language: str, subject: str) -> None:
        _, secret = told(db, "mailto:desk@city.example", language=language, sees="dispatcher")
        assert secret is None
        report(db)
        assert send(db, desk=self.desk(post_office.port)) == (1, 0, 0)
        (letter,) = post_office.got
        assert (letter.sender, letter.mailboxes) == ("grid@city.example", ["desk@city.example"])
        message = email.message_from_bytes(letter.data, policy=email.policy.default)
        if language == "en":
            assert message["Subject"].startswith(subject)
        else:
            assert "暴露垃圾" in message["Subject"]
        assert message["Auto-Submitted"] == "auto-generated"
        assert "青山路12号" in message.get_content()

    def test_no_header_can_be_smuggled_in(self, db: Database, post_office: MailReceiver) -> None:
        told(db, "mailto:desk@city.example", sees="dispatcher")
        evil = "x\r\nBcc: other@city.example\r\n.\r\nMAIL FROM:<a@b.cd>"
        report(db, text=evil, address=evil, unit=evil)
        assert send(db, desk=self.desk(post_office.port)) == (1, 0, 0)
        (letter,) = post_office.got
        message = email.message_from_bytes(letter.data, policy=email.policy.default)
        assert message["Bcc"] is None
        assert letter.mailboxes == ["desk@city.example"]
        assert "Bcc: ***" in message.get_content()  # mailboxes are masked, too

    def test_a_viewer_gets_no_text(self, db: Database, post_office: MailReceiver) -> None:
        told(db, "mailto:desk@city.example")
        report(db)
        send(db, desk=self.desk(post_office.port))
        content = email.message_from_bytes(post_office.got[0].data, policy=email.policy.default).get_content()
        assert "青山路" not in content
        assert "楼下" not in content

    def test_refused_or_not_set_it_is_tried_again(self, db: Database, post_office: MailReceiver) -> None:
        told(db, "mailto:desk@city.example")
        report(db)
        assert send(db) == (0, 1, 0)
        assert hooks(db)[0].last_fault == "mail_not_set"
        post_office.refuses = True
        assert send(db, MONDAY + timedelta(hours=1), self.desk(post_office.port)) == (0, 1, 0)
        assert hooks(db)[0].last_fault == "mail_not_taken"
        post_office.refuses = False
        assert send(db, MONDAY + timedelta(hours=9), self.desk(post_office.port)) == (1, 0, 0)


class TestFiles:
    @pytest.fixture
    def written(self, db: Database, tmp_path: Path) -> None:
        town.load(db, tmp_path)
        first = report(db)
        second = report(db, source_key="2026-2", occurred_at=MONDAY - timedelta(hours=1), lonlat=None, text="y")
        step(db, second, "merge", into=first.case.id)

    def export(self, db: Database, path: Path, wanted: CaseFilter | None = None, language: str = "zh") -> int:
        return export_cases(db, path, wanted or CaseFilter(), DESK, MONDAY, language)

    def test_a_workbook(self, db: Database, written: None, tmp_path: Path) -> None:
        assert self.export(db, tmp_path / "c.xlsx") == 2
        sheet = openpyxl.load_workbook(tmp_path / "c.xlsx")["cases"]
        headers, first, second = ([cell.value for cell in row] for row in sheet.iter_rows())
        told_first = dict(zip(headers, first, strict=True))
        assert (told_first["事项编号"], told_first["事项名称"], told_first["事项内容"]) == (
            "2026-1",
            "暴露垃圾",
            "=楼下垃圾",
        )
        assert sheet["G2"].data_type == "s"  # no formula
        assert told_first["网格编码"] == f"{WEST}001"
        assert told_first["发生时间"] == "2026-03-02 09:00:00"
        assert dict(zip(headers, second, strict=True))["并入事项编号"] == "2026-1"

    def test_a_csv_runs_nothing(self, db: Database, written: None, tmp_path: Path) -> None:
        self.export(db, tmp_path / "c.csv", language="en")
        with (tmp_path / "c.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert rows[0]["text"] == "'=楼下垃圾"
        assert "caller" not in " ".join(rows[0])

    def test_shapes(self, db: Database, written: None, tmp_path: Path) -> None:
        self.export(db, tmp_path / "c.geojson")
        features = json.loads((tmp_path / "c.geojson").read_text(encoding="utf-8"))["features"]
        assert features[0]["geometry"]["coordinates"] == pytest.approx(lonlat(250, 750), abs=1e-6)
        assert features[1]["geometry"] is None
        self.export(db, tmp_path / "c.gpkg")
        assert len(pyogrio.read_dataframe(tmp_path / "c.gpkg", layer="cases")) == 2

    def test_filters_and_nothing(self, db: Database, written: None, tmp_path: Path) -> None:
        assert self.export(db, tmp_path / "c.csv", CaseFilter(state="open")) == 1
        for ending in ("csv", "xlsx", "geojson", "gpkg"):
            assert self.export(db, tmp_path / f"none.{ending}", CaseFilter(state="open", item="9999")) == 0

    @pytest.fixture
    def elsewhere(self, template_url: str, tmp_path: Path) -> Iterator[Database]:
        """Another city's database, with the same grids."""
        other = Database(create_database(template_url, "elsewhere_test", template=TEMPLATE))
        town.load(other, tmp_path)
        yield other
        other.close()
        drop_database(template_url, "elsewhere_test")

    def test_what_goes_out_comes_in_elsewhere(
        self, db: Database, elsewhere: Database, written: None, tmp_path: Path
    ) -> None:
        """No case is lost or doubled, by whichever format; what has ended has ended; nothing names a person."""
        more = {"text": "x", "lonlat": lonlat(1500, 300), "asset": "9901010102000001"}
        for number, (source_key, moves) in enumerate(ENDS.items()):
            found: Any = report(db, **more, source_key=source_key, item=["0302", "0401", "9001", "9003"][number])
            for move in moves:
                found = step(db, found, move, reason="好了", unit="队")
        twin = report(db, **more, source_key="2026-1", item="9002", channel="member")
        with db.write() as conn:  # from before masks were what they are
            conn.execute(text("update incident set address = '电话13800138000'"))
        for language, ending in (("zh", "csv"), ("en", "xlsx")):
            assert self.export(db, tmp_path / f"out.{ending}", language=language) == 7
            taken = import_orders(elsewhere, tmp_path / f"out.{ending}", ImportOptions(), OrderWish(), DESK, MONDAY)
            assert (taken.added, taken.changed, taken.unchanged, taken.rejected) in {(7, 0, 0, 0), (0, 0, 7, 0)}
        for where in ("a", "b"):
            self.export(db if where == "a" else elsewhere, tmp_path / f"{where}.csv", language="en")
        assert "13800138000" not in (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
        ours, theirs = ({row["number"]: row for row in rows_of(tmp_path / f"{where}.csv")} for where in ("a", "b"))
        assert ours.keys() == theirs.keys()
        assert "member/2026-1" in ours, twin
        for number, row in ours.items():
            same = ("occurred_at", "item_name", "text", "lon", "grid_code", "merged_into", "closed_at", "asset")
            for name in (column.name_en for column in outside_rule().columns if column.key in same):
                assert row[name] == theirs[number][name], (number, name)
        assert {number: row["stage"] for number, row in theirs.items()} == {
            "hotline/2026-1": "filed", "member/2026-1": "filed", "2026-2": "merged",
            "open": "dispatched", "fed": "dispatched", "shut": "closed", "gone": "closed",
        }  # fmt: skip

    def test_a_file_says_how_it_came_about(self, db: Database, written: None, tmp_path: Path) -> None:
        """Method, days, filter, and a hash that is the same by whichever format, and another for other rows."""
        hashes = []
        for name, wanted in (("a.csv", CaseFilter()), ("b.geojson", CaseFilter()), ("c.geojson", CaseFilter(unit="x"))):
            self.export(db, tmp_path / name, wanted)
            told = (tmp_path / name).read_text(encoding="utf-8-sig")
            hashes.append(re.findall(r'rows_sha256"?[,:] ?"?([0-9a-f]{64})', told))
            assert "个人号码已隐去" in told
        assert hashes[0] == hashes[1] != hashes[2]
        assert len(hashes[2]) == 1
        about = json.loads((tmp_path / "c.geojson").read_text(encoding="utf-8"))["about"]
        assert (about["filter"], about["cases"], about["occurred"]) == ("unit=x", "0", "")


ENDS = {
    "open": ["dispatch"],
    "fed": ["dispatch", "handle", "feed_back"],
    "shut": ["handle", "feed_back", "verify", "close"],
    "gone": ["withdraw"],
}
"""Number -> what a desk does with it."""


def rows_of(path: Path) -> list[dict[str, str]]:
    """A CSV without what it says of itself."""
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").split("\n\nabout")[0].splitlines()))


def test_commands(db: Database, tmp_path: Path) -> None:
    town.load(db, tmp_path)
    rows = [{"单号": f"N{n}", "来电时间": f"2026-03-0{n + 1} 09:00", "分类": "垃圾", "地点": "路口"} for n in range(3)]
    path = str(write_csv(tmp_path / "o.csv", rows))
    code, said = gridcircle(db, "cases", "import", path, "--column", "source_key=单号", "--dry-run", "--json")
    assert (code, json.loads(said)["added"], count(db, "incident")) == (0, 3, 0)
    code, said = gridcircle(db, "cases", "import", path, "--column", "source_key=单号", language="zh")
    assert (code, count(db, "incident")) == (0, 3)
    assert "新增诉求事项数" in said
    code, said = gridcircle(db, "cases", "import", path, "--json")  # the column is remembered
    assert (code, json.loads(said)["unchanged"]) == (0, 3)
    assert gridcircle(db, "cases", "import", path, "--column", "单号", "--json")[0] == 1
    code, said = gridcircle(db, "cases", "export", str(tmp_path / "out.csv"), "--stage", "collected", "--json")
    assert (code, json.loads(said)["rows"]) == (0, 3)
    assert gridcircle(db, "cases", "export", str(tmp_path / "out.csv"), "--stage", "x", "--json")[0] == 1
    code, said = gridcircle(db, "webhooks", "add", "https://city.example/x", "--name", "platform", "--json")
    secret = json.loads(said)["secret"]
    code, said = gridcircle(db, "webhooks", "list")
    assert "city.example" in said
    assert secret not in said
    assert gridcircle(db, "webhooks", "send", "--json")[0] == 0
    assert gridcircle(db, "webhooks", "remove", "1")[0] == 0
    assert gridcircle(db, "webhooks", "remove", "1", "--json")[0] == 1
