"""Somebody outside, on this machine: a small web server and a small mail server that keep what they are given."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOOPBACK = "127.0.0.1"


@dataclass
class Post:
    """A message that came by HTTP."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebReceiver:
    """What came, and what is answered: a status, or a wait for ``gate`` before it."""

    url: str = ""
    status: int = 204
    location: str | None = None
    gate: threading.Event | None = None
    entered: threading.Event = field(default_factory=threading.Event)
    got: list[Post] = field(default_factory=list)


@contextmanager
def web_receiver() -> Iterator[WebReceiver]:
    """A web server of its own."""
    found = WebReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append(Post(self.path, dict(self.headers), body))
            found.entered.set()
            if found.gate is not None:
                found.gate.wait(20)
            self.send_response(found.status)
            if found.location is not None:
                self.send_header("Location", found.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with _running(ThreadingHTTPServer((LOOPBACK, 0), Handler)) as port:
        found.url = f"http://{LOOPBACK}:{port}"
        yield found


@dataclass
class Letter:
    """A mail that was handed in."""

    sender: str
    mailboxes: list[str]
    data: bytes


@dataclass
class MailReceiver:
    """What came."""

    port: int = 0
    refuses: bool = False
    got: list[Letter] = field(default_factory=list)


@contextmanager
def mail_receiver() -> Iterator[MailReceiver]:
    """A mail server that knows as much of RFC 5321 as is needed to take a mail."""
    found = MailReceiver()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            letter = Letter("", [], b"")
            answer: dict[str, Callable[[str], str]] = {
                "EHLO": lambda _: "250 here",
                "HELO": lambda _: "250 here",
                "RSET": lambda _: "250 yes",
                "NOOP": lambda _: "250 yes",
            }
            while line := self.rfile.readline().decode().strip():
                word = line[:4].upper()
                if word == "QUIT":
                    self.say("221 bye")
                    return
                if word == "MAIL":
                    letter.sender = line[10:].split(">")[0].strip("<")
                    self.say("250 yes")
                elif word == "RCPT":
                    letter.mailboxes.append(line[8:].strip("<>"))
                    self.say("550 no" if found.refuses else "250 yes")
                elif word == "DATA":
                    self.say("354 go on")
                    letter.data = b"".join(iter(self.rfile.readline, b".\r\n"))
                    found.got.append(letter)
                    letter = Letter("", [], b"")
                    self.say("250 taken")
                else:
                    self.say(answer.get(word, lambda _: "502 what")(line))

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with _running(socketserver.ThreadingTCPServer((LOOPBACK, 0), Handler)) as port:
        found.port = port
        yield found


@contextmanager
def _running(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
