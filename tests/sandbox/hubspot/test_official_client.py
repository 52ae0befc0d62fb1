"""hubspot-api-client, as published, takes the sandbox for HubSpot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hubspot import HubSpot  # type: ignore[import-untyped]
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest  # type: ignore[import-untyped]
from hubspot.crm.deals import (  # type: ignore[import-untyped]
    ApiException,
    BatchReadInputSimplePublicObjectId,
    PublicMergeInput,
    PublicObjectSearchRequest,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.objects.notes import (  # type: ignore[import-untyped]
    AssociationSpec,
    PublicAssociationsForObject,
    PublicObjectId,
)
from hubspot.crm.objects.notes import (
    SimplePublicObjectInputForCreate as NoteForCreate,
)

from stalewatch_sandbox.hubspot.company import Owner
from stalewatch_sandbox.hubspot.credentials import App
from stalewatch_sandbox.hubspot.server import HubSpotServer
from tests.sandbox.hubspot.portals import deal


class Official:
    """The client, each of whose api objects is kept, so that its connections can be closed."""

    def __init__(self, server: HubSpotServer) -> None:
        self._client = HubSpot(access_token=server.token, host=server.url)
        self._kept: list[Any] = []

    def api(self, path: str) -> Any:
        found: Any = self._client
        for name in path.split("."):
            found = getattr(found, name)
        self._kept.append(found)
        return found

    def close(self) -> None:
        for one in self._kept:
            one.api_client.rest_client.pool_manager.clear()
            one.api_client.close()


@pytest.fixture
def official(server: HubSpotServer) -> Iterator[Official]:
    client = Official(server)
    yield client
    client.close()


def test_search_pages_through_what_it_finds(server: HubSpotServer, official: Official) -> None:
    ids = [deal(server, f"Deal {number}", amount=number) for number in range(5)]
    search = official.api("crm.deals.search_api")
    wish = {"filters": [{"propertyName": "amount", "operator": "GTE", "value": "1"}]}
    found: list[str] = []
    after: str | None = None
    while True:
        request = PublicObjectSearchRequest(filter_groups=[wish], sorts=["-amount"], limit=3, after=after)
        page = search.do_search(request)
        found += [one.id for one in page.results]
        if page.paging is None:
            break
        after = page.paging.next.after
    assert (page.total, found) == (4, ids[:0:-1])


def test_a_deal_is_created_moved_and_told_with_its_history(official: Official) -> None:
    deals = official.api("crm.deals.basic_api")
    new = deals.create(SimplePublicObjectInputForCreate(properties={"dealname": "アクメ", "pipeline": "default",
                                                                    "dealstage": "qualifiedtobuy"}))  # fmt: skip
    deals.update(new.id, SimplePublicObjectInput(properties={"dealstage": "closedwon"}))
    told = deals.get_by_id(new.id, properties=["dealname", "hs_is_closed_won"], properties_with_history=["dealstage"])
    assert told.properties["dealname"] == "アクメ"
    assert told.properties["hs_is_closed_won"] == "true"
    assert [one.value for one in told.properties_with_history["dealstage"]] == ["closedwon", "qualifiedtobuy"]
    assert {one.source_type for one in told.properties_with_history["dealstage"]} == {"INTEGRATION"}


def test_everything_is_listed_page_by_page(server: HubSpotServer, official: Official) -> None:
    ids = [deal(server, f"Deal {number}") for number in range(205)]
    page, after, found = official.api("crm.deals.basic_api"), None, list[str]()
    while True:
        answer = page.get_page(limit=100, after=after, associations=["contacts"])
        found += [one.id for one in answer.results]
        if answer.paging is None:
            break
        after = answer.paging.next.after
    assert found == ids


def test_a_batch_says_who_is_missing(server: HubSpotServer, official: Official) -> None:
    known = deal(server)
    body = BatchReadInputSimplePublicObjectId(
        inputs=[{"id": known}, {"id": "404"}], properties=["dealname"], properties_with_history=[]
    )
    answer = official.api("crm.deals.batch_api").read(body)
    assert [one.id for one in answer.results] == [known]
    assert answer.num_errors == 1
    assert answer.errors[0].context == {"ids": ["404"]}


def test_associations_are_read_in_batches(server: HubSpotServer, official: Official) -> None:
    linked, alone = deal(server), deal(server)
    meeting = server.portal.create("meetings", {"hs_meeting_title": "Kick-off"})
    server.portal.associate("meetings", meeting, "deals", linked)
    answer = official.api("crm.associations.v4.batch_api").get_page(
        "deals", "meetings",
        BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": linked}, {"id": alone}]),
    )  # fmt: skip
    assert [(one._from.id, [to.to_object_id for to in one.to]) for one in answer.results] == [(linked, [meeting])]
    assert answer.errors[0].context["fromObjectId"] == [alone]


def test_owners_pipelines_and_properties(server: HubSpotServer, official: Official) -> None:
    server.portal.add_owner(Owner(number=11, user=99, email="sato@example.com", first_name="Hana", last_name="Sato",
                                  teams=(("1", "Tokyo"),)))  # fmt: skip
    server.portal.add_owner(Owner(number=12, user=98, email="old@example.com", first_name="", last_name="Old",
                                  is_archived=True))  # fmt: skip
    owners = official.api("crm.owners.owners_api")
    assert [(one.id, one.user_id, one.teams[0].name) for one in owners.get_page().results] == [("11", 99, "Tokyo")]
    assert [(one.id, one.user_id) for one in owners.get_page(archived=True).results] == [("12", None)]
    stages = official.api("crm.pipelines.pipelines_api").get_all("deals").results[0].stages
    assert {one.id: one.metadata["isClosed"] for one in stages}["closedlost"] == "true"
    names = [one.name for one in official.api("crm.properties.core_api").get_all("deals").results]
    assert {"hs_v2_date_entered_closedwon", "hs_lastmodifieddate"} <= set(names)


def test_a_merged_deal_answers_under_its_old_id(server: HubSpotServer, official: Official) -> None:
    first, second = deal(server, "One"), deal(server, "Two")
    new = official.api("crm.deals.basic_api").merge(
        PublicMergeInput(primary_object_id=first, object_id_to_merge=second)
    )
    told = official.api("crm.deals.basic_api").get_by_id(second, properties=["hs_merged_object_ids", "dealname"])
    assert (told.id, told.properties["dealname"]) == (new.id, "One")
    assert told.properties["hs_merged_object_ids"] == f"{first};{second}"


def test_oauth_tokens_last_half_an_hour(server: HubSpotServer, official: Official) -> None:
    server.api.credentials.add_app(App("app", "secret", "refresh"))
    tokens = official.api("oauth.tokens_api")
    known = {"client_id": "app", "client_secret": "secret", "refresh_token": "refresh"}
    granted = tokens.create(grant_type="refresh_token", **known)
    assert granted.expires_in == 1800
    assert server.api.credentials.check(f"Bearer {granted.access_token}").app == "app"


def test_what_is_refused_is_an_api_exception(official: Official) -> None:
    with pytest.raises(ApiException) as caught:
        official.api("crm.deals.basic_api").create(SimplePublicObjectInputForCreate(properties={"dealnam": "Typo"}))
    assert caught.value.status == 400
    assert "PROPERTY_DOESNT_EXIST" in caught.value.body


def test_a_note_is_created_with_its_deal_and_a_task_is_associated_by_default(
    server: HubSpotServer, official: Official
) -> None:
    id_ = deal(server)
    link = AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=214)
    belongs = PublicAssociationsForObject(to=PublicObjectId(id=id_), types=[link])
    said = {"hs_timestamp": "2026-04-01T12:00:00Z", "hs_note_body": "[stalewatch:7f3a]"}
    made = official.api("crm.objects.notes.basic_api").create(NoteForCreate(properties=said, associations=[belongs]))
    due = {"hs_timestamp": "2026-04-05T03:00:00Z", "hs_task_subject": "Call"}
    task = official.api("crm.objects.tasks.basic_api").create(NoteForCreate(properties=due, associations=[]))
    official.api("crm.associations.v4.basic_api").create_default("tasks", task.id, "deals", id_)
    shown = official.api("crm.deals.basic_api").get_by_id(id_, associations=["notes", "tasks"])
    assert {kind: [one.id for one in found.results] for kind, found in shown.associations.items()} == {
        "notes": [made.id], "tasks": [task.id],
    }  # fmt: skip
