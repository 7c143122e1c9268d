/** What all of the bench `sandbox` run and measure, ours and the peers. Imports no package, so that peers can share it. */

import { costUs, cpuUs, middle } from './cost.ts'

/** A small program, as a model writes it. */
const smallCode = `(() => {
  const orders = [{ name: 'tea', price: 3, count: 2 }, { name: 'cake', price: 5, count: 1 }, { name: 'milk', price: 1, count: 4 }]
  const total = orders.reduce((sum, { price, count }) => sum + price * count, 0)
  return { total, names: orders.filter(({ price }) => price > 2).map(({ name }) => name.toUpperCase()).sort() }
})()`
const smallValue = '{"total":15,"names":["CAKE","TEA"]}'

/** Something that computes: 17,711 calls of a function and more. */
const computeCode = '(() => { const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)); return fib(20) })()'

const callsInCode = 500
/** Calls of the host function `add`, one after the other. */
const callsCode = (calls: number) =>
  `(async () => { let sum = 0; for (let i = 0; i < ${calls}; i++) sum = await add(sum, 1); return sum })()`

/** Endless, each in a way of its own. Nothing in `native` looks whether it should stop. */
export const endless = {
  Loop: 'for (;;) {}',
  Await: '(async () => { for (;;) await null })()',
  Regexp: '/^(a+)+$/.test("a".repeat(60) + "b")',
  Native: 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
}

/** Then code that is endless is to be stopped. */
export const limitMs = 100
/** What a sandbox may use, where one can say so. */
export const memoryMiB = 64

export interface OpenedSandbox {
  /** The value of code as plain data. */
  run(code: string): unknown
  close(): unknown
}

export interface SandboxKind {
  open(): OpenedSandbox | Promise<OpenedSandbox>
  /** Runs what never ends, in a sandbox that has run something, and gives the milliseconds until it was told that time is over. */
  stop?(code: string): Promise<number>
  /** Which endless code it can stop. @default Loop alone */
  readonly stops?: readonly (keyof typeof endless)[]
}

export interface SandboxCounts {
  readonly measureMs: number
  /** How many are started one after the other. */
  readonly starts: number
  /** How many are open at once. */
  readonly atOnce: number
  /** How often each of `endless` is stopped. */
  readonly stops: number
  readonly endless: readonly string[]
}

/** As the arguments of a program say them. */
export function countsOf([measureMs, starts, atOnce, stops, kinds = '']: readonly string[]): SandboxCounts {
  const [measured, started, opened, stopped] = [measureMs, starts, atOnce, stops].map(Number) as [
    number,
    number,
    number,
    number,
  ]
  return { measureMs: measured, starts: started, atOnce: opened, stops: stopped, endless: kinds.split(',') }
}

/** Figures of one kind: start, memory and many at once first, while its process is fresh. */
export async function sandboxFigures(
  { open, stop, stops = ['Loop'] }: SandboxKind,
  counts: SandboxCounts,
): Promise<{ readonly [figure: string]: number }> {
  const figures: Record<string, number> = { ...(await startsOf(open, counts)), ...(await manyOf(open, counts)) }
  const sandbox = await open()
  const cost = async (code: string, json: string) => {
    const run = async () => check(await sandbox.run(code), json)
    return await costUs(run, { measureMs: counts.measureMs, timesPerLook: 1 })
  }
  figures.computeCpuUs = await cost(computeCode, '6765')
  figures.hostCallCpuUs =
    ((await cost(callsCode(callsInCode), `${callsInCode}`)) - (await cost(callsCode(0), '0'))) / callsInCode
  figures.runCpuUs = await cost(smallCode, smallValue)
  figures.runUs = (await passedMs(async () => check(await sandbox.run(smallCode), smallValue), 200)) * 1_000
  await sandbox.close()
  for (const kind of stop ? stops.filter((one) => counts.endless.includes(one)) : []) {
    const lateMs: number[] = []
    for (let i = 0; i < counts.stops; i++) lateMs.push((await stop?.(endless[kind])) as number)
    figures[`stopLateMs${kind}`] = middle(lateMs) - limitMs
    figures[`stopLateMaxMs${kind}`] = Math.max(...lateMs) - limitMs
  }
  return figures
}

/** From nothing to the value of a first small program, and all of it with closing in CPU time. */
async function startsOf(open: SandboxKind['open'], { starts }: SandboxCounts) {
  const took: number[] = []
  const beforeUs = cpuUs()
  for (let i = 0; i < starts; i++) {
    const startMs = performance.now()
    const sandbox = await open()
    check(await sandbox.run(smallCode), smallValue)
    took.push(performance.now() - startMs)
    await sandbox.close()
  }
  return { startMs: middle(took), startCpuMs: (cpuUs() - beforeUs) / starts / 1_000 }
}

/** Opened at once, each with a value in it. */
async function manyOf(open: SandboxKind['open'], { atOnce }: SandboxCounts) {
  const before = process.memoryUsage().rss
  const startMs = performance.now()
  const one = async () => {
    const sandbox = await open()
    check(await sandbox.run(smallCode), smallValue)
    return sandbox
  }
  const opened = await Promise.all(Array.from({ length: atOnce }, one))
  const atOnceMs = performance.now() - startMs
  const rssMiB = (process.memoryUsage().rss - before) / 2 ** 20 / atOnce
  for (const sandbox of opened) await sandbox.close()
  return { atOnceMs, rssMiB }
}

/** The median. */
async function passedMs(run: () => Promise<unknown>, times: number): Promise<number> {
  const took: number[] = []
  for (let i = 0; i < times; i++) {
    const startMs = performance.now()
    await run()
    took.push(performance.now() - startMs)
  }
  return middle(took)
}

function check(value: unknown, json: string): void {
  if (JSON.stringify(value) !== json) throw new Error(`expected ${json}, got ${JSON.stringify(value)}`)
}
