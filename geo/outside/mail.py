"""One message by mail, to the server that the settings name."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from geo.errors import Refused
from geo.rules.outside import outside_rule
from geo.settings import Settings
from geo.text import CONTROL


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in."""

    host: str
    port: int
    sender: str
    security: str
    """``starttls``, ``tls`` or ``none``."""
    user: str
    password: str


def mail_server(settings: Settings) -> MailServer:
    """The server of the settings.

    Raises
    ------
    Refused
        If they name none.
    """
    if not settings.mail_host or not settings.mail_from:
        raise Refused("mail_not_set")
    password = "" if settings.mail_password is None else settings.mail_password.get_secret_value()
    return MailServer(
        settings.mail_host, settings.mail_port, settings.mail_from, settings.mail_security, settings.mail_user, password
    )


def send_mail(server: MailServer, mailbox: str, subject: str, text: str, number: str) -> None:
    """Hand in a mail; returns when the server has taken it.

    Parameters
    ----------
    server
        Where.
    mailbox
        Whom it is to.
    subject
        One line: whatever would end it becomes a space, so that no header can be smuggled in.
    text
        As it is read.
    number
        The message's own: a mail that comes twice has the same.

    Raises
    ------
    Refused
        If the server is not there or does not take it.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = server.sender
    message["To"] = mailbox
    message["Subject"] = one_line(subject)
    message["Message-ID"] = f"<{number}@gridcircle>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in return
    message.set_content(text)
    try:
        with _session(server) as session:
            session.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise Refused("mail_not_taken", host=server.host) from error


def one_line(text: str) -> str:
    r"""Text without ends of lines.

    >>> one_line("a\r\nBcc: b@c.d")
    'a Bcc: b@c.d'
    """
    return " ".join(CONTROL.sub(" ", text).split())


def _session(server: MailServer) -> smtplib.SMTP:
    timeout_s = outside_rule().timeout_s
    if server.security == "tls":
        session: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=timeout_s, context=ssl.create_default_context()
        )
    else:
        session = smtplib.SMTP(server.host, server.port, timeout=timeout_s)
    if server.security == "starttls":
        session.starttls(context=ssl.create_default_context())
    if server.user:
        session.login(server.user, server.password)
    return session
