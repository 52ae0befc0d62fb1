"""What each button opens. A further one is a file like snooze_form.py, a line here, and a label in delivery/buttons.py.

"Why" opens nothing: it is answered where it was asked (presses.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from stalewatch.services.answering.false_alarm_form import FalseAlarmForm
from stalewatch.services.answering.form import Form
from stalewatch.services.answering.hold_form import HoldForm
from stalewatch.services.answering.loss_check_form import LossCheckForm
from stalewatch.services.answering.lost_form import LostForm
from stalewatch.services.answering.meeting_form import MeetingForm
from stalewatch.services.answering.snooze_form import SnoozeForm

_ALL: Final = (MeetingForm(), HoldForm(), SnoozeForm(), LostForm(), LossCheckForm(), FalseAlarmForm())
FORMS: Final[Mapping[str, Form]] = MappingProxyType({form.kind: form for form in _ALL})
"""By the kind of the button, which is also the form's own name in Slack."""
