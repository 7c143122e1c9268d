import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadProgramFile } from './program-file.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-program-'))
  await symlink(resolve(import.meta.dirname, '../../../node_modules'), join(folder, 'node_modules'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const imports = `import { choice } from '@mabeam/ml'\nimport { defineProgram, exactMatch, Program, predict, signature } from '@mabeam/dspx'\n`
async function load(name: string, source: string) {
  const path = join(folder, name)
  await writeFile(path, `${imports}${source}`)
  return await loadProgramFile(path)
}

const rag = `
class Rag extends Program {
  query = predict('question -> query')
  answer = predict('query -> answer')
  async forward({ question }) {
    return await this.answer.run(await this.query.run({ question }))
  }
}
export default new Rag()
`

describe('a file with a program of a class', () => {
  test('is a definition named by its file, of the metric and the signature beside it', async () => {
    const source = `${rag}export const metric = exactMatch('answer')
      const whole = signature('question -> answer'); export { whole as signature }
      export const variables = { adapter: choice(['chat']) }`
    const program = await load('rag.mjs', source)
    expect(program.name).toBe('rag')
    expect(Object.keys(program.predictors)).toEqual(['query', 'answer'])
    expect(program.signature.inputs.map(({ name }) => name)).toEqual(['question'])
    expect(Object.keys(program.variables)).toEqual(['adapter'])
    expect(program.metric.fields).toEqual(['answer'])
  })

  test('needs no signature where the program has one', async () => {
    const source = `export default predict('text -> team: "a" | "b"')\nexport const metric = exactMatch('team')`
    const program = await load('route.mjs', source)
    expect([program.name, program.signature.outputs[0]?.name]).toEqual(['route', 'team'])
  })

  test('takes a function for a metric, named as the function is', async () => {
    const source = `export default predict('text -> team: "a" | "b"')
      const sameTeam = ({ outputs }, { team }) => team === outputs.team\nexport { sameTeam as metric }`
    const { metric } = await load('by-function.mjs', source)
    expect([metric.name, metric.score({ id: '1', inputs: {}, outputs: { team: 'a' } }, { team: 'a' })]).toEqual([
      'sameTeam',
      true,
    ])
  })

  test('without a metric or a signature says what to export', async () => {
    await expect(load('bare.mjs', rag)).rejects.toMatchObject({
      code: 'mabeam/not-a-program',
      message: expect.stringContaining('export const metric = …'),
    })
    await expect(load('open.mjs', `${rag}export const metric = () => 1`)).rejects.toThrow('export const signature = …')
    await expect(load('open2.mjs', `${rag}export const metric = { name: 'any', score: () => 1 }`)).rejects.toThrow(
      'export const signature = …',
    )
  })
})

test.each([
  [
    'a definition',
    `export default defineProgram({ name: 'x', predictors: { a: 't -> u' }, metric: exactMatch('u') })`,
    'x',
  ],
])('%s is taken as it is', async (_, source, name) => {
  expect((await load('defined.mjs', source)).name).toBe(name)
})

test.each([
  ['a number', 'export default 42', 'got 42'],
  ['nothing', 'export const program = 1', 'got nothing'],
  ['a class', 'export default Program', 'an object of a class that extends Program'],
])('%s is no program', async (_, source, words) => {
  await expect(load(`wrong-${words.length}.mjs`, source)).rejects.toThrow(words)
})
