/** A process of a test: answers, fails, prints, ends, and keeps a history. */

import { MabeamError } from '../../errors.ts'
import { historyRecorder } from './history-recorder.ts'
import { testedProcess } from './tested-process.ts'

export const answers = {
  add: ({ a, b }: { readonly a: number; readonly b: number }) => a + b,
  never: () => new Promise<never>(() => {}),
  refuse: () => {
    throw new MabeamError('test/refused', 'no', { retryable: true, data: { why: 'asked to' } })
  },
  unsendable: () => () => {},
  print: (lines: readonly string[]) => lines.forEach((line) => void process.stdout.write(`${line}\n`)),
  exit: (status: number) => process.exit(status),
  environment: (name: string) => process.env[name],
  addresses: async () => Object.keys((await import('node:os')).networkInterfaces()),
  tell: (what: unknown) => self.report(what),
  write: async (key: string) => {
    using record = historyRecorder()
    await record.during({ op: 'write', key, input: 1 }, () => 'written')
    record.happened({ op: 'effect', key, input: { token: 1 } })
    await record
      .during({ client: 'other', op: 'write', key, input: 2 }, () => Promise.reject(new Error('lost')))
      .catch(() => {})
    return record.process
  },
  writeAndHang: (key: string) => {
    const record = historyRecorder()
    void record.during({ op: 'write', key, input: 3 }, () => new Promise<never>(() => {}))
    return record.process
  },
} as const

if (process.argv.includes('early')) process.exit(7)
if (process.argv.includes('mute')) {
  // A listener holds the process.
  process.on('message', () => {})
  await new Promise(() => {})
}
const self = testedProcess(answers)
