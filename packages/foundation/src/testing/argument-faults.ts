/**
 * What functions say to arguments of a wrong kind: a typed error in their own name, or nothing, because it is legal. Each place of a
 * call that is right is filled with every wrong value in turn.
 */

import { isMabeamError, messageOf } from '../errors.ts'

/** A function, and a call of it that is right. */
export interface TestedCall {
  readonly call: (...args: never) => unknown
  /** Arguments that are right, made anew for each call. */
  readonly args: () => readonly unknown[]
  /** Which wrong values it takes all the same, as `place: value`: `1: nothing` for options that may be left out. @default none */
  readonly takes?: readonly string[]
  /** Who is named at the beginning of its errors. @default its own name */
  readonly owners?: readonly string[]
}

/** Values that a caller without a compiler may pass, by the names that {@link TestedCall.takes} knows them by. */
export const wrongValues: ReadonlyMap<string, () => unknown> = new Map<string, () => unknown>([
  ['nothing', () => undefined],
  ['null', () => null],
  ['NaN', () => Number.NaN],
  ['number', () => 7],
  ['empty text', () => ''],
  ['empty array', () => []],
  ['empty object', () => ({})],
  ['bare object', () => Object.create(null)],
  ['function', () => () => undefined],
])

/**
 * One sentence for each fault: an error that is not typed, does not begin with who throws it, or does not say what was expected; a
 * wrong value that is taken and not in `takes`; a value in `takes` that is not taken; a call that is right and fails. Results are
 * disposed.
 *
 * @example expect(await argumentFaults({ mean: { call: mean, args: () => [[1, 2]] } })).toEqual([])
 */
export async function argumentFaults(calls: { readonly [name: string]: TestedCall }): Promise<string[]> {
  const faults: string[] = []
  for (const [name, tested] of Object.entries(calls)) {
    const right = await outcomeOf(tested, tested.args())
    if ('thrown' in right) faults.push(`${name}: expected the right call to work, got ${sayThrown(right.thrown)}`)
    for (const place of tested.args().keys()) faults.push(...(await faultsAt(name, tested, place)))
  }
  return faults
}

async function faultsAt(name: string, tested: TestedCall, place: number): Promise<string[]> {
  const faults: string[] = []
  for (const [label, value] of wrongValues) {
    const args = [...tested.args()]
    args[place] = value()
    const outcome = await outcomeOf(tested, args)
    const mayTake = tested.takes?.includes(`${place}: ${label}`) ?? false
    const where = `${name}: ${place}: ${label}`
    if (!('thrown' in outcome)) {
      if (!mayTake) faults.push(`${where}: expected a refusal, got none`)
    } else if (mayTake) faults.push(`${where}: expected to be taken, got ${sayThrown(outcome.thrown)}`)
    else if (!isRefusal(outcome.thrown, tested.owners ?? [name]))
      faults.push(`${where}: expected a typed error by name and expectation, got ${sayThrown(outcome.thrown)}`)
  }
  return faults
}

function isRefusal(thrown: unknown, owners: readonly string[]): boolean {
  if (!isMabeamError(thrown) || !/expected|did you mean/.test(thrown.message)) return false
  return owners.some((owner) => thrown.message.startsWith(owner))
}

async function outcomeOf({ call }: TestedCall, args: readonly unknown[]): Promise<object> {
  try {
    const given: unknown = await Reflect.apply(call, undefined, args)
    await dispose(given)
    return {}
  } catch (thrown) {
    return { thrown }
  }
}

async function dispose(given: unknown): Promise<void> {
  if ((typeof given !== 'object' && typeof given !== 'function') || given === null) return
  const { [Symbol.asyncDispose]: later, [Symbol.dispose]: now } = given as Partial<AsyncDisposable & Disposable>
  if (typeof later === 'function') await later.call(given)
  else if (typeof now === 'function') now.call(given)
}

function sayThrown(thrown: unknown): string {
  if (isMabeamError(thrown)) return `${thrown.code}: ${thrown.message.slice(0, 200)}`
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message.slice(0, 200)}` : messageOf(thrown).slice(0, 200)
}
