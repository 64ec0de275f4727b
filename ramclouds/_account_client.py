"""The methods of both clients about the account: models, prices, the key, and what is left."""

from __future__ import annotations

import time
from functools import partial

from ramclouds._account import Balance, GatewayStatus
from ramclouds._attempts import Attempts
from ramclouds._base_client import BaseClient
from ramclouds._complete import account_value_from, models_in
from ramclouds._exchange import AsyncExchange, Exchange
from ramclouds._failures.model_names import remember_models
from ramclouds._failures.retry import server_time
from ramclouds._fitting import remember_channels
from ramclouds._prices.known import remember_prices, remembered_prices
from ramclouds._prices.price import Prices
from ramclouds._settings import TimeoutSetting
from ramclouds._wire.account import (
    BILLING_LIMIT,
    BILLING_USED,
    KEY_STATUS,
    STATUS,
    balance_of_key,
    balance_of_user,
    to_billed,
    to_gateway_status,
    to_key_status,
)
from ramclouds._wire.prices import to_prices
from ramclouds.types import KeyStatus, Model

_PRICES = "/api/pricing"


class AccountRequests(BaseClient):
    """What is asked about the account, and the values of its responses."""

    def _models_attempts(self, timeout: TimeoutSetting | None) -> Attempts:
        return self._attempts(self._request("GET", "/models", timeout, {}))

    def _root_attempts(self, path: str, timeout: TimeoutSetting | None) -> Attempts:
        """A request below the gateway's root, where `/v1` is a folder."""
        request = self._request("GET", "", timeout, {})
        request.url = self._settings.base_url.removesuffix("/v1") + path
        return self._attempts(request)

    def _prices_attempts(self, timeout: TimeoutSetting | None) -> Attempts:
        attempts = self._root_attempts(_PRICES, timeout)
        # It needs no key. If it asks for a login, the key of a model does not help.
        headers = attempts.request.headers = attempts.request.headers.copy()
        headers.pop("authorization", None)
        return attempts

    def _to_models(self, attempts: Attempts) -> list[Model]:
        models = account_value_from(attempts.head(), attempts.body, models_in)
        remember_models(self._settings.base_url, (model.id for model in models))
        remember_channels(self._settings.base_url, models)
        return models

    def _to_key_status(self, attempts: Attempts) -> KeyStatus:
        head = attempts.head()
        to_value = partial(to_key_status, now=server_time(head.headers.get("date")))
        return account_value_from(head, attempts.body, to_value)

    def _to_gateway_status(self, attempts: Attempts) -> GatewayStatus:
        return account_value_from(attempts.head(), attempts.body, to_gateway_status)

    def _to_billed(self, attempts: Attempts) -> float:
        return account_value_from(attempts.head(), attempts.body, to_billed)

    def _to_prices(self, attempts: Attempts, *, group: str | None) -> Prices:
        to_value = partial(to_prices, group=group)
        prices = account_value_from(attempts.head(), attempts.body, to_value)
        remember_prices(self._settings.base_url, prices, time.monotonic())
        return prices

    def _known_prices(self, group: str | None, max_age: float) -> Prices | None:
        return remembered_prices(self._settings.base_url, group, max_age, time.monotonic())


class AccountClient(AccountRequests, Exchange):
    """The methods of `Client` about the account."""

    def models(self, *, timeout: TimeoutSetting | None = None) -> list[Model]:
        """The models that this key may use, in the gateway's order.

        Raises:
            RamCloudsError: see `ramclouds.errors`.
        """
        return self._ask(self._models_attempts(timeout), self._to_models)

    def prices(
        self,
        *,
        group: str | None = None,
        max_age: float = 3600.0,
        timeout: TimeoutSetting | None = None,
    ) -> Prices:
        """The gateway's own prices, which `usage.cost` goes by from then on.

        `group` is the group of the key, where it is not the usual one; its factor is in the prices.
        All clients of one gateway share them; it is asked again after `max_age` seconds.

        Raises:
            AuthenticationError, PermissionDeniedError, NotFoundError: it shows no prices.
            ConfigurationError: it shows no such group.
            RamCloudsError: see `ramclouds.errors`.
        """
        known = self._known_prices(group, max_age)
        if known is not None:
            return known
        to_value = partial(self._to_prices, group=group)
        return self._ask(self._prices_attempts(timeout), to_value)

    def key_status(self, *, timeout: TimeoutSetting | None = None) -> KeyStatus:
        """What the gateway says about this key, its quota and expiry, even if it is spent.

        Raises:
            AuthenticationError: the key is unknown or disabled.
            RamCloudsError: see `ramclouds.errors`.
        """
        return self._ask(self._root_attempts(KEY_STATUS, timeout), self._to_key_status)

    def gateway_status(self, *, timeout: TimeoutSetting | None = None) -> GatewayStatus:
        """What the gateway says about itself: its version, and the unit of amounts.

        Raises:
            RamCloudsError: see `ramclouds.errors`.
        """
        return self._ask(self._root_attempts(STATUS, timeout), self._to_gateway_status)

    def balance(self, *, timeout: TimeoutSetting | None = None) -> Balance:
        """What is left to spend with this key, in the unit that the operator shows.

        It is the quota of the key, or, where the key has none, the credit of its user, as far as
        the operator shows it.

        Raises:
            AuthenticationError: the key is unknown or disabled.
            RamCloudsError: see `ramclouds.errors`.
        """
        gateway = self.gateway_status(timeout=timeout)
        key = self.key_status(timeout=timeout)
        if not key.is_unlimited:
            return balance_of_key(key, gateway)
        limit = self._ask(self._root_attempts(BILLING_LIMIT, timeout), self._to_billed)
        used = self._ask(self._root_attempts(BILLING_USED, timeout), self._to_billed)
        return balance_of_user(key, gateway, limit, used)


class AsyncAccountClient(AccountRequests, AsyncExchange):
    """The methods of `AsyncClient` about the account."""

    async def models(self, *, timeout: TimeoutSetting | None = None) -> list[Model]:
        """The models that this key may use, in the gateway's order.

        Raises:
            RamCloudsError: see `ramclouds.errors`.
        """
        return await self._ask(self._models_attempts(timeout), self._to_models)

    async def prices(
        self,
        *,
        group: str | None = None,
        max_age: float = 3600.0,
        timeout: TimeoutSetting | None = None,
    ) -> Prices:
        """The gateway's own prices, which `usage.cost` goes by from then on.

        `group` is the group of the key, where it is not the usual one; its factor is in the prices.
        All clients of one gateway share them; it is asked again after `max_age` seconds.

        Raises:
            AuthenticationError, PermissionDeniedError, NotFoundError: it shows no prices.
            ConfigurationError: it shows no such group.
            RamCloudsError: see `ramclouds.errors`.
        """
        known = self._known_prices(group, max_age)
        if known is not None:
            return known
        to_value = partial(self._to_prices, group=group)
        return await self._ask(self._prices_attempts(timeout), to_value)

    async def key_status(self, *, timeout: TimeoutSetting | None = None) -> KeyStatus:
        """What the gateway says about this key, its quota and expiry, even if it is spent.

        Raises:
            AuthenticationError: the key is unknown or disabled.
            RamCloudsError: see `ramclouds.errors`.
        """
        return await self._ask(self._root_attempts(KEY_STATUS, timeout), self._to_key_status)

    async def gateway_status(self, *, timeout: TimeoutSetting | None = None) -> GatewayStatus:
        """What the gateway says about itself: its version, and the unit of amounts.

        Raises:
            RamCloudsError: see `ramclouds.errors`.
        """
        return await self._ask(self._root_attempts(STATUS, timeout), self._to_gateway_status)

    async def balance(self, *, timeout: TimeoutSetting | None = None) -> Balance:
        """What is left to spend with this key, in the unit that the operator shows.

        It is the quota of the key, or, where the key has none, the credit of its user, as far as
        the operator shows it.

        Raises:
            AuthenticationError: the key is unknown or disabled.
            RamCloudsError: see `ramclouds.errors`.
        """
        gateway = await self.gateway_status(timeout=timeout)
        key = await self.key_status(timeout=timeout)
        if not key.is_unlimited:
            return balance_of_key(key, gateway)
        limit = await self._ask(self._root_attempts(BILLING_LIMIT, timeout), self._to_billed)
        used = await self._ask(self._root_attempts(BILLING_USED, timeout), self._to_billed)
        return balance_of_user(key, gateway, limit, used)
