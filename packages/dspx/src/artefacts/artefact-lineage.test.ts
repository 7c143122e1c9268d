import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { virtualClock } from '@mabeam/foundation/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../canonical-json.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { chainOfThought, predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { loadProgram } from '../programs/saved-program.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { optimize } from '../tuning/optimize.ts'
import { labeledFewShot } from '../tuning/teleprompters/labeled-few-shot.ts'
import { type Artefact, loadArtefact, saveArtefact } from './artefact.ts'
import { diffArtefacts } from './artefact-diff.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-lineage-'))
})
afterAll(() => rm(folder, { recursive: true }))

class Two extends Program {
  first = predict('text -> hint')
  second = chainOfThought('text, hint -> team: "a" | "b"')
  async forward({ text }: { text: string }) {
    const { hint } = await this.first.run({ text })
    return await this.second.run({ text, hint })
  }
}

const clock = virtualClock()
const two = new Two()
const told = (settings: object, instructions: string, demos: string[] = []) => {
  const { predictors } = two.state()
  const first = { instructions, demos: demos.map((hint) => ({ inputs: { text: 't' }, outputs: { hint } })) }
  return two.compile({ settings: settings as never, predictors: { ...predictors, first } })
}
async function saved(name: string, program: Program): Promise<Artefact> {
  const path = join(folder, `${name}.json`)
  await program.save(path, { clock })
  return await loadArtefact(path)
}

describe('diffArtefacts', () => {
  test('names settings, instructions and demonstrations that changed, and says so in words', async () => {
    const a = await saved('a', told({ temperature: 0, adapter: 'chat' }, 'old', ['x', 'y']))
    const b = await saved('b', told({ temperature: 0.5, 'first.model': 'm' }, 'new', ['y', 'x', 'z']))
    const diff = diffArtefacts(a, b)
    expect(diff).toMatchObject({
      same: false,
      isChild: false,
      settings: [
        { name: 'adapter', before: 'chat' },
        { name: 'first.model', after: 'm' },
        { name: 'temperature', before: 0, after: 0.5 },
      ],
      predictors: [
        {
          predictor: 'first',
          presence: 'both',
          instructions: { before: 'old', after: 'new' },
          demosAdded: [{ outputs: { hint: 'z' } }],
          demosRemoved: [],
          demosMoved: true,
        },
      ],
    })
    expect(diff.text).toBe(
      'adapter: "chat" then, nothing now\nfirst.model: nothing then, "m" now\ntemperature: 0 then, 0.5 now\nfirst: instructions rewritten\n- old\n+ new\nfirst: demonstrations: 1 added, others in another order',
    )
    expect(diffArtefacts(a, a)).toMatchObject({ same: true, settings: [], predictors: [], text: 'both run alike' })
    expect(diffArtefacts(b, a).predictors[0]?.demosRemoved).toHaveLength(1)
  })

  test('refuses what is no artefact, however deep in it', async () => {
    const whole = await saved('whole', told({}, 'x'))
    for (const wrong of [
      null,
      {},
      { ...whole, program: { name: 'x', predictors: { first: 5 } } },
      { ...whole, state: { settings: {}, predictors: { first: null } } },
    ]) {
      const refused = expect.objectContaining({ code: 'foundation/invalid-option' })
      expect(() => diffArtefacts(whole, wrong as never)).toThrow(refused)
      expect(() => diffArtefacts(wrong as never, whole)).toThrow(refused)
    }
  })

  test('says how many of a pool are shown', async () => {
    const state = (nearest?: number) => {
      const { first, second } = told({}, 'x', ['a', 'b']).state().predictors
      const one = { ...(first as NonNullable<typeof first>), ...(nearest !== undefined && { nearest }) }
      return two.compile({ predictors: { first: one, ...(second && { second }) } })
    }
    const diff = diffArtefacts(await saved('all', state()), await saved('near', state(2)))
    expect(diff).toMatchObject({
      same: false,
      predictors: [{ nearest: { before: null, after: 2 }, demosMoved: false }],
    })
    expect(diff.text).toBe('first: demonstrations: all shown then, the 2 nearest now')
  })

  test('names a field whose type is another, and predictors that are gone', async () => {
    const one = (text: string) => saved(text.replaceAll(/\W/g, ''), predict(text))
    const diff = diffArtefacts(await one('mail -> score: int(1..5)'), await one('mail -> score: int(1..10)'))
    expect(diff.predictors).toMatchObject([{ predictor: 'predict', field: expect.stringContaining('score (') }])
    const other = diffArtefacts(await one('mail -> score: int(1..5)'), await saved('two', two))
    expect(other.predictors.map(({ predictor, presence }) => [predictor, presence])).toEqual([
      ['predict', 'removed'],
      ['first', 'added'],
      ['second', 'added'],
    ])
  })
})

describe('a saved program', () => {
  test('is refused where the type of a field has changed, by its name', async () => {
    const path = join(folder, 'ranged.json')
    await predict('mail -> score: int(1..5)').save(path)
    await expect(loadProgram(predict('mail -> score: int(1..10)'), path)).rejects.toMatchObject({
      code: 'dspx/artefact-program',
      message: expect.stringContaining('another field predict.score ('),
    })
    await expect(loadProgram(predict('mail -> tags: string[]'), path)).rejects.toThrow('predict.score')
    await expect(loadProgram(predict('mail -> score: int(1..5)'), path)).resolves.toBeDefined()
  })

  test('of version 1 has no lineage and no types, and is loaded all the same', async () => {
    const artefact = await loadArtefact(join(import.meta.dirname, 'artefact-v1.fixture.json'))
    expect(artefact).toMatchObject({ version: 3, lineage: { steps: [] } })
    const { digest, ...content } = artefact
    expect(digestOf(JSON.parse(JSON.stringify(content)))).toBe(digest)
  })

  test('says what it was tuned from, by what and how, over loading and tuning again', async () => {
    const lm = scriptedModel(({ prompt }) => {
      const odd = Number(/row (\d+);/.exec(messageText(prompt.at(-1)))?.[1]) % 2 === 1
      return `[[ ## team ## ]]\n${odd && prompt.some(({ role }) => role === 'assistant') ? 'b' : 'a'}`
    })
    const row = (i: number) => ({ id: `r${i}`, inputs: { text: `row ${i};` }, outputs: { team: i % 2 ? 'b' : 'a' } })
    const options = {
      train: [0, 1, 2, 3].map(row),
      val: [4, 5, 6, 7].map(row),
      metric: exactMatch('team'),
      lm,
      tune: { demos: 4 },
    }
    const start = join(folder, 'start.json')
    const program = predict('text -> team: "a" | "b"')
    await program.save(start)
    const loaded = await loadProgram(program, start)
    const { best } = await optimize(loaded, { ...options, teleprompter: labeledFewShot({ demos: 2 }) })
    const tuned = await saved('tuned', best)
    const before = await loadArtefact(start)
    expect(tuned.lineage).toMatchObject({
      parent: before.digest,
      teleprompter: 'labeled-few-shot',
      steps: [
        { candidate: 0, how: 'the program as given', mean: 0.5, rows: 4 },
        { candidate: 1, how: 'labeled-few-shot: candidate labeled-2', mean: 1, rows: 4 },
      ],
    })
    expect(tuned.measured).toMatchObject({ values: { accuracy: 1 }, given: { accuracy: 0.5 }, verdict: 'tie' })
    expect(tuned.study).toEqual({ id: 'predict labeled-few-shot', seed: 0 })
    expect(diffArtefacts(before, tuned)).toMatchObject({ isChild: true, same: false })
    expect((await saved('changed', best.compile({ settings: { temperature: 0.1 } }))).lineage).toEqual({ steps: [] })
  })
})

describe('a signed artefact', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const stranger = generateKeyPairSync('ed25519')
  const content = { program: { name: 'p', predictors: {} }, state: { settings: {}, predictors: {} } }

  test('is known by its key, and changed by nobody else', async () => {
    const path = join(folder, 'signed.json')
    await saveArtefact(path, { ...content, signWith: privateKey })
    await expect(loadArtefact(path, { verifyWith: [stranger.publicKey, publicKey] })).resolves.toMatchObject({
      signature: { algorithm: 'ed25519' },
    })
    const refused = expect(loadArtefact(path, { verifyWith: [stranger.publicKey] })).rejects
    await refused.toMatchObject({ code: 'dspx/artefact-signature' })
    const forged = JSON.parse(await readFile(path, 'utf8'))
    const { digest: _, signature, ...rest } = { ...forged, program: { name: 'q', predictors: {} } }
    await writeFile(path, JSON.stringify({ ...rest, digest: digestOf(rest), signature }))
    await expect(loadArtefact(path, { verifyWith: [publicKey] })).rejects.toThrow('over its digest')
  })

  test('is needed where it is asked for, and made with a private key', async () => {
    const path = join(folder, 'unsigned.json')
    await saveArtefact(path, content)
    await expect(loadArtefact(path, { verifyWith: [publicKey] })).rejects.toMatchObject({
      code: 'dspx/artefact-signature',
    })
    await expect(saveArtefact(path, { ...content, signWith: publicKey })).rejects.toThrow('a private Ed25519 key')
  })

  test('is neither made nor verified with what is no such key, and no error shows a key', async () => {
    const path = join(folder, 'keys.json')
    await saveArtefact(path, { ...content, signWith: privateKey })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const secret = createSecretKey(Buffer.from('secret'))
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey
    for (const wrong of [privateKey, secret, rsa, pem, null, undefined, {}, () => 1]) {
      const refused = { code: 'dspx/artefact-signature', message: expect.not.stringContaining('PRIVATE') }
      const verified = loadArtefact(path, { verifyWith: [publicKey, wrong as never] })
      await expect(verified).rejects.toMatchObject(refused)
      await expect(verified).rejects.toThrow('expected public Ed25519 keys to verify with')
      if (wrong === privateKey || wrong === undefined) continue
      await expect(saveArtefact(path, { ...content, signWith: wrong as never })).rejects.toMatchObject(refused)
      await expect(two.save(path, { signWith: wrong as never })).rejects.toMatchObject(refused)
    }
  })
})
