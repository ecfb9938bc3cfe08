"""The command ``gridcircle``. What each command does lies in the module named here, loaded when it is asked for."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from importlib import import_module
from types import FrameType
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from geo.cli.output import refuse, say
from geo.errors import GridcircleError

COMMANDS = {
    "up": "geo.cli.up:up",
    "serve": "geo.cli.serve:serve",
    "import": "geo.cli.imports:import_app",
    "imports": "geo.cli.imports:imports_app",
    "coverage": "geo.cli.coverage:coverage",
    "profile": "geo.cli.profile:profile",
    "what-if": "geo.cli.what_if:what_if",
    "honesty": "geo.cli.honesty:honesty",
    "crossings": "geo.cli.honesty:crossings",
    "access": "geo.cli.access:access",
    "export": "geo.cli.export:export_app",
    "stations": "geo.cli.stations:stations_app",
    "plan": "geo.cli.plans:plan_app",
    "layers": "geo.cli.layers:layers_app",
    "cases": "geo.cli.cases:cases_app",
    "dispatch": "geo.cli.dispatch:dispatch_app",
    "figures": "geo.cli.figures:figures",
    "check-sum": "geo.cli.figures:check",
    "visits": "geo.cli.visits:visits_app",
    "webhooks": "geo.cli.webhooks:webhooks_app",
    "token": "geo.cli.token:token_app",
    "demo": "geo.cli.demo:demo_app",
    "db": "geo.cli.db:db_app",
    "assets": "geo.cli.assets:assets",
    "warm": "geo.cli.warm:warm",
}
"""Command -> module and object. Loaded late: `db status` need not wait for what `import` reads files with."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it (128 + SIGINT)."""


class Commands(TyperGroup):
    """The commands of the table, and the one place where a refusal becomes a sentence and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  (the signature is typer's)
        """Names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  (the signature is typer's)
        """The command of that name, or None."""
        return load(cmd_name) if cmd_name in COMMANDS else None

    def invoke(self, ctx: Any) -> Any:
        """Run the command; exit 1 if it refused, 130 if it was interrupted."""
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except GridcircleError as error:
            refuse(error, as_json=as_json)
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            say("interrupted")
            raise typer.Exit(INTERRUPTED) from error


def load(name: str) -> Any:
    """One command of the table, ready to run."""
    module, _, attribute = COMMANDS[name].partition(":")
    found: typer.Typer | Callable[..., None] = getattr(import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(add_completion=False)
        found.command(name)(function)
    command = get_command(found)
    command.name = name
    return command


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Who reaches a service station within 15 minutes on foot. / 步行十五分钟内谁能到达服务站点。",
)


@app.callback()
def _all() -> None:
    """Typer makes a group only of what has a command or this."""


def run() -> None:
    """The entry point. A polite kill (SIGTERM, SIGHUP) unwinds like any other end, so that what was started stops."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP on purpose
            signal.signal(number, _leave)
    app()


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
