import { expect, test } from 'vitest'
import { waitHintMs } from './wait-hint.ts'

const nowMs = Date.parse('2025-06-15T15:06:40Z')

test.each([
  [{ 'retry-after-ms': '1500', 'retry-after': '7' }, '', 1_500],
  [{ 'retry-after': '7' }, '', 7_000],
  [{ 'retry-after': '0.5' }, '', 500],
  [{ 'retry-after': new Date(nowMs + 9_000).toUTCString() }, '', 9_000],
  [{ 'retry-after': new Date(nowMs - 9_000).toUTCString() }, '', 0],
  [{ 'retry-after': 'soon' }, '', undefined],
  [{ 'retry-after': 'soon', 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '2s' }, '', 2_000],
  [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '12ms' }, '', 12],
  [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '2m59.56s' }, '', 179_560],
  [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1h0m0s' }, '', 3_600_000],
  [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '4' }, '', 4_000],
  [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': 'never' }, '', undefined],
  [{ 'x-ratelimit-remaining-requests': '3', 'x-ratelimit-reset-requests': '1s' }, '', undefined],
  [{ 'x-ratelimit-reset-requests': '1s' }, '', undefined],
  [
    { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': '2025-06-15T15:07:00Z' },
    '',
    20_000,
  ],
  [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' }, '', 30_000],
  [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${nowMs / 1_000 + 12}` }, '', 12_000],
  [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${nowMs + 1_234}` }, '', 1_234],
  [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${nowMs - 1_234}` }, '', 0],
  [{ 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '30' }, '', undefined],
  [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '5' }, '', 5_000],
  [{ 'retry-after': '-3' }, '', 0],
  [{ 'retry-after': 'Infinity' }, '', undefined],
  [{ 'retry-after-ms': 'NaN', 'retry-after': '2' }, '', 2_000],
  [{ 'retry-after': '' }, '', undefined],
  [{}, '{"details":[{"retryDelay": "34.07s"}]}', 34_070],
  [{}, '<html>', undefined],
  [{}, '', undefined],
])('%j with the body %j asks for a wait of the right length', (headers, body, expected) => {
  expect(waitHintMs(headers as Record<string, string>, body, nowMs)).toBe(expected)
})
