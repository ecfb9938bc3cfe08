"""All settings, read from the environment in this one place."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from geo.errors import Refused

CHECKOUT = Path(__file__).parents[1]

SHORTEST_CALLER_KEY = 32
"""Characters; fewer could be guessed."""


class Settings(BaseSettings):
    """What can be set from outside. The README's table is tested against this class."""

    model_config = SettingsConfigDict(env_prefix="GRIDCIRCLE_", frozen=True, extra="ignore", env_ignore_empty=True)

    home: Path = Field(default=Path(".local"), description="Folder of all state: database, map assets, caches, logs.")
    host: str = Field(
        default="127.0.0.1", description="Address to serve on. A phone in the same network needs another than loopback."
    )
    port: int = Field(default=8000, ge=1, le=65535, description="Port to serve on.")
    database_url: SecretStr | None = Field(
        default=None,
        description="PostGIS to use instead of the private one: postgresql://user:password@host:port/name.",
    )
    public_hosts: str = Field(
        default="",
        description="Host names, comma separated, under which the service may be asked besides its own address.",
    )
    language: str = Field(
        default="", pattern="^(zh|en)?$", description="Language of the command line: zh or en; empty follows LANG."
    )
    map_approval_number: str = Field(
        default="", description="Map approval number (审图号) shown at the lower left of every map."
    )
    timezone: str = Field(default="Asia/Shanghai", description="Time zone of opening hours and dates.")
    workers_db: int = Field(
        default=12, ge=1, le=200, description="Database connections of the server; also its thread limit."
    )
    runtime_dir: Path = Field(
        default=Path("/tmp"),  # noqa: S108  (a folder of our own is made in it; TMPDIR may be too long)
        description="Short folder for the database's unix socket (paths over 107 bytes fail).",
    )

    case_catalogue: Path | None = Field(
        default=None,
        description="The city's own catalogue of cases: a TOML file, or a folder of them, one for each version.",
    )
    caller_key: SecretStr | None = Field(
        default=None,
        description="Secret under which callers are hashed, 32 characters or more; empty: a file in GRIDCIRCLE_HOME.",
    )

    escalation: bool = Field(
        default=True, description="Whether the service sends cases one level up by itself when their time is over."
    )
    outside_private: bool = Field(
        default=False, description="Whether messages to others may go into private networks, and by http to 127.0.0.1."
    )
    mail_host: str = Field(default="", description="Mail server (SMTP) that hands on mail; empty: no mail.")
    mail_port: int = Field(default=587, ge=1, le=65535, description="Port of the mail server.")
    mail_from: str = Field(
        default="",
        pattern=r"^([!-~]+@[!-~]+)?$",
        description="Mailbox that mail comes from, such as grid@city.example.",
    )
    mail_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the line to the mail server is kept secret: starttls, tls, none."
    )
    mail_user: str = Field(default="", description="Name at the mail server; empty: it asks for none.")
    mail_password: SecretStr | None = Field(default=None, description="Password at the mail server.")

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("not the name of a time zone such as Asia/Shanghai") from error
        return name

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url and not url.get_secret_value().startswith("postgresql://"):
            raise ValueError("not of the form postgresql://user:password@host:port/name")
        return url

    @field_validator("caller_key")
    @classmethod
    def _is_long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key and len(key.get_secret_value()) < SHORTEST_CALLER_KEY:
            raise ValueError(f"shorter than {SHORTEST_CALLER_KEY} characters")
        return key

    @property
    def home_abs(self) -> Path:
        """``home`` as an absolute path; the default lies in the checkout, wherever a command is given."""
        start = Path.cwd() if "home" in self.model_fields_set else CHECKOUT
        return start / self.home.expanduser()

    @property
    def arrays_abs(self) -> Path:
        """Where laid out streets are kept: a copy of what the database holds, made anew where it is missing."""
        return self.home_abs / "arrays"


class _Locale(BaseSettings):
    """What the environment says of the language, ours first."""

    model_config = SettingsConfigDict(extra="ignore")

    gridcircle_language: str = ""
    lc_all: str = ""
    lc_messages: str = ""
    lang: str = ""


def load() -> Settings:
    """The settings of this process.

    Raises
    ------
    Refused
        If a variable has a value that it cannot have; the sentence names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        name = f"GRIDCIRCLE_{fault['loc'][0]}".upper()
        raise Refused("setting_bad", name=name, reason=fault["msg"]) from error


def language() -> str:
    """``zh`` or ``en`` for the person at the keyboard. Known even while other settings cannot be read."""
    locale = _Locale()
    wish = locale.gridcircle_language or locale.lc_all or locale.lc_messages or locale.lang
    return "zh" if wish.lower().startswith("zh") else "en"
