"""``gridcircle webhooks``: who outside is told of steps of cases, and sending it."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from geo import settings
from geo.actions.cases.add_webhook import add_webhook, remove_webhook
from geo.actions.cases.case_desk import Desk
from geo.actions.cases.send_outbox import send_outbox
from geo.cli.output import Json, answer, language
from geo.cli.session import open_database
from geo.store.outbox import webhooks
from geo.webhooks import Sees, Sent, Webhook, WebhookWish
from geo.words import Term, catalogue, sentence

webhooks_app = typer.Typer(no_args_is_help=True, help="Telling others of cases. / 向外部推送案件动态。")


@webhooks_app.command()
def add(
    target: Annotated[str, typer.Argument(help="https://... or mailto:box@host. / 目标地址。")],
    name: Annotated[str, typer.Option(help="What it is for, not who reads it. / 用途（不要写人名）。")],
    move: Annotated[list[str] | None, typer.Option(help="Of which steps; all if left out. / 步骤。")] = None,
    sees: Annotated[Sees, typer.Option(help="viewer: no text, place or unit. / 可见范围。")] = "viewer",
    area: Annotated[str | None, typer.Option(help="Code of an area; none: everywhere. / 区划代码。")] = None,
    tongue: Annotated[Literal["zh", "en"], typer.Option("--language", help="Of names and mail. / 语言。")] = "zh",
    as_json: Json = False,
) -> None:
    """Tell somebody of steps from now on. / 新增推送。"""
    wish = WebhookWish(name, target, tuple(move or ()), sees, area, tongue)
    with open_database() as db:
        made, secret = add_webhook(db, wish, datetime.now(UTC), is_private_allowed=settings.load().outside_private)
    key = "webhook_made_mail" if secret is None else "webhook_made"
    lines = [sentence(key, language(), id=made), *([] if secret is None else [secret])]
    answer({"id": made, "secret": secret}, lines, as_json=as_json)


@webhooks_app.command("list")
def list_(as_json: Json = False) -> None:
    """Who is told, and how far their messages are. / 推送列表。"""
    with open_database() as db, db.read() as conn:
        found = webhooks(conn)
    lines = [line for hook in found for line in _lines(hook)]
    data = {"webhooks": [asdict(hook) for hook in found]}
    answer(data, lines or [sentence("webhook_none", language())], as_json=as_json)


@webhooks_app.command()
def remove(
    webhook_id: Annotated[int, typer.Argument(help="Its number in `gridcircle webhooks list`. / 编号。")],
    as_json: Json = False,
) -> None:
    """Tell it nothing more. / 停用推送。"""
    with open_database() as db:
        remove_webhook(db, webhook_id, datetime.now(UTC))
    answer({"removed": webhook_id}, [sentence("webhook_gone", language(), id=webhook_id)], as_json=as_json)


@webhooks_app.command()
def send(
    every: Annotated[int | None, typer.Option(min=1, help="Again after so many seconds, until stopped. / 秒。")] = None,
    as_json: Json = False,
) -> None:
    """Send what is due. / 发送待发消息。"""
    desk = Desk(settings.load())
    with open_database() as db:
        while True:
            done = send_outbox(db, desk, lambda: datetime.now(UTC))
            if every is None or done.sent or done.failed or done.given_up:
                answer(_data(done), _sent_lines(done), as_json=as_json)
            if every is None:
                return
            time.sleep(every)


def _counts(done: Sent) -> dict[str, int]:
    return {"sent": done.sent, "failed": done.failed, "given_up": done.given_up}


def _data(done: Sent) -> dict[str, Any]:
    return {**_counts(done), "faults": [{"webhook_id": number, "key": key} for number, key in done.faults]}


def _lines(hook: Webhook) -> list[str]:
    told = {name: getattr(hook, name) for name in ("id", "name", "target", "waiting", "sent", "given_up")}
    lines = [sentence("webhook_line", language(), **told)]
    if hook.last_fault is not None:
        lines.append(sentence("webhook_fault", language(), id=hook.id, fault=_why(hook.last_fault)))
    return lines


def _sent_lines(done: Sent) -> list[str]:
    faults = [sentence("webhook_fault", language(), id=number, fault=_why(key)) for number, key in done.faults]
    return [sentence("outbox_sent", language(), **_counts(done)), *faults]


def _why(fault: str) -> Term:
    return Term(fault if f"webhook_why_{fault}" in catalogue() else "other", "webhook_why")
