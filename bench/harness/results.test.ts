import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { saveResult } from './results.ts'

test('people get metrics and rows, programs also what each seed gave', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mabeam-results-'))
  try {
    saveResult({
      bench: { name: 'tuned', what: 'score', run: () => Promise.reject(new Error('not here')) },
      result: { metrics: { score: 0.5 }, rows: [{ teleprompter: 'beacon' }], bySeed: [{ seed: 4711 }], runs: 1 },
      host: { cpu: 'a', cores: 2, node: '24' },
      now: new Date('2026-01-02T03:04:05Z'),
      folder,
    })
    const [json, text] = ['json', 'md'].map((kind) => readFileSync(path.join(folder, `tuned.${kind}`), 'utf8'))
    expect(JSON.parse(json as string)).toMatchObject({ rows: [{ teleprompter: 'beacon' }], bySeed: [{ seed: 4711 }] })
    expect(text).toContain('beacon')
    expect(text).not.toMatch(/seed|4711/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
