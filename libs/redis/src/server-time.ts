/** Seconds by which the clock of a process may differ from that of Redis, and two of them in opposite directions by half of it. */
export const CLOCK_SKEW = 120;

/** Lua: `now` in seconds and `micros`, on the clock of Redis. */
export const SERVER_TIME = `local time = redis.call('TIME')
local now = tonumber(time[1])
local micros = now * 1000000 + tonumber(time[2])`;
