"""The one error tree. Every leaf is raised with a key of geo/words, so that it speaks both languages.

GridcircleError                  what the tree hangs from; never raised itself
├─ NotFound                 404  no such grid, station, plan, import, file
├─ Conflict                 409
│  ├─ StaleVersion          412  it changed since it was read (the version comes as If-Match)
│  ├─ AlreadyLive                another plan of the community is live at that time
│  └─ Cancelled                  somebody called the computation off
├─ Refused                  422  the request or the data cannot be taken as they are
│  ├─ BadFile                    missing, empty, truncated, not what its name says, no CRS
│  ├─ BadRows                    rows with faults; carries them all
│  ├─ BadGeometry                self-crossing, empty, outside, overlapping
│  └─ BadMove                    this state does not allow that
├─ VersionMissing           428  nobody said which version was read (If-Match)
├─ NotAllowed               403  a token without that role or area
├─ WhoAreYou                401  no token, or one that does not hold
├─ TooOften                429  asked again too soon; carries ``retry_after_s``
└─ Unready                  503
   ├─ DatabaseAway               no database, or it does not answer
   ├─ StreetsMissing             no street network has been loaded
   ├─ CoverageMissing            nothing has been computed yet
   ├─ MissingPiece               a program or package that set-up could not get
   └─ Busy                       as much is waiting as may wait
"""

from __future__ import annotations

from typing import Any

from geo.words import Bilingual, sentence


class GridcircleError(Exception, Bilingual):
    """A refusal that names the place and the mend.

    Parameters
    ----------
    key
        Key of the sentence in geo/words.
    evidence
        What the sentence speaks of; also handed to API clients, so never personal data.
    """

    def __init__(self, key: str, **evidence: Any) -> None:
        super().__init__(key)
        self.key = key
        self.evidence = evidence

    def in_language(self, language: str) -> str:
        """The sentence in ``zh`` or ``en``."""
        return sentence(self.key, language, **self.evidence)

    def __str__(self) -> str:
        return self.in_language("en")


class NotFound(GridcircleError):
    """No such thing."""


class Conflict(GridcircleError):
    """Somebody or something was there first."""


class StaleVersion(Conflict):
    """It changed since it was read."""


class AlreadyLive(Conflict):
    """Another plan of the community is live at that time."""


class Cancelled(Conflict):
    """Somebody called the computation off."""


class Refused(GridcircleError):
    """The request or the data cannot be taken as they are."""


class BadFile(Refused):
    """The file as a whole cannot be read."""


class BadRows(Refused):
    """Rows with faults. ``evidence['faults']`` lists them, each with its sentence in both languages."""

    def in_language(self, language: str) -> str:
        """How many rows, and the first fault itself."""
        faults = self.evidence.get("faults")
        return super().in_language(language) + (f" {faults[0][language]}" if faults else "")


class BadGeometry(Refused):
    """A shape that cannot be stored."""


class BadMove(Refused):
    """This state does not allow that."""


class VersionMissing(GridcircleError):
    """A change without the version that it is made to."""


class NotAllowed(GridcircleError):
    """The token lacks that role or area."""


class WhoAreYou(GridcircleError):
    """No token, or one that does not hold."""


class TooOften(GridcircleError):
    """As much was sent of late as may be. ``evidence['retry_after_s']``: seconds until it is taken again."""


class Unready(GridcircleError):
    """Something that is needed is not there yet."""


class DatabaseAway(Unready):
    """No database, or it does not answer."""


class StreetsMissing(Unready):
    """No street network has been loaded."""


class CoverageMissing(Unready):
    """Nothing has been computed yet."""


class MissingPiece(Unready):
    """A program or package that set-up could not get."""


class Busy(Unready):
    """As much is waiting as may wait."""
