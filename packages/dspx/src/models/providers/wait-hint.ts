/** How long a provider asks to be left alone: each says it in its own words. */

/**
 * The wait a provider asks for, in milliseconds, from the first of: `retry-after-ms`; `retry-after` in seconds or as a date;
 * the reset of the limits of which nothing remains (`x-ratelimit-reset-…` as a duration such as `1m30.5s`, as OpenAI and Groq
 * write it; `anthropic-ratelimit-…-reset` as a time; `x-ratelimit-reset` or `ratelimit-reset` alone, in seconds or as the time of a
 * clock in seconds or milliseconds, as proxies write it); Google's `RetryInfo` in the body.
 *
 * Ensures: 0 or more; `undefined` where nothing that can be understood is said.
 */
export function waitHintMs(
  headers: { readonly [name: string]: string },
  body: string,
  nowMs: number,
): number | undefined {
  const inMs = headers['retry-after-ms'] ? Number(headers['retry-after-ms']) : Number.NaN
  if (Number.isFinite(inMs)) return Math.max(0, inMs)
  const given = headers['retry-after']
  if (given) {
    const seconds = Number(given)
    const waitMs = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(given) - nowMs
    if (Number.isFinite(waitMs)) return Math.max(0, waitMs)
  }
  return resetMs(headers, nowMs) ?? retryInfoMs(body)
}

/** The longest reset of a limit that is used up. */
function resetMs(headers: { readonly [name: string]: string }, nowMs: number): number | undefined {
  let longestMs: number | undefined
  for (const [name, value] of Object.entries(headers)) {
    const found = /^(x-|anthropic-)?ratelimit-(?:reset(-.+)?|(.+)-reset)$/.exec(name)
    if (found === null) continue
    const [, family = '', after = '', before] = found
    const remaining = before ? `${family}ratelimit-${before}-remaining` : `${family}ratelimit-remaining${after}`
    if (headers[remaining] !== '0') continue
    const waitMs = durationMs(value, nowMs) ?? Date.parse(value) - nowMs
    if (Number.isFinite(waitMs)) longestMs = Math.max(longestMs ?? 0, waitMs)
  }
  return longestMs
}

/** September 2001: no wait is so many seconds. */
const epochSec = 1e9

const unitMs: { readonly [unit: string]: number } = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }

/** `6m0s`, `1.5s`, `12ms`; a bare number is seconds, or where it is as great as that, the time of a clock. */
function durationMs(text: string, nowMs: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) {
    const given = Number(text)
    if (given >= epochSec * 1_000) return given - nowMs
    return given >= epochSec ? given * 1_000 - nowMs : given * 1_000
  }
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(text)) return undefined
  let sumMs = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)) {
    sumMs += Number(amount) * (unitMs[unit ?? ''] ?? 0)
  }
  return sumMs
}

/** `"retryDelay": "34.07s"` of `google.rpc.RetryInfo`. */
function retryInfoMs(body: string): number | undefined {
  const found = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(body)
  return found ? Number(found[1]) * 1_000 : undefined
}
