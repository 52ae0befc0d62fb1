"""The thread that looks at the rule files: it ends whenever it is told to, and says nothing."""

from __future__ import annotations

from threading import Event
from unittest.mock import Mock

from stalewatch.wiring.live import Live
from stalewatch.wiring.watching import Watch
from tests.patience import PATIENCE


def test_it_ends_also_when_its_look_had_no_turn_yet() -> None:
    """A busy machine: the look was asked for, and the process is told to end before it begins."""
    watch, asked, may_go_on = Watch(Mock(spec=Live)), Event(), Event()
    submit = watch._looks.submit
    submit(may_go_on.wait, PATIENCE)

    def queued(*call: object) -> object:
        one = submit(*call)  # type: ignore[arg-type]  # whatever is asked for
        asked.set()
        return one

    watch._looks.submit = queued  # type: ignore[method-assign,assignment]
    watch.start()
    assert asked.wait(PATIENCE)
    watch.stop()
    watch._thread.join(PATIENCE)
    may_go_on.set()
    assert not watch._thread.is_alive()
