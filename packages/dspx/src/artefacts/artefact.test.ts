import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { virtualClock } from '@mabeam/foundation/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonicalJson, digestOf } from '../canonical-json.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { defineProgram } from '../programs/program-definition.ts'
import { scriptedModel } from '../testing/index.ts'
import { artefactModule, loadArtefact, saveArtefact } from './artefact.ts'
import { artefactDepthMax } from './artefact-file.ts'
import { artefactState } from './artefact-shape.ts'
import { upgradeArtefact } from './artefact-upgrade.ts'

const define = (text: string, name = 'triage') =>
  defineProgram({ name, predictors: { triage: text }, metric: exactMatch('team') } as never)
const program = define('text -> team: "billing" | "tech"')
const state = {
  settings: { ...program.initialState().settings, demos: 1 },
  predictors: {
    triage: {
      instructions: 'Route it "well".',
      demos: [{ inputs: { text: 'I paid twice' }, outputs: { team: 'billing' } }],
    },
  },
}
const fixture = join(import.meta.dirname, 'artefact-v1.fixture.json')

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-artefact-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('an artefact', () => {
  test('is read back as it was saved, with its module found from where it lies', async () => {
    const path = join(folder, 'deep', 'triage.json')
    const saved = await saveArtefact(path, {
      program,
      state,
      module: join(folder, 'programs', 'triage.ts'),
      study: { id: 's1', seed: 7 },
      measured: { accuracy: 0.9, costUsd: null },
      clock: virtualClock(),
    })
    const loaded = await loadArtefact(path)
    expect(loaded).toEqual(saved)
    expect(loaded).toMatchObject({ createdAt: '2025-06-15T15:06:40.000Z', study: { id: 's1', seed: 7 } })
    expect(loaded.program.module).toBe('../programs/triage.ts')
    expect(artefactModule(path, loaded)).toBe(join(folder, 'programs', 'triage.ts'))
    expect(artefactState(path, loaded, program)).toEqual(state)
    expect(await readdir(join(folder, 'deep'))).toEqual(['triage.json'])
  })

  test('runs: its state binds to the program', async () => {
    const path = join(folder, 'runs.json')
    await saveArtefact(path, { program, state, module: 'triage.ts' })
    const model = scriptedModel(['[[ ## team ## ]]\ntech'])
    const loaded = artefactState(path, await loadArtefact(path), program)
    const { outputs } = await program.bind(loaded, { models: { get: () => model } }).run({ text: 'It is down' })
    expect(outputs).toEqual({ team: 'tech' })
    expect(model.calls[0]?.prompt).toHaveLength(4)
  })

  test('of version 1 can still be read', async () => {
    const artefact = await loadArtefact(fixture)
    expect(artefactState(fixture, artefact, program)).toMatchObject({ settings: { model: 'local/base' } })
    expect(artefact.measured).toEqual({ accuracy: 0.93, ci95: [0.91, 0.95], costUsd: 0.00012 })
  })

  test('of version 2 can still be read, and knows no pools', async () => {
    const old = join(import.meta.dirname, 'artefact-v2.fixture.json')
    const artefact = await loadArtefact(old)
    expect(artefact).toMatchObject({ version: 3, lineage: { teleprompter: 'labeled-few-shot' } })
    expect(artefactState(old, artefact, program).predictors.triage).not.toHaveProperty('nearest')
    const { digest, ...content } = artefact
    expect(digestOf(JSON.parse(JSON.stringify(content)))).toBe(digest)
  })

  test('keeps how many of its demonstrations a question is shown, and refuses a number that is none', async () => {
    const path = join(folder, 'pool.json')
    const pooled = { ...state, predictors: { triage: { ...state.predictors.triage, nearest: 4 } } }
    await saveArtefact(path, { program, state: pooled })
    expect(artefactState(path, await loadArtefact(path), program)).toEqual(pooled)
    const { digest: _, ...content } = JSON.parse(await readFile(path, 'utf8'))
    content.state.predictors.triage.nearest = 0
    await writeFile(path, JSON.stringify({ ...content, digest: digestOf(content) }))
    await expect(loadArtefact(path)).rejects.toThrow('state.predictors.triage.nearest')
  })

  test('is upgraded step by step from the version it has', () => {
    const steps = [(one: object) => ({ ...one, two: true }), (one: object) => ({ ...one, three: 'two' in one })]
    expect(upgradeArtefact({ version: 1 }, 1, steps)).toEqual({ version: 3, two: true, three: true })
    expect(upgradeArtefact({ version: 2 }, 2, steps)).toEqual({ version: 3, three: false })
    expect(upgradeArtefact({ version: 3 }, 3, steps)).toEqual({ version: 3 })
  })
})

describe('loadArtefact refuses', () => {
  const change = async (name: string, edit: (artefact: Record<string, never>) => unknown) => {
    const path = join(folder, name)
    const artefact = JSON.parse(await readFile(fixture, 'utf8')) as Record<string, never>
    const edited = edit(artefact)
    await writeFile(path, typeof edited === 'string' ? edited : JSON.stringify(edited))
    return path
  }
  const sealed = ({ digest: _, ...content }: Record<string, never>) => ({ ...content, digest: digestOf(content) })

  test.each([
    ['a missing file', undefined, 'dspx/artefact-unreadable', 'expected an artefact, got no such file; check the path'],
    [
      'what is no JSON',
      () => '{"format":',
      'dspx/artefact-invalid',
      'expected JSON of a tuned program, got text that is no JSON at line 1, column 11 (expected a value, got the end of the file); restore the file or name another',
    ],
    [
      'what was merged and not mended',
      () => '{\n<<<<<<< ours\n"format": 1}',
      'dspx/artefact-invalid',
      'at line 2, column 1 (expected a key in double quotes, got "<")',
    ],
    ['an empty file', () => '', 'dspx/artefact-invalid', 'expected JSON of a tuned program, got an empty file'],
    ['what is no object', () => '[1]', 'dspx/artefact-invalid', 'an object of a tuned program'],
    [
      'other JSON',
      () => ({ name: 'x' }),
      'dspx/artefact-invalid',
      'format "mabeam-program" of a tuned program, got nothing',
    ],
    ['no version', (a: object) => ({ ...a, version: 'one' }), 'dspx/artefact-invalid', 'a version number, got "one"'],
    ['a newer version', (a: object) => ({ ...a, version: 4 }), 'dspx/artefact-version', 'version 3 or older; update'],
    [
      'a change by hand',
      (a: object) => ({ ...a, createdAt: 'then', digest: 'sha256:0' }),
      'dspx/artefact-digest',
      'a file as it was saved, got one that was changed since (its digest says "sha256:0"); restore it or tune again',
    ],
    ['no digest', (a: object) => ({ ...a, digest: undefined }), 'dspx/artefact-digest', 'got one without its digest'],
    [
      'a damaged state that was sealed again',
      (a: Record<string, never>) =>
        sealed({ ...a, state: { settings: {}, predictors: { triage: { demos: [] } } } as never }),
      'dspx/artefact-invalid',
      'state.predictors.triage.instructions',
    ],
  ])('%s', async (name, edit, code, sentence) => {
    const path = edit ? await change(`${name}.json`, edit as never) : join(folder, 'nowhere.json')
    await expect(loadArtefact(path)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`${path}: expected`),
    })
    await expect(loadArtefact(path)).rejects.toThrow(sentence)
  })
})

test('loadArtefact refuses a folder', async () => {
  const sentence = `${folder}: expected an artefact, got a folder; name a file`
  await expect(loadArtefact(folder)).rejects.toMatchObject({ code: 'dspx/artefact-unreadable', message: sentence })
})

describe('artefactState refuses', () => {
  test.each([
    ['another program', define('text -> team: "billing" | "tech"', 'other'), 'program other'],
    ['a value more', define('text -> team: "billing" | "tech" | "sales"'), 'another field triage.team'],
    ['an input less', define('message -> team: "billing" | "tech"'), 'another field triage.text'],
    ['an output more', define('text -> team: "billing" | "tech", urgent: boolean'), 'another field triage.urgent'],
    [
      'another predictor',
      defineProgram({ name: 'triage', predictors: { route: 'text -> team' }, metric: exactMatch('team') }),
      'no predictor triage',
    ],
  ])('%s', async (_, changed, sentence) => {
    const artefact = await loadArtefact(fixture)
    expect(() => artefactState(fixture, artefact, changed)).toThrow(
      expect.objectContaining({ code: 'dspx/artefact-program', message: expect.stringContaining(sentence) }),
    )
  })
})

test('saveArtefact says what is in its way and leaves nothing behind', async () => {
  const path = join(folder, 'taken')
  await writeFile(path, '')
  const save = saveArtefact(join(path, 'triage.json'), { program, state, module: 'triage.ts' })
  await expect(save).rejects.toMatchObject({
    code: 'dspx/artefact-unwritable',
    message: `${path}/triage.json: expected a place to write an artefact to, got a file where a folder has to be; check the path`,
  })
  expect(await readFile(path, 'utf8')).toBe('')
})

test('of many that save to one place at once each writes a whole file, and nothing is left beside it', async () => {
  const path = join(folder, 'at-once', 'triage.json')
  const one = state.predictors.triage
  const sizes = Array.from({ length: 8 }, (_, i) => i * 50_000)
  const saved = sizes.map((size) => {
    const triage = { ...one, instructions: 'x'.repeat(size) }
    return saveArtefact(path, { program, state: { ...state, predictors: { triage } } })
  })
  const digests = (await Promise.all(saved)).map(({ digest }) => digest)
  expect(digests).toContain((await loadArtefact(path)).digest)
  expect(await readdir(join(folder, 'at-once'))).toEqual(['triage.json'])
})

describe('saveArtefact refuses what could not be read again:', () => {
  const circular: { self?: unknown } = {}
  circular.self = circular
  const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
  test.each([
    ['bytes', { measured: new Uint8Array(3) }, 'what JSON can say'],
    ['circles', { measured: circular }, 'what JSON can say'],
    ['nesting without end', { measured: nested(10_000) }, 'what JSON can say'],
    ['a number that is none', { state: { ...state, settings: { temperature: Number.NaN } } }, 'state.settings'],
    [
      'a misspelt part of a state',
      { state: { ...state, predictors: { triage: { ...state.predictors.triage, nearst: 1 } } } },
      'state.predictors.triage of',
    ],
    ['another state', { state: { settings: {}, predictors: { triage: {} } } }, 'state.predictors.triage.instructions'],
  ])('%s', async (name, wrong, sentence) => {
    const path = join(folder, `${name}.json`)
    const saving = saveArtefact(path, { program, state, ...(wrong as object) })
    await expect(saving).rejects.toMatchObject({ code: 'dspx/artefact-unwritable' })
    await expect(saving).rejects.toThrow(`${path}: expected ${sentence}`)
    expect(await readdir(folder)).not.toContain(`${name}.json`)
  })
})

test('JSON is read as deep as it may be nested and no deeper, whatever its digest says', async () => {
  const path = join(folder, 'nested.json')
  const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
  await saveArtefact(path, { program, state, measured: nested(artefactDepthMax - 1) })
  expect(await loadArtefact(path)).toHaveProperty('measured')
  for (const depth of [artefactDepthMax, 100_000]) {
    await writeFile(path, `{"format":"mabeam-program","measured":${'['.repeat(depth)}${']'.repeat(depth)}}`)
    await expect(loadArtefact(path)).rejects.toMatchObject({ code: 'dspx/artefact-invalid' })
    await expect(loadArtefact(path)).rejects.toThrow(`JSON at most ${artefactDepthMax} levels deep`)
  }
})

test('canonical JSON is the same for the same value and reads back', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value = JSON.parse(text)
      const canonical = canonicalJson(value)
      expect(JSON.parse(canonical)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(canonicalJson(JSON.parse(canonical))).toBe(canonical)
    }),
  )
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: 0.5 })).toBe('{"a":0.5,"b":[1,{"c":"x","d":null}]}')
})
