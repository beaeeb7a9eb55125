"""Redis as a cache that may be away."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def unless_away(otherwise: Callable[..., Any]) -> Callable:
    """Ask the method of RedisCache of the same name; where the server does not answer, `otherwise` does."""
    ask = getattr(RedisCache, otherwise.__name__)

    @wraps(ask)
    def method(self, *given, **named):
        try:
            return ask(self, *given, **named)
        except (RedisError, OSError) as error:
            log.warning("the cache did not answer: %s", error)
            return otherwise(self, *given, **named)

    return method


class PatientRedisCache(RedisCache):
    """No page and no act fails because the cache does: nothing is found then, and nothing kept.

    `add` says that it kept nothing. Whatever may be used once only (a proof of work) is therefore refused for as
    long as nobody can tell whether it was used.
    """

    @unless_away
    def get(self, key, default=None, version=None):
        return default

    @unless_away
    def get_many(self, keys, version=None):
        return {}

    @unless_away
    def has_key(self, key, version=None):
        return False

    @unless_away
    def add(self, key, value, *given, **named):
        return False

    @unless_away
    def set(self, key, value, *given, **named):
        return None

    @unless_away
    def set_many(self, data, *given, **named):
        return list(data)

    @unless_away
    def touch(self, key, *given, **named):
        return False

    @unless_away
    def incr(self, key, delta=1, version=None):
        raise ValueError(f"Key '{key}' not found")

    @unless_away
    def delete(self, key, version=None):
        return False

    @unless_away
    def delete_many(self, keys, version=None):
        return None
