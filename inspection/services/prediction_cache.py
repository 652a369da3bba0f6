"""Answers for pixels already seen by the same model under the same recipe. Redis away is a miss, never an error."""

import hashlib
from functools import lru_cache
from typing import Any

import redis
import structlog
from django.conf import settings

from domain.detection.types import Detections
from inspection import pipeline

logger = structlog.get_logger(__name__)
_HITS, _MISSES = "prediction:hits", "prediction:misses"


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.3)


def key_of(
    *, pixel_sha256: str, preprocessing_sha256: str, model_sha256: str, model_version_id: int, recipe_version_id: int
) -> str:
    """What decides an answer: the pixels, what is done to them, the model with its description, recipe and code."""
    decided_by = (pixel_sha256, preprocessing_sha256, model_sha256, model_version_id, recipe_version_id)
    text = " ".join([*map(str, decided_by), settings.CODE_VERSION])
    return "prediction:" + hashlib.sha256(text.encode()).hexdigest()


def recall(key: str) -> Detections | None:
    """The findings kept under a key, or None."""
    if not settings.PREDICTION_CACHE_TTL_S:
        return None
    try:
        packed: Any = _redis().get(key)
        _redis().incr(_HITS if packed else _MISSES)
        return pipeline.unpack(packed) if packed else None
    except (redis.RedisError, ValueError) as fault:
        logger.warning("prediction_cache_failed", error=type(fault).__name__)
        return None


def remember(key: str, findings: Detections) -> None:
    if not settings.PREDICTION_CACHE_TTL_S:
        return
    try:
        _redis().set(key, pipeline.pack(findings), ex=settings.PREDICTION_CACHE_TTL_S)
    except redis.RedisError as fault:
        logger.warning("prediction_cache_failed", error=type(fault).__name__)


def statistics() -> dict[str, Any]:
    """Hits, misses and their ratio since Redis was started; None where Redis does not answer."""
    try:
        hits, misses = (int(value or 0) for value in _redis().mget(_HITS, _MISSES))
    except redis.RedisError:
        return {"hits": None, "misses": None, "ratio": None}
    return {"hits": hits, "misses": misses, "ratio": round(hits / (hits + misses), 4) if hits + misses else None}
