"""Breaker state shared by all processes through Redis. One script does every step, on Redis' own clock."""

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from serving.breaker import BreakerPolicy, BreakerSnapshot, BreakerState, Report, StoreAway, StoreMaker

KEY_PREFIX = "serving:breaker:"

# A breaker must answer within 100 ms, so a Redis that does not is as good as away.
_TIMEOUT_S = 0.05
_FORGET_AFTER_S = 3600

# Counts live in one hash: fields s<second> and f<second> for the window, the rest by name. Times may go backwards when
# the host's clock is set; so a probe further away than one interval, or a count from the future, is not believed.
_EXCHANGE = """
local key = KEYS[1]
local successes, failures = tonumber(ARGV[1]), tonumber(ARGV[2])
local reason, probe_succeeded, want_probe = ARGV[3], ARGV[4] == '1', ARGV[5] == '1'
local limit_consecutive, window_s, window_calls = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local share, probe_every_s, forget_s = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local time = redis.call('TIME')
local second = tonumber(time[1])
local now = second + tonumber(time[2]) / 1000000

local stored, buckets = {}, {}
local raw = redis.call('HGETALL', key)
for i = 1, #raw, 2 do
  local kind, at = string.match(raw[i], '^([sf])(%d+)$')
  if kind then
    at = tonumber(at)
    if at > second - window_s and at <= second then
      buckets[#buckets + 1] = {kind, raw[i], tonumber(raw[i + 1])}
    else
      redis.call('HDEL', key, raw[i])
    end
  else
    stored[raw[i]] = raw[i + 1]
  end
end
local is_open = stored.opened_at ~= nil
local consecutive = tonumber(stored.consecutive or '0')
local calls, failed = 0, 0

if is_open and probe_succeeded then
  redis.call('DEL', key)
  stored, buckets, is_open, consecutive = {}, {}, false, 0
end
for _, bucket in ipairs(buckets) do
  calls = calls + bucket[3]
  if bucket[1] == 'f' then failed = failed + bucket[3] end
end
if successes > 0 then
  redis.call('HINCRBY', key, 's' .. second, successes)
  consecutive = 0
end
if failures > 0 then redis.call('HINCRBY', key, 'f' .. second, failures) end
calls, failed, consecutive = calls + successes + failures, failed + failures, consecutive + failures
if successes > 0 or failures > 0 then redis.call('HSET', key, 'consecutive', consecutive) end

local granted = 0
if not is_open then
  local often = calls >= window_calls and failed >= calls * share
  if failures > 0 and (consecutive >= limit_consecutive or often) then
    is_open = true
    stored.opened_at, stored.probe_at, stored.reason = now, now + probe_every_s, reason
    redis.call('HSET', key, 'opened_at', string.format('%.6f', now),
      'probe_at', string.format('%.6f', now + probe_every_s), 'reason', reason)
  end
elseif want_probe then
  local wait_s = tonumber(stored.probe_at) - now
  if wait_s <= 0 or wait_s > probe_every_s then
    granted = 1
    stored.probe_at = now + probe_every_s
    redis.call('HSET', key, 'probe_at', string.format('%.6f', stored.probe_at))
  end
end
redis.call('EXPIRE', key, forget_s)
if not is_open then return {0, consecutive, calls, failed, '0', '0', '', 0} end
local open_for_s = math.max(0, now - tonumber(stored.opened_at))
local probe_in_s = math.max(0, math.min(probe_every_s, tonumber(stored.probe_at) - now))
return {1, consecutive, calls, failed, string.format('%.6f', open_for_s), string.format('%.6f', probe_in_s),
  stored.reason or '', granted}
"""


class RedisStore:
    """One breaker's state in Redis."""

    def __init__(self, *, client: "redis.Redis", key: str, policy: BreakerPolicy) -> None:
        self._script = client.register_script(_EXCHANGE)
        self._key = KEY_PREFIX + key
        self._limits = (
            policy.consecutive_failures,
            policy.window_s,
            policy.window_calls,
            policy.window_failed_share,
            policy.probe_every_s,
            _FORGET_AFTER_S,
        )

    def exchange(self, report: Report) -> BreakerSnapshot:
        told = (report.successes, report.failures, report.reason[:200])
        flags = (int(report.probe_succeeded), int(report.want_probe))
        try:
            answer: list[Any] = self._script(keys=[self._key], args=[*told, *flags, *self._limits])
        except redis.RedisError as fault:
            raise StoreAway(str(fault)) from fault
        is_open, consecutive, calls, failures, open_for_s, probe_in_s, reason, granted = answer
        return BreakerSnapshot(
            state=BreakerState.OPEN if is_open else BreakerState.CLOSED,
            consecutive=consecutive,
            calls=calls,
            failures=failures,
            open_for_s=float(open_for_s),
            probe_in_s=float(probe_in_s),
            reason=reason.decode(errors="replace") if isinstance(reason, bytes) else reason,
            probe_granted=bool(granted),
        )


def shared_through(redis_url: str) -> StoreMaker:
    """Stores for `Breakers(shared=…)`. Connects when first used, in whichever process that is."""
    client = redis.Redis.from_url(
        redis_url,
        socket_timeout=_TIMEOUT_S,
        socket_connect_timeout=_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        max_connections=16,
    )
    return lambda key, policy: RedisStore(client=client, key=key, policy=policy)
