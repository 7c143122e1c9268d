/** Every mistake gives one clear sentence on standard error and the right exit status. */

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { triageFolder, workplace } from './mabeam-process.ts'

const program = join(triageFolder, 'program.ts')
const good = '{"text":"my card was charged twice","team":"billing","urgency":"high","evidence":"charged twice"}'

interface Mistake {
  readonly name: string
  readonly args: readonly string[]
  readonly files?: { readonly [name: string]: string }
  readonly status: 1 | 2
  readonly says: readonly string[]
}

const optimize = ['optimize', program, '--data']
const mistakes: readonly Mistake[] = [
  {
    name: 'a broken line names file and line',
    args: [...optimize, 'rows.jsonl'],
    files: { 'rows.jsonl': `${good}\n{"text": "half a row\n` },
    status: 1,
    says: ['rows.jsonl', '2', 'JSON'],
  },
  {
    name: 'a missing column names the column and those there are',
    args: [...optimize, 'rows.csv'],
    files: { 'rows.csv': 'text,urgency\nwhere is my parcel,low\n' },
    status: 1,
    says: ['rows.csv', 'team'],
  },
  {
    name: 'an unknown label names line, field, what is allowed and what it was',
    args: [...optimize, 'rows.jsonl'],
    files: { 'rows.jsonl': `${good}\n${good.replace('"billing"', '"biling"')}\n` },
    status: 1,
    says: ['rows.jsonl', '2', 'team', 'billing', 'biling'],
  },
  {
    name: 'an empty file',
    args: [...optimize, 'rows.jsonl'],
    files: { 'rows.jsonl': '' },
    status: 1,
    says: ['rows.jsonl', 'empty'],
  },
  { name: 'a missing file', args: [...optimize, 'nowhere.jsonl'], status: 1, says: ['nowhere.jsonl'] },
  {
    name: 'too few rows say how many are needed',
    args: [...optimize, 'rows.jsonl'],
    files: { 'rows.jsonl': `${good}\n` },
    status: 1,
    says: ['rows', 'at least'],
  },
  {
    name: 'an unknown option suggests the right one',
    args: [...optimize, 'r.jsonl', '--budgte', '9'],
    status: 2,
    says: ['--budgte', '--budget'],
  },
  { name: 'an unknown command', args: ['optimise', program], status: 2, says: ['optimise', 'optimize'] },
  {
    name: 'a budget that is no number',
    args: [...optimize, 'r.jsonl', '--budget', 'many'],
    status: 2,
    says: ['budget', 'integer', 'many'],
  },
  {
    name: 'a budget of nothing',
    args: [...optimize, 'r.jsonl', '--budget', '0'],
    status: 2,
    says: ['budget', '1', '0'],
  },
  {
    name: 'an option that is not of this teleprompter says whose it is',
    args: [...optimize, 'r.jsonl', '--teleprompter', 'gepa', '--sampler', 'tpe'],
    status: 2,
    says: ['--sampler', 'gepa', 'joint'],
  },
  {
    name: 'a time that is none',
    args: [...optimize, 'r.jsonl', '--time', 'soon'],
    status: 2,
    says: ['--time', '90s', 'soon'],
  },
  { name: 'no data', args: ['optimize', program], status: 2, says: ['--data'] },
  { name: 'no program', args: ['optimize', '--data', 'r.jsonl'], status: 2, says: ['program'] },
  {
    name: 'a program that is not there',
    args: ['optimize', 'nothing.ts', '--data', 'r.jsonl'],
    status: 1,
    says: ['nothing.ts'],
  },
  {
    name: 'a program that does not parse names the file',
    args: ['optimize', 'broken.ts', '--data', 'r.jsonl'],
    files: { 'broken.ts': 'export default {', 'r.jsonl': good },
    status: 1,
    says: ['broken.ts'],
  },
  {
    name: 'a file that holds no program',
    args: ['optimize', 'other.mjs', '--data', 'r.jsonl'],
    files: { 'other.mjs': 'export default 42', 'r.jsonl': good },
    status: 1,
    says: ['other.mjs', 'defineProgram', '42'],
  },
  { name: 'a study to resume that never was', args: ['optimize', '--resume', 'ghost'], status: 2, says: ['ghost'] },
  {
    name: 'a study name that would leave its folder',
    args: [...optimize, 'r.jsonl', '--study', '../up'],
    status: 2,
    says: ['../up'],
  },
  {
    name: 'an artefact that is none',
    args: ['run', 'x.json', 'hello'],
    files: { 'x.json': '{}' },
    status: 1,
    says: ['x.json'],
  },
  {
    name: 'an input field that does not exist',
    args: ['run', program, '--input', 'txt=hello'],
    status: 2,
    says: ['txt', 'text'],
  },
  { name: 'no input at all', args: ['run', program], status: 2, says: ['text'] },
]

describe('mabeam, called wrongly or on broken input', () => {
  for (const mistake of mistakes) {
    it(`${mistake.name}: exit status ${mistake.status}`, async () => {
      await using place = await workplace()
      for (const [name, text] of Object.entries(mistake.files ?? {})) await place.write(name, text)
      const { status, stderr, stdout } = await place.run(mistake.args)
      expect(stderr).not.toMatch(/\n\s+at /)
      for (const words of mistake.says) expect(stderr).toContain(words)
      expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(3)
      expect(stdout).toBe('')
      expect(status).toBe(mistake.status)
    })
  }

  it('says a failure as one JSON line too when asked for JSON', async () => {
    await using place = await workplace()
    const { status, stdout } = await place.run([...optimize, 'nowhere.jsonl', '--json'])
    const line = JSON.parse(stdout) as { error: { code: string; message: string } }
    expect(line.error.code).toMatch(/^dspx\/data-/)
    expect(line.error.message).toContain('nowhere.jsonl')
    expect(status).toBe(1)
  })
})
