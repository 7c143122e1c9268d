import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { virtualClock } from '@mabeam/foundation/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { predict } from './predictor.ts'
import { Program } from './program.ts'
import { loadProgram } from './saved-program.ts'

class Rag extends Program {
  override settings = { passages: 3 }
  query = predict('question -> query')
  answer = predict('context, question -> answer: "yes" | "no"')
  async forward({ question }: { question: string }) {
    const { query } = await this.query.run({ question })
    return this.answer.run({ context: query, question })
  }
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-saved-'))
})
afterAll(() => rm(folder, { recursive: true }))

const tuned = () =>
  new Rag().compile({
    settings: { passages: 5, temperature: 0.3 },
    predictors: { query: { instructions: 'Search.', demos: [{ inputs: { question: 'a' }, outputs: { query: 'b' } }] } },
  })

describe('a saved program', () => {
  test('is loaded into a copy, as it was', async () => {
    const path = join(folder, 'rag.json')
    const rag = tuned()
    await rag.save(path, { clock: virtualClock() })
    const fresh = new Rag()
    const loaded = await loadProgram(fresh, path)
    expect(loaded).toBeInstanceOf(Rag)
    expect(loaded.state()).toEqual(rag.state())
    expect(fresh.state()).toEqual(new Rag().state())
    const file = JSON.parse(await readFile(path, 'utf8'))
    expect(file).toMatchObject({ format: 'mabeam-program', version: 3, program: { name: 'Rag' } })
    expect(Object.keys(file.program.predictors)).toEqual(['query', 'answer'])
  })

  test('is refused where the program has become another, and says which field', async () => {
    const path = join(folder, 'other.json')
    await tuned().save(path)
    class Changed extends Rag {
      override answer = predict('context, question -> answer: "yes" | "no" | "maybe"') as never
    }
    await expect(loadProgram(new Changed(), path)).rejects.toMatchObject({ code: 'dspx/artefact-program' })
    await expect(loadProgram(new Changed(), path)).rejects.toThrow('answer.answer')
    await expect(loadProgram(predict('q -> a'), path)).rejects.toThrow('no predictor query')
    class Without extends Rag {
      override settings = {} as never
    }
    await expect(loadProgram(new Without(), path)).rejects.toMatchObject({ code: 'dspx/invalid-state' })
  })

  test('is refused when it was changed, is of a newer release, or is none', async () => {
    const path = join(folder, 'changed.json')
    await tuned().save(path)
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('Search.', 'Wait.'))
    await expect(loadProgram(new Rag(), path)).rejects.toMatchObject({ code: 'dspx/artefact-digest' })
    await writeFile(path, text.replace('"version": 3', '"version": 99'))
    await expect(loadProgram(new Rag(), path)).rejects.toMatchObject({ code: 'dspx/artefact-version' })
    await writeFile(path, text.slice(0, 100))
    await expect(loadProgram(new Rag(), path)).rejects.toMatchObject({ code: 'dspx/artefact-invalid' })
    await expect(loadProgram(new Rag(), join(folder, 'none.json'))).rejects.toMatchObject({
      code: 'dspx/artefact-unreadable',
    })
  })

  test('is signed, and loaded by whoever asks for a signature only where it is one of theirs', async () => {
    const [ours, others] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
    const [signed, plain] = [join(folder, 'signed.json'), join(folder, 'plain.json')]
    await tuned().save(signed, { signWith: ours.privateKey })
    await tuned().save(plain)
    const verifyWith = [others.publicKey, ours.publicKey]
    expect((await loadProgram(new Rag(), signed, { verifyWith })).state()).toEqual(tuned().state())
    // Who does not ask takes it as before.
    expect((await loadProgram(new Rag(), signed)).state()).toEqual(tuned().state())
    const refused = { code: 'dspx/artefact-signature' }
    await expect(loadProgram(new Rag(), signed, { verifyWith: [others.publicKey] })).rejects.toMatchObject(refused)
    await expect(loadProgram(new Rag(), signed, { verifyWith: [] })).rejects.toMatchObject(refused)
    await expect(loadProgram(new Rag(), plain, { verifyWith })).rejects.toMatchObject(refused)
    // The signature of one file does not make another genuine.
    const { signature } = JSON.parse(await readFile(signed, 'utf8'))
    await writeFile(plain, JSON.stringify({ ...JSON.parse(await readFile(plain, 'utf8')), signature }))
    await expect(loadProgram(new Rag(), plain, { verifyWith })).rejects.toMatchObject(refused)
    await expect(tuned().save(signed, { signWith: ours.publicKey })).rejects.toMatchObject(refused)
    await expect(tuned().save(signed, { signwith: ours.privateKey } as never)).rejects.toMatchObject({
      code: 'foundation/unknown-name',
    })
  })
})
