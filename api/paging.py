"""Pages of long lists: a limit, an offset, and links that lead on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from api.schemas import WebLink
from geo.store.lists import Slice

Item = TypeVar("Item")

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000


@dataclass(frozen=True)
class Page:
    """The part of a list that is asked for."""

    limit: int
    offset: int
    path: str
    query: tuple[tuple[str, str], ...]
    """What else was asked, kept in the links."""
    by_cursor: bool = False
    cursor: str | None = None
    """Where the next page begins, in a list that is led on from by a cursor; None: there is none."""

    @property
    def part(self) -> Slice:
        """The same in the store's terms."""
        return Slice(limit=self.limit, offset=self.offset)

    @property
    def one_more(self) -> Slice:
        """The same and one entry more, which tells that something follows."""
        return Slice(limit=self.limit + 1, offset=self.offset)

    def until(self, cursor: str | None) -> Page:
        """The same, led on from by a cursor; None: nothing follows."""
        return replace(self, by_cursor=True, cursor=cursor)

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """The page of a list that is at hand as a whole."""
        return items[self.offset : self.offset + self.limit]

    def links(self, matched: int) -> list[WebLink]:
        """Links to this page, and to the ones before and after it where there are any."""
        links = [WebLink(rel="self", href=self._href(self.offset))]
        if self.offset:
            links.append(WebLink(rel="prev", href=self._href(max(0, self.offset - self.limit))))
        if self.by_cursor:
            links += [] if self.cursor is None else [WebLink(rel="next", href=self._href_after(self.cursor))]
        elif self.offset + self.limit < matched:
            links.append(WebLink(rel="next", href=self._href(self.offset + self.limit)))
        return links

    def _href_after(self, cursor: str) -> str:
        query = [item for item in self.query if item[0] != "cursor"]
        return f"{self.path}?{urlencode([*query, ('limit', str(self.limit)), ('cursor', cursor)])}"

    def _href(self, offset: int) -> str:
        query = [*self.query, ("limit", str(self.limit)), ("offset", str(offset))]
        return f"{self.path}?{urlencode(query)}"


async def _page(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Entries in one answer.")] = DEFAULT_LIMIT,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="Entries to skip; `links` has the next page.")] = 0,
) -> Page:
    others = tuple(item for item in request.query_params.multi_items() if item[0] not in {"limit", "offset"})
    return Page(limit=limit, offset=offset, path=request.url.path, query=others)


Paged = Annotated[Page, Depends(_page)]
