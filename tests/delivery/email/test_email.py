"""Letters over real SMTP: each arrives once, says what it should, and what became of it is told apart."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalewatch.delivery.by_address import ByAddress, service_of, services
from stalewatch.delivery.digest import compose_digest
from stalewatch.delivery.email import connect
from stalewatch.delivery.email.letter import letter
from stalewatch.delivery.email.notifier import _framed
from stalewatch.delivery.email.server import is_address
from stalewatch.sdk.errors import (
    BadContent,
    ConfigurationError,
    NotAccepted,
    NotifierError,
    OutcomeUnknown,
    SlowDown,
    TargetGone,
    WorkspaceDown,
)
from stalewatch.sdk.notifier import Entry, Message, Notifier, NotifierSettings, Outcome, Style
from stalewatch.sdk.testing import NotifierContract
from tests.delivery.email.post_office import NOW, Certificate, PostOffice, deaf, lets_in, opened
from tests.delivery.tellings import NOW as THEN
from tests.delivery.tellings import sato, told, warned


@pytest.fixture(scope="module")
def running() -> Iterator[PostOffice]:
    with opened() as office:
        yield office


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.made(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def office(running: PostOffice) -> PostOffice:
    running.letters.clear()
    running.refuses.clear()
    return running


def message(delivery: str = "d1", **more: Any) -> Message:
    usual: dict[str, Any] = {
        "target": "mail:sato@acme.example", "address": "mailto:sato@acme.example", "style": Style.DIGEST,
        "language": "en", "title": "1 deal needs you", "entries": (Entry(record="d", headline="A", body="*A*: x"),),
    }  # fmt: skip
    return Message(delivery=delivery, **(usual | more))


class TestTheContract(NotifierContract):
    address = "mailto:sato@acme.example"

    @pytest.fixture(autouse=True)
    def at_work(self, office: PostOffice) -> None:
        self.office = office

    def notifier(self) -> Notifier:
        return self.office.notifier()

    def broken(self) -> Notifier:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        return self.office.notifier(url=f"smtp://127.0.0.1:{port}")

    def arrivals(self, delivery: str) -> int:
        return len(self.office.with_delivery(delivery))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_digest_is_a_letter_that_reads_well(office: PostOffice, language: str) -> None:
    digest = compose_digest(
        [told(), warned("d2", name="Northwind")], delivery="d7", recipient=sato(language), now=THEN,
        list_url="https://stalewatch.acme.example/",
    )  # fmt: skip
    assert digest is not None
    office.notifier().send(
        message(**{name: getattr(digest, name) for name in ("title", "entries", "footer", "url", "language")})
    )
    [arrived] = office.letters
    plain, page = (part.get_content() for part in arrived.iter_parts())
    assert arrived["Subject"] == digest.title
    assert (arrived["To"], arrived["From"]) == ("sato@acme.example", "stalewatch@acme.example")
    assert arrived["Message-ID"] == "<d1@acme.example>"
    for text in (plain, page):
        assert "Hikari Foods" in text
        assert "Northwind" in text
    assert "*" not in plain
    assert arrived.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in arrived.iter_parts()] == ["text/plain", "text/html"]
    assert f'lang="{arrived["Content-Language"]}"' in page


REFUSALS = {
    "the address is refused": ("RCPT", "550 no such user", TargetGone),
    "the address is refused for now": ("RCPT", "450 greylisted", SlowDown),
    "a login is wanted before an address is taken": ("RCPT", "530 log in first", WorkspaceDown),
    "the sender is refused": ("MAIL", "553 not yours", WorkspaceDown),
    "a login is wanted": ("MAIL", "530 log in first", WorkspaceDown),
    "the server is busy": ("MAIL", "421 later", SlowDown),
    "the text is refused": ("DATA", "554 looks like spam", BadContent),
    "the text is refused for now": ("DATA", "451 try later", SlowDown),
    "the reply is lost": ("REPLY", "", OutcomeUnknown),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_each_refusal_has_its_kind(office: PostOffice, name: str) -> None:
    command, reply, kind = REFUSALS[name]
    office.refuses[command] = reply
    with pytest.raises(NotifierError) as caught:
        office.notifier().send(message())
    assert type(caught.value) is kind
    assert len(office.letters) == (1 if kind is OutcomeUnknown else 0)


SILENCES = {
    "before it greets": ((), NotAccepted),
    "with a busy greeting": ((b"421 too many\r\n",), SlowDown),
    "with a closed door": ((b"554 not you\r\n",), NotAccepted),
    "after DATA": ((b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"421 going down\r\n"), SlowDown),
    "with nonsense": ((b"hello\r\n",), NotAccepted),
    "after its greeting": ((b"220 hello\r\n",), NotAccepted),
    "after the recipient": (
        (b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n"),
        NotAccepted,
    ),
    "after the text": (
        (b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"),
        OutcomeUnknown,
    ),
}


@pytest.mark.parametrize("name", SILENCES)
def test_a_server_that_hangs_up_is_unknown_only_after_the_text(office: PostOffice, name: str) -> None:
    lines, kind = SILENCES[name]
    with deaf(*lines) as port, pytest.raises(NotifierError) as caught:
        office.notifier(url=f"smtp://127.0.0.1:{port}").send(message())
    assert type(caught.value) is kind


def test_nobody_can_look_into_a_mailbox(office: PostOffice) -> None:
    assert office.notifier().settle("d1", "mailto:sato@acme.example", NOW).outcome is Outcome.CANNOT_LOOK


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("password", ["hunter2", "hunter3"])
def test_who_has_the_password_may_send(
    scheme: str, password: str, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    with opened(certificate, implicit_tls=scheme == "smtps", authenticator=lets_in(b"watch", b"hunter2")) as office:
        notifier = office.notifier(url=f"{scheme}://watch:{password}@localhost:{office.port}", allow_plain="no")
        if password == "hunter2":  # noqa: S105
            notifier.check()
            notifier.send(message())
            assert [finding.level.value for finding in notifier.examine()] == ["ok"]
            assert len(office.letters) == 1
            return
        with pytest.raises(WorkspaceDown) as caught:
            notifier.check()
        assert password not in str(caught.value)
        assert [finding.level.value for finding in notifier.examine()] == ["error"]


def test_a_server_that_nobody_vouches_for_is_told_nothing(certificate: Certificate) -> None:
    with opened(certificate, implicit_tls=True) as office:
        notifier = office.notifier(url=f"smtps://localhost:{office.port}", allow_plain="no")
        with pytest.raises(WorkspaceDown, match="not trusted"):
            notifier.send(message())
        assert office.letters == []


def test_a_server_without_tls_is_not_spoken_to(office: PostOffice) -> None:
    with pytest.raises(WorkspaceDown, match="STARTTLS"):
        office.notifier(allow_plain="no").send(message())
    assert office.letters == []


@pytest.mark.parametrize(
    "options",
    [
        {"url": "https://mail.acme.example"},
        {"url": "smtps://"},
        {"url": "smtps://mail.acme.example:port"},
        {"url": "smtps://[mail"},
        {"url": "smtps://me:geheim@mail.acme.example", "from": "nobody"},
        {"url": "smtps://me:geheim@mail.acme.example", "from": "a@b.c\nBcc: x@y.z"},
        {"url": "smtps://me:gehe\u00efm@mail.acme.example"},
        {"url": "smtp://mail.acme.example", "allow_plain": "true"},
        {"url": "smtp://me:geheim@127.0.0.1", "allow_plain": "true"},
    ],
)
@pytest.mark.security
def test_s28_a_configuration_that_cannot_be_used_is_refused_and_its_password_not_repeated(
    options: dict[str, str],
) -> None:
    whole = {"from": "stalewatch@acme.example", **options}
    with pytest.raises(ConfigurationError) as caught:
        connect(NotifierSettings(options=whole, base=Path(), now=lambda: NOW))
    assert "gehe" not in str(caught.value)
    assert caught.value.cure


def test_a_password_does_not_show() -> None:
    told_of = NotifierSettings(
        options={"url": "smtps://me:geheim@mail.acme.example", "from": "a@acme.example"}, base=Path(), now=lambda: NOW
    )
    notifier = connect(told_of)
    assert "geheim" not in repr(vars(notifier))
    assert (notifier._server.password, notifier._server.port) == ("geheim", 465)


AWKWARD = st.text(st.one_of(st.sampled_from("\r\n\x00:<>@,;.\u2028\u0085\ufeff\ud800"), st.characters()), max_size=80)


@pytest.mark.security
@settings(max_examples=60, deadline=None)
@given(title=AWKWARD, body=AWKWARD, footer=AWKWARD)
def test_s22_no_text_of_a_crm_becomes_a_header(title: str, body: str, footer: str) -> None:
    entry = Entry(record="d", headline=title, body=f"{body}\r\n.\r\nBcc: all@acme.example", note=footer)
    made = letter(
        message(
            title=f"{title}\r\nBcc: all@acme.example", entries=(entry,), footer=(footer,), thread={"message_id": "d0"}
        ),
        sender="stalewatch@acme.example", recipient="sato@acme.example", now=NOW,
    ).as_bytes()  # fmt: skip
    head, _, _ = made.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(
        (b"From", b"To", b"Subject", b"Date", b"Message-ID", b"X-Stalewatch-Delivery", b"Auto-Submitted",
         b"X-Auto-Response-Suppress", b"Content-Language", b"Content-Type", b"MIME-Version", b"In-Reply-To",
         b"References")
    )  # fmt: skip
    assert _framed(made).count(b"\r\n.\r\n") == 1, "only the end ends it"
    assert all(len(line) < 998 for line in made.split(b"\r\n"))


@pytest.mark.security
@given(st.text(st.sampled_from('ab@.,;<>"\\ \r\n\t()é'), max_size=20))
def test_s22_an_address_names_one_mailbox_and_nothing_else(text: str) -> None:
    if is_address(text):
        assert re.fullmatch(r"[^\s,;<>\"\\()@]+@[^\s,;<>\"\\()@]+", text)


@pytest.mark.security
@pytest.mark.parametrize(
    "address", ["a@b.c, d@e.f", "a@b.c>\r\nRCPT TO:<d@e.f", "@b.c", "a@", "a b@c.d", "U012ABC", ""]
)
def test_s22_what_is_no_address_is_nobodys(office: PostOffice, address: str) -> None:
    with pytest.raises(TargetGone):
        office.notifier().send(message(address=f"mailto:{address}"))
    assert office.letters == []


def test_a_line_of_dots_arrives_as_it_was(office: PostOffice) -> None:
    office.notifier().send(message(entries=(Entry(record="d", headline=".", body="..and so on"),), footer=(".",)))
    [arrived] = office.letters
    assert isinstance(arrived, EmailMessage)
    assert parts_of(arrived)[0].splitlines()[-1] == "."
    assert all("..and so on" in part for part in parts_of(arrived))


class Usual(Notifier):
    type = "usual"

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> Any:
        self.messages.append(message)

    def settle(self, delivery: str, address: str, since: Any, thread: Any = None) -> Any:
        raise NotImplementedError


def test_addresses_of_mail_go_by_mail_and_all_others_as_usual(office: PostOffice) -> None:
    usual, mail = Usual(), office.notifier()
    both = ByAddress(usual, mail)
    both.send(message())
    both.send(message("d2", address="sato@acme.example"))
    assert ([one.delivery for one in usual.messages], len(office.letters)) == (["d2"], 1)
    assert (services(both), services(usual)) == ((usual, mail), (usual,))
    assert service_of(both, "mailto:a@b.c") is mail
    assert both.settle("d1", "mailto:a@b.c", NOW).outcome is Outcome.CANNOT_LOOK


# ------------------------------------------------------------------------------------------------ the page


def parts_of(made: EmailMessage) -> tuple[str, str]:
    plain, page = (part.get_content() for part in made.iter_parts())
    return plain, page


def of(**more: Any) -> EmailMessage:
    return letter(message(**more), sender="stalewatch@acme.example", recipient="sato@acme.example", now=NOW)


class Tags(HTMLParser):
    """Every element of a page with its attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


KNOWN_TAGS = {"html", "head", "meta", "title", "style", "body", "div", "h1", "h2", "p", "s", "strong", "span", "a"}


@pytest.mark.security
@settings(max_examples=60, deadline=None)
@given(text=st.one_of(AWKWARD, st.sampled_from([
    "<script>alert(1)</script>", "<img src=https://evil.example/x.gif>", "</style><b>", "javascript:alert(1)",
    "<!--", "]]>", "&#60;b&#62;", "\u202egnp.exe", "x" * 32_000, "\U0001f600" * 4_000, '" onload="x', "*<i>b</i>*",
])))  # fmt: skip
def test_s22_no_text_of_a_crm_becomes_an_element(text: str) -> None:
    entry = Entry(record="d", headline=text, body=text, chips=(text,), note=text, struck=text, section=text, url=text)
    made = of(title=text, entries=(entry,), footer=(text,), url=text, link=text)
    _, page = parts_of(made)
    tags = Tags(page)
    assert {tag for tag, _ in tags.seen} <= KNOWN_TAGS
    assert all(
        set(attributes) <= {"lang", "charset", "name", "content", "class", "href"} for _, attributes in tags.seen
    )
    assert "\u202e" not in page + str(made["Subject"])
    assert len(made.as_bytes()) < 500_000
    assert all(len(line) < 998 for line in made.as_bytes().split(b"\r\n"))


@pytest.mark.security
def test_s22_a_page_fetches_nothing_and_leads_only_where_we_say() -> None:
    entry = Entry(
        record="d", headline="See https://evil.example", body="b", url="https://stalewatch.acme.example/deals/1"
    )
    _, page = parts_of(of(entries=(entry,), url="javascript:alert(1)", link="Open my list"))
    tags = Tags(page)
    assert [attributes["href"] for tag, attributes in tags.seen if tag == "a"] == [
        "https://stalewatch.acme.example/deals/1"
    ]
    assert not re.search(r"url\(|@import|src=|background=", page)


def test_japanese_arrives_as_it_was_written(office: PostOffice) -> None:
    title = "次の一歩が必要な案件が3件あります" * 6
    entry = Entry(
        record="d", headline="ひかり食品 ― 基幹システム更改", body="*ひかり食品*:" + "返信がありません。" * 60
    )
    office.notifier().send(message(title=title, entries=(entry,), language="ja"))
    [arrived] = office.letters
    plain, page = parts_of(arrived)
    assert arrived["Subject"] == title
    assert "返信がありません。" * 60 in plain
    assert "<strong>ひかり食品</strong>:" in page
    assert "ひかり食品 ― 基幹システム更改" in page


def test_a_letter_answers_to_the_one_before(office: PostOffice) -> None:
    first = office.notifier().send(message())
    office.notifier().send(message("d2", thread=dict(first.handle)))
    office.notifier().send(message("d3", thread={"channel": "C1", "ts": "1.1"}))
    office.notifier().send(message("d4", thread={"message_id": "x>\r\nBcc: a@b.c"}))
    ids = [(letter["Message-ID"], letter["In-Reply-To"], letter["References"]) for letter in office.letters]
    assert ids == [
        ("<d1@acme.example>", None, None), ("<d2@acme.example>", "<d1@acme.example>", "<d1@acme.example>"),
        ("<d3@acme.example>", None, None), ("<d4@acme.example>", None, None),
    ]  # fmt: skip


def test_a_letter_that_was_refused_as_it_was_is_plain(office: PostOffice) -> None:
    office.notifier().send(message(plain=True))
    [arrived] = office.letters
    assert arrived.get_content_type() == "text/plain"


def test_a_letter_that_is_sent_again_is_the_same_letter() -> None:
    assert of().as_bytes() == of().as_bytes()
