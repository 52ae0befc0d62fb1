"""What Salesforce does by itself when a record is written: derived fields, history, related records, archiving."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from stalewatch_sandbox.salesforce.stock import COMPLETED, CONVERTED, FORECASTS, Stage
from stalewatch_sandbox.salesforce.table import Row

if TYPE_CHECKING:
    from stalewatch_sandbox.salesforce.org import Org

_LOGGED: Final = ("StageName", "Amount", "Probability", "CloseDate")
"""Each change of one of these writes a row of OpportunityHistory."""
_TRACKED: Final = {
    "Opportunity": (
        "OpportunityFieldHistory", "OpportunityId", ("StageName", "Amount", "CloseDate", "OwnerId", "NextStep"),
    ),
    "Lead": ("LeadHistory", "LeadId", ("Status", "OwnerId")),
}  # fmt: skip
"""Fields with history tracking: object -> (history object, its field, the fields)."""
_ARCHIVED_AFTER: Final = timedelta(days=365)
_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "Task": {"Status": "Not Started", "Priority": "Normal", "TaskSubtype": "Task", "IsArchived": False},
    "Event": {"EventSubtype": "Event", "ShowAs": "Busy", "IsArchived": False, "IsAllDayEvent": False},
    "Lead": {"IsConverted": False, "Status": "Open - Not Contacted"},
    "User": {
        "IsActive": True, "TimeZoneSidKey": "Asia/Tokyo", "LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US",
        "UserType": "Standard",
    },
    "RecordType": {"IsActive": True},
    "Group": {"Type": "Queue"},
    "EventRelation": {"Status": "New", "IsInvitee": True, "IsParent": True},
    "EmailMessage": {"Status": "3", "Incoming": False},
}  # fmt: skip


def of_creation(org: Org, object_name: str, row: Row) -> None:
    """Fill in what a new record gets by itself."""
    for name, value in _DEFAULTS.get(object_name, {}).items():
        row.setdefault(name, value)
    if object_name not in ("OpportunityHistory", "OpportunityContactRole"):
        row.setdefault("OwnerId", row["CreatedById"])
    match object_name:
        case "Opportunity":
            _staged(org, row, {}, row)
        case "Task" | "Event" | "EmailMessage":
            _scheduled(org, object_name, row)
        case "Contact" | "User" | "Lead":
            row.setdefault("Name", " ".join(filter(None, (row.get("FirstName"), row.get("LastName")))))


def of_change(org: Org, object_name: str, before: Row, row: Row, given: Mapping[str, Any]) -> None:
    """Bring up to date what follows from the fields that were given."""
    match object_name:
        case "Opportunity":
            if row.get("StageName") != before.get("StageName"):
                row["LastStageChangeDate"] = row["LastModifiedDate"]
            _staged(org, row, before, given)
        case "Task" | "Event" | "EmailMessage":
            _scheduled(org, object_name, row)
        case "Contact" | "User" | "Lead":
            if any(row.get(part) != before.get(part) for part in ("FirstName", "LastName")):
                row["Name"] = " ".join(filter(None, (row.get("FirstName"), row.get("LastName"))))


def after_creation(org: Org, object_name: str, row: Row) -> None:
    """Write the records that come with a new one."""
    match object_name:
        case "Opportunity":
            _log(org, row, {})
        case "EmailMessage":
            _as_task(org, row)
        case "Task" | "Event":
            _tell_opportunity(org, row)


def after_change(org: Org, object_name: str, before: Row, row: Row) -> None:
    """Write the history of a change, and what it does to other records."""
    if object_name == "Opportunity" and any(row.get(name) != before.get(name) for name in _LOGGED):
        _log(org, row, before)
    if object_name in _TRACKED:
        _track(org, object_name, before, row)
    if object_name in ("Task", "Event"):
        _tell_opportunity(org, row)


def archive(org: Org, now: datetime) -> None:
    """Archive activities that are over for a year, as happens in the background; no stamp tells."""
    horizon = now - _ARCHIVED_AFTER
    for name, field in (("Event", "EndDateTime"), ("Task", "CompletedDateTime")):
        table = org.tables[name]
        for row in table.equal("IsArchived", (False,)) if _is_another_day(org, name, now) else ():
            over = row.get(field)
            if over is not None and over < horizon:
                table.put(row | {"IsArchived": True})


def stage_row(stage: Stage, order: int) -> Row:
    """A row of OpportunityStage."""
    return {
        "ApiName": stage.name, "MasterLabel": stage.name, "SortOrder": order, "IsActive": True,
        "IsClosed": stage.is_closed, "IsWon": stage.is_won, "DefaultProbability": float(stage.probability),
        "ForecastCategoryName": stage.forecast, "ForecastCategory": FORECASTS[stage.forecast],
    }  # fmt: skip


def lead_status_row(status: str, order: int) -> Row:
    """A row of LeadStatus."""
    return {
        "ApiName": status, "MasterLabel": status, "SortOrder": order, "IsDefault": order == 1,
        "IsConverted": status == CONVERTED,
    }  # fmt: skip


def task_status_row(status: str, order: int) -> Row:
    """A row of TaskStatus."""
    return {
        "ApiName": status, "MasterLabel": status, "SortOrder": order, "IsDefault": order == 1,
        "IsClosed": status == COMPLETED,
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------- opportunities


def _staged(org: Org, row: Row, before: Row, given: Mapping[str, Any]) -> None:
    """Probability and forecast follow the stage, unless the same edit sets them."""
    stage = org.stages.get(row.get("StageName", ""), Stage(name="", probability=0))
    if row.get("StageName") != before.get("StageName"):
        for name, value in (("Probability", float(stage.probability)), ("ForecastCategoryName", stage.forecast)):
            if name not in given:
                row[name] = value
    row["IsClosed"], row["IsWon"] = stage.is_closed, stage.is_won
    row["ForecastCategory"] = FORECASTS.get(row["ForecastCategoryName"], "Pipeline")
    amount, closes = row.get("Amount"), row.get("CloseDate")
    row["ExpectedRevenue"] = None if amount is None else amount * row["Probability"] / 100
    if closes is not None:
        row["FiscalYear"], row["FiscalQuarter"] = closes.year, (closes.month + 2) // 3
        row["Fiscal"] = f"{closes.year} {row['FiscalQuarter']}"


def _log(org: Org, row: Row, before: Row) -> None:
    """One row of OpportunityHistory: how the opportunity is from now on."""
    logged = {name: row.get(name) for name in (*_LOGGED, "ForecastCategory", "ExpectedRevenue", "CurrencyIsoCode")}
    logged |= {"OpportunityId": row["Id"], "PrevAmount": before.get("Amount"), "PrevCloseDate": before.get("CloseDate")}
    org.insert("OpportunityHistory", logged, at=row["LastModifiedDate"], by=row["LastModifiedById"])


def _track(org: Org, object_name: str, before: Row, row: Row) -> None:
    history, parent, names = _TRACKED[object_name]
    for name in names:
        old, new = before.get(name), row.get(name)
        if old != new:
            told = {parent: row["Id"], "Field": name.removesuffix("Id"), "OldValue": _told(old), "NewValue": _told(new)}
            org.insert(history, told, at=row["LastModifiedDate"], by=row["LastModifiedById"])


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


# ------------------------------------------------------------------------------------------------- activities


def _scheduled(org: Org, object_name: str, row: Row) -> None:
    """What follows from the times and the status of an activity, and the account that it belongs to."""
    if object_name == "EmailMessage":
        row.setdefault("MessageDate", row["CreatedDate"])
        return
    what = org.find(row.get("WhatId")) or {}
    row["AccountId"] = what.get("AccountId") or (what.get("Id") if str(what.get("Id", ""))[:3] == "001" else None)
    if object_name == "Task":
        row["IsClosed"] = row.get("Status") == COMPLETED
        done = row.get("CompletedDateTime") or row["LastModifiedDate"]
        row["CompletedDateTime"] = done if row["IsClosed"] else None
        return
    starts = row.get("StartDateTime") or row.get("ActivityDateTime")
    if starts is not None:
        row["StartDateTime"] = row["ActivityDateTime"] = starts
        ends = row.get("EndDateTime") or starts + timedelta(minutes=row.get("DurationInMinutes") or 60)
        row["EndDateTime"], row["DurationInMinutes"] = ends, int((ends - starts).total_seconds() // 60)
        if not row.get("IsAllDayEvent") or row.get("ActivityDate") is None:
            row["ActivityDate"] = _local_day(org, row, starts)


def _local_day(org: Org, row: Row, moment: datetime) -> date:
    if row.get("IsAllDayEvent"):
        return moment.astimezone(UTC).date()
    owner = org.find(row.get("OwnerId")) or {}
    return moment.astimezone(ZoneInfo(owner.get("TimeZoneSidKey", "UTC"))).date()


def _tell_opportunity(org: Org, row: Row) -> None:
    """LastActivityDate is the latest date of an event, even one ahead, or of a task that is done."""
    what, day = row.get("WhatId"), row.get("ActivityDate")
    if what is None or what[:3] != "006" or day is None or row.get("IsClosed") is False:
        return
    opportunity = org.record(what)
    if opportunity.get("LastActivityDate") is None or opportunity["LastActivityDate"] < day:
        org.touch(what, {"LastActivityDate": day}, at=row["SystemModstamp"])


def _as_task(org: Org, mail: Row) -> None:
    """A mail shows up a second time, as a task that is done; those who wrote and got it become relations."""
    people = list(_people(org, mail))
    if mail.get("ActivityId") is None:
        outsiders = [person for _, _, person in people if person is not None and person[:3] != "005"]
        task = {
            "Subject": f"Email: {mail.get('Subject') or ''}", "TaskSubtype": "Email", "Status": COMPLETED,
            "ActivityDate": mail["MessageDate"].date(), "OwnerId": mail["CreatedById"],
            "WhatId": mail.get("RelatedToId"), "WhoId": next(iter(outsiders), None),
            "CompletedDateTime": mail["MessageDate"],
        }  # fmt: skip
        made = org.insert("Task", task, at=mail["SystemModstamp"], by=mail["CreatedById"])
        org.put("EmailMessage", mail | {"ActivityId": made})
    for side, address, person in people:
        relation = {"EmailMessageId": mail["Id"], "RelationType": side, "RelationAddress": address}
        relation |= {"RelationId": person, "RelationObjectType": person and org.object_of(person)}
        org.insert("EmailMessageRelation", relation, at=mail["SystemModstamp"], by=mail["CreatedById"])


def _people(org: Org, mail: Row) -> Iterator[tuple[str, str, str | None]]:
    """Side, address and record of everybody; FromId and ToIds say who is meant, else the address does."""
    for side, meant in (
        ("FromAddress", [mail.get("FromId")]),
        ("ToAddress", mail.get("ToIds") or []),
        ("CcAddress", []),
    ):
        addresses = [address.strip() for address in (mail.get(side) or "").split(";") if address.strip()]
        for address, person in zip_longest(addresses, meant[: len(addresses)]):
            yield side, address, person or org.person_at(address)


def _is_another_day(org: Org, name: str, now: datetime) -> bool:
    """Whether the background job has not run on this day; asking remembers."""
    day = now.date().toordinal()
    if org.archived_on.get(name) == day:
        return False
    org.archived_on[name] = day
    return True
