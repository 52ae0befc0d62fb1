"""What goes wrong with writes; none of it is a case of the catalogue, so the ids are names."""

from __future__ import annotations

from dataclasses import replace

from stalewatch_sandbox.hubspot.api import HubSpotApi
from stalewatch_sandbox.hubspot.checks import missing_property
from stalewatch_sandbox.hubspot.errors import Refused, invalid, refusal
from stalewatch_sandbox.hubspot.paths import place
from stalewatch_sandbox.serving.exchange import Delivery, Request, Response
from stalewatch_sandbox.serving.faults import Catalogue, Fault


class WriteFaults:
    """Each method makes the fault of its name."""

    def __init__(self, api: HubSpotApi) -> None:
        self._api = api

    def catalogue(self) -> Catalogue:
        return {
            "refused_write": self.refused, "locked_write": self.locked, "lost_answer": self.lost,
            "changed_meanwhile": self.changed,
        }  # fmt: skip

    def refused(self, error: str = "MISSING_REQUIRED_PROPERTY", name: str = "closed_lost_reason") -> Fault:
        """Every write is refused: for a property that it must have, or with another category."""
        message = f"{name}: this property is required for the stage that the deal goes to"
        detail = {"message": message, "code": error, "context": {"properties": [name]}}
        conditional = refusal(400, error, message, errors=[detail])
        usual = {"MISSING_REQUIRED_PROPERTY": missing_property(name), "VALIDATION_ERROR": invalid(message)}
        refused = usual.get(error, conditional)
        return Fault(on=is_write, instead=lambda _: _answered(refused))

    def locked(self, times: int = 2) -> Fault:
        """Somebody else is writing the same record."""
        refused = refusal(423, "LOCKED", "The resource is locked by another operation")
        return Fault(on=is_write, instead=lambda _: _answered(refused), times=times)

    def lost(self) -> Fault:
        """A write is done, and the connection is reset before anybody hears of it."""
        return Fault(on=is_write, afterwards=lambda _, said: replace(said, delivery=Delivery.RESET), times=1)

    def changed(self, name: str = "hs_next_step", value: str = "Changed by a colleague") -> Fault:
        """A colleague changes the deal in the very moment before a client reads it, or writes it."""

        def answer(request: Request) -> Response:
            self._api.portal.update("deals", place(request.path)[2], {name: value})
            return self._api.handle(request)

        return Fault(on=_is_of_one_deal, instead=answer, times=1)


def is_write(request: Request) -> bool:
    """Something is created or changed."""
    where = place(request.path)
    is_new = request.method == "POST" and where[:1] == ("objects",) and len(where) == 2
    return is_new or (request.method in ("PATCH", "PUT") and where[:1] == ("objects",))


def _is_of_one_deal(request: Request) -> bool:
    where = place(request.path)
    return request.method in ("GET", "PATCH") and where[:2] == ("objects", "deals") and len(where) == 3


def _answered(refused: Refused) -> Response:
    return replace(Response.json(refused.body, refused.status), weight=1, kind="refused")
