"""The login: asks for a token, and keeps the refresh token that came in the place of the one it used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from stalewatch.sdk.network import is_sendable
from stalewatch.sdk.vault import RefreshToken, Vault
from stalewatch_salesforce import auth as logins
from stalewatch_salesforce.auth import TOKEN_PATH, Token, TokenAnswer
from stalewatch_salesforce.errors import Broken, Fault, Next
from stalewatch_salesforce.options import REFRESH, Options

if TYPE_CHECKING:
    from stalewatch_salesforce.transport import Transport


class Login:
    """Logs one connection in. `Session` sees to it that one thread at a time does."""

    def __init__(self, options: Options, vault: Vault, transport: Transport) -> None:
        """Prepare; nothing is called yet.

        Raises:
            ConfigurationError: what replaces the refresh token would have nowhere to be kept.
        """
        self._auth, self._hosts, self._transport = options.auth, options.hosts, transport
        self._refresh = RefreshToken(vault, options.auth.refresh_token)
        if self._is_refreshing:
            self._refresh.check()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown to anybody."""
        return (self._auth.client_secret, *self._refresh.known)

    def token(self, number: int) -> Token:
        """A new token, which gets this number.

        A refresh token is used by one process at a time: Salesforce takes its second use for theft, and revokes
        everything.

        Raises:
            TryLater: it does not answer, or the new refresh token could not be kept.
            NeedsReconnect: it refuses.
        """
        if not self._is_refreshing:
            return self._heard(self._granted(number, ""))
        with self._refresh.alone():
            return self._heard(self._granted(number, self._refresh.read()))

    @property
    def _is_refreshing(self) -> bool:
        return self._auth.flow == REFRESH

    def _heard(self, token: Token) -> Token:
        """Begin with what other workers have heard of this org's quota."""
        told, quota = self._transport.pacer.quota(token.account), self._transport.quota
        if told is not None and not quota.usages:
            quota.take(told.usages)
        return token

    def _granted(self, number: int, refresh_token: str) -> Token:
        """Log in, once more if only the clocks differed, or if somebody replaced the refresh token all the same."""
        wire = self._transport
        limit, is_corrected = wire.deadline(), False
        for pause in (*wire.pace.pauses, None):
            try:
                return self._asked(number, limit, refresh_token)
            except Broken as broken:
                fault = broken.fault
            if fault.next in (Next.RETRY, Next.CALM):
                wire.wait(pause, limit, fault)
            elif refresh_token and (newer := self._newer(refresh_token, fault)):
                refresh_token = newer
            elif not refresh_token and logins.is_about_time(fault.message) and not is_corrected:
                is_corrected = True  # the refusal's Date header has told the server's time by now
            else:
                raise logins.refused(fault.code, fault.message)
        raise logins.refused(fault.code, fault.message)

    def _newer(self, used: str, fault: Fault) -> str | None:
        """What is in the vault by now, if a refused refresh token is not it any more."""
        known = self._refresh.read() if fault.code == "invalid_grant" else used
        return None if known == used else known

    def _asked(self, number: int, limit: float, refresh_token: str) -> Token:
        base = self._hosts.check(self._auth.login_url, "login_url")
        self._transport.calls["token"] += 1
        form = logins.form(self._auth, self._transport.server_now().timestamp(), refresh_token)
        reply = self._transport.post(base + TOKEN_PATH, form, limit)
        try:
            answer = msgspec.json.decode(reply.body, type=TokenAnswer)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Broken(Fault(Next.RETRY, reply.status, "", "half a token")) from error
        if refresh_token:
            self._refresh.keep(answer.refresh_token)  # before anything is done with the access token beside it
        if not is_sendable(answer.access_token):
            raise Broken(Fault(Next.RETRY, reply.status, "", "a token that is none"))
        return answer.token(self._hosts.check(answer.instance_url, "the instance_url of a login"), number)
