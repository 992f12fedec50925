"""What a failed HTTP call to a provider means for the part that it carried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from bot.errors import Retry, Uncertain


@contextmanager
def provider_call() -> Iterator[None]:
    """Turn transport errors into Retry while nothing has left, and into Uncertain afterwards.

    The messages hold the class of the error only: an address may hold a token.
    """
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        raise Retry(type(error).__name__) from None
    except httpx.TransportError as error:
        raise Uncertain(type(error).__name__) from None
