import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { isMabeamError } from '../errors.ts'
import { secretLimits, systemKeys } from './system-keys.ts'

const secretOf = (length: number, letter = 'q') => letter.repeat(length)
const keysOf = (secret: unknown, more: object = {}) => systemKeys('startNode', 'shop', { secret, ...more } as never)

const refusal = (options: unknown) => {
  try {
    systemKeys('startNode', 'shop', options as never)
  } catch (thrown) {
    return isMabeamError(thrown) ? `${thrown.code} ${thrown.message} ${JSON.stringify(thrown.data)}` : String(thrown)
  }
  return 'no error'
}

describe('systemKeys', () => {
  test('are the same of the same secrets, and others of another secret or system', () => {
    const [one, same] = [keysOf(secretOf(32)), keysOf(secretOf(32))]
    expect(one.ids).toEqual(same.ids)
    expect(one.signing.key.equals(same.signing.key)).toBe(true)
    expect(keysOf(secretOf(32, 'r')).ids).not.toEqual(one.ids)
    expect(systemKeys('test', 'other', { secret: secretOf(32) }).ids).not.toEqual(one.ids)
  })

  test('the first of a list signs, all verify, and one that is said twice counts once', () => {
    const { signing, byId, ids } = keysOf([secretOf(32, 'b'), secretOf(32, 'a'), secretOf(32, 'b')])
    expect(signing.id).toBe(keysOf(secretOf(32, 'b')).signing.id)
    expect([...byId.keys()]).toEqual([signing.id, keysOf(secretOf(32, 'a')).signing.id])
    expect(ids).toEqual([...byId.keys()])
  })

  test('a secret may stand in a variable or a file, one a line', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mabeam-secret-'))
    try {
      const file = join(directory, 'secret')
      await writeFile(file, `${secretOf(32, 'a')}\n${secretOf(32, 'b')}\n\n`)
      process.env.MABEAM_TEST_SECRET = secretOf(32, 'c')
      const of = ['a', 'b', 'c'].map((letter) => keysOf(secretOf(32, letter)).signing.id)
      expect(keysOf([`file:${file}`, 'env:MABEAM_TEST_SECRET']).ids).toEqual(of)
      await writeFile(file, ' \n')
      expect(refusal({ secret: `file:${file}` })).toContain('foundation/secret-missing')
    } finally {
      delete process.env.MABEAM_TEST_SECRET
      await rm(directory, { recursive: true })
    }
    expect(refusal({ secret: 'file:/no/such/secret' })).toMatch(
      /^foundation\/secret-missing startNode: security.secret: expected a secret at file:\/no\/such\/secret, got nothing; /,
    )
    expect(refusal({ secret: 'env:MABEAM_NO_SUCH_SECRET' })).toContain('got nothing; put it there')
  })

  test('take secrets at the limits, and none past them', () => {
    const { charactersMin, charactersMax, secretsMax } = secretLimits
    const many = (n: number) => Array.from({ length: n }, (_, i) => `${secretOf(40)}${i}`)
    expect(keysOf(secretOf(charactersMin)).ids).toHaveLength(1)
    expect(keysOf(secretOf(charactersMax)).ids).toHaveLength(1)
    expect(keysOf(many(secretsMax)).ids).toHaveLength(secretsMax)
    expect(keysOf(secretOf(32), { ageMaxMs: 1_000 }).ageMaxMs).toBe(1_000)
    expect(keysOf(secretOf(32)).ageMaxMs).toBe(300_000)
    const wrong = [
      secretOf(charactersMin - 1),
      secretOf(charactersMax + 1),
      many(secretsMax + 1),
      [],
      '',
      `${secretOf(32)} x`,
      undefined,
      null,
      7,
      {},
      [secretOf(32), 7],
    ]
    for (const secret of wrong) expect(refusal({ secret })).toMatch(/^foundation\/invalid-option/)
    for (const ageMaxMs of [999, Number.NaN, -1, '5']) {
      expect(refusal({ secret: secretOf(32), ageMaxMs })).toMatch(/^foundation\/invalid-option/)
    }
    expect(refusal({ secrets: secretOf(32) })).toContain('did you mean "secret"?')
  })

  test('show a secret neither in errors nor when they are printed', () => {
    const hidden = 'hunter2-hunter2-hunter2-hunter2-hunter2'
    for (const options of [hidden, { secret: `${hidden} x` }, { secret: [hidden, 7] }, { secret: { hidden } }]) {
      expect(refusal(options)).toMatch(/^foundation\/invalid-option/)
      expect(refusal(options)).not.toContain('hunter2')
    }
    expect(inspect(keysOf(hidden), { depth: 9, showHidden: true })).not.toContain('hunter2')
    expect(JSON.stringify({ ...keysOf(hidden) })).not.toContain('hunter2')
  })
})
