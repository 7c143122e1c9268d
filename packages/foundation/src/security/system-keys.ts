/**
 * The keys by which the nodes of a system know each other's messages, made of the secrets they share. The first secret signs, all of
 * them verify, so that a secret is replaced without a stop: add the new one last everywhere, then put it first, then drop the old one.
 */

import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { secretMissing } from '../errors/security-errors.ts'
import { checkOptions, invalidOption, type OptionRule, rule } from '../options.ts'

export interface SecurityOptions {
  /**
   * What all nodes of a system share and nobody else has, of 32 to 1,024 characters without white space (`openssl rand -base64 32`); up
   * to 8 of them, of which the first signs and all verify. `env:NAME` stands for a variable, `file:PATH` for a file; one secret a line
   * in either.
   */
  readonly secret: string | readonly string[]
  /**
   * A message that was signed longer ago, or later, is refused: how long it may be on its way, as while an engine connects again. So
   * long senders are remembered. @default 300_000
   */
  readonly ageMaxMs?: number
}

const securityDefaults = { ageMaxMs: 300_000 } as const satisfies Omit<Required<SecurityOptions>, 'secret'>

/** Limits of secrets. */
export const secretLimits = { secretsMax: 8, charactersMin: 32, charactersMax: 1_024 } as const

/** Both are shown nowhere but as `id`. */
export interface MessageKey {
  /** Tells keys of one system apart on the wire; made of the key, and says nothing of it. */
  readonly id: number
  readonly key: KeyObject
}

export interface SystemKeys {
  readonly signing: MessageKey
  /** All that verify, by id. */
  readonly byId: ReadonlyMap<number, MessageKey>
  /** The one that signs first. */
  readonly ids: readonly number[]
  readonly ageMaxMs: number
}

/** What a secret, or a list of them, must be; what was got is never shown. */
const secretRule: OptionRule = {
  expected: `a secret of at least ${secretLimits.charactersMin} characters, env:NAME or file:PATH, or up to ${secretLimits.secretsMax} of these`,
  test: (value) => {
    const all = Array.isArray(value) ? value : [value]
    return all.length > 0 && all.length <= secretLimits.secretsMax && all.every(isSecretOrPlace)
  },
  optional: false,
}

export const securityRules = { secret: secretRule, ageMaxMs: rule.optional(rule.number(1_000)) } as const

/**
 * The keys of one system; two systems with one secret have different ones.
 *
 * Throws `foundation/invalid-option`, `foundation/unknown-name`, and `foundation/secret-missing` where nothing is at a reference.
 *
 * @example systemKeys('startNode', 'shop', { secret: 'file:/run/secrets/mabeam' })
 */
export function systemKeys(owner: string, system: string, options: SecurityOptions): SystemKeys {
  const refuse = (key: string, expected: string) => invalidOption(owner, key, expected, 'something that is not shown')
  if (typeof options !== 'object' || options === null) throw refuse('security', 'an object with a secret')
  const { secret, ...plain } = options
  checkOptions(`${owner}: security`, plain, { ageMaxMs: securityRules.ageMaxMs, secret: rule.optional(rule.any()) })
  if (!secretRule.test(secret)) throw refuse('security.secret', secretRule.expected)
  const secrets = [secret].flat().flatMap((one) => secretsAt(owner, one))
  const { charactersMin, charactersMax, secretsMax } = secretLimits
  if (secrets.some((one) => one.length < charactersMin || one.length > charactersMax || /\s/.test(one))) {
    throw refuse(
      'security.secret',
      `secrets of ${charactersMin} to ${charactersMax} characters without white space (openssl rand -base64 32)`,
    )
  }
  const distinct = [...new Set(secrets)]
  if (distinct.length > secretsMax) throw refuse('security.secret', `up to ${secretsMax} secrets`)
  const keys = distinct.map((one) => messageKey(system, one))
  return {
    signing: keys[0] as MessageKey,
    byId: new Map(keys.map((one) => [one.id, one])),
    ids: keys.map(({ id }) => id),
    ageMaxMs: plain.ageMaxMs ?? securityDefaults.ageMaxMs,
  }
}

/** RFC 5869: one secret gives keys for each system, and an id that is not part of the key. */
function messageKey(system: string, secret: string): MessageKey {
  const made = Buffer.from(hkdfSync('sha256', secret, system, 'mabeam message key, version 1', 36))
  return { id: made.readUInt32BE(32), key: createSecretKey(made.subarray(0, 32)) }
}

function secretsAt(owner: string, given: string): readonly string[] {
  if (!isPlace(given)) return [given]
  const lines = (readPlace(given) ?? '').split(/[\s,]+/).filter((line) => line !== '')
  if (lines.length === 0) throw secretMissing(owner, given)
  return lines
}

function readPlace(place: string): string | undefined {
  if (place.startsWith('env:')) return process.env[place.slice('env:'.length)]
  try {
    return readFileSync(place.slice('file:'.length), 'utf8')
  } catch {
    return undefined
  }
}

function isPlace(given: string): boolean {
  return /^(env|file):./.test(given)
}

function isSecretOrPlace(given: unknown): boolean {
  return typeof given === 'string' && (isPlace(given) || given.length >= secretLimits.charactersMin)
}
