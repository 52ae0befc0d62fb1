"""The hubspot connector keeps the contract that every connector keeps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stalewatch.sdk.connector import Connector
from stalewatch.sdk.testing import ConnectorContract
from tests.connectors.hubspot.portals import NOON, Story


class TestHubSpot(ConnectorContract):
    @pytest.fixture(autouse=True)
    def _portal(self, story: Story) -> None:
        self.story = story
        for number in range(3):
            deal = story.deal(f"Deal {number}", amount=1_000 * number)
            story.contact(deal, f"mori{number}@customer.example", role="CHAMPION")
            story.mail(deal)
            story.meeting(deal, NOON + timedelta(days=2))
            story.task(deal, NOON + timedelta(days=1))
        lead = story.portal.create("leads", {"hs_lead_name": "Mori", "hs_pipeline": "lead-pipeline-id",
                                             "hs_pipeline_stage": "new-stage-id"})  # fmt: skip
        sent = story.portal.create("emails", {"hs_timestamp": NOON, "hs_email_direction": "EMAIL"})
        story.portal.associate("emails", sent, "leads", lead)

    def connector(self) -> Connector:
        return self.story.connector(reads={})

    def broken(self) -> Connector:
        return self.story.connector(reads={}, base_url="http://127.0.0.1:9")
