import { describe, expect, test } from 'vitest'
import { hasCode } from '../../errors.ts'
import { type NetworkNamespaces, networkNamespaces } from './network-namespaces.ts'
import type { networkAnswers } from './network-process.fixture.ts'
import { nodeProcess } from './node-process.ts'

const module = new URL('./network-process.fixture.ts', import.meta.url)

/** Undefined where this machine or this user can't make them, which they are told in one sentence. */
async function networks(count: number): Promise<NetworkNamespaces | undefined> {
  try {
    return await networkNamespaces({ count })
  } catch (thrown) {
    if (!hasCode(thrown, 'foundation/not-possible-here')) throw thrown
    expect(thrown.message).toContain('use faultProxy')
    return undefined
  }
}

const why = 'network namespaces need Linux, the rights of root and iproute2'

describe('networkNamespaces', () => {
  test('processes in them hear each other, until they are split, and again when that is healed', async ({ skip }) => {
    await using made = await networks(3)
    if (made === undefined) return skip(why)
    const [a, b, c] = made.all as [
      NetworkNamespaces['all'][0],
      NetworkNamespaces['all'][0],
      NetworkNamespaces['all'][0],
    ]
    await using one = await nodeProcess<typeof networkAnswers>({ module, name: 'one', namespace: a })
    await using two = await nodeProcess<typeof networkAnswers>({ module, name: 'two', namespace: b })
    await using three = await nodeProcess<typeof networkAnswers>({ module, name: 'three', namespace: c })
    for (const there of [two, three]) await there.ask('listen', there === two ? b.host : c.host)
    const reach = async () => [
      await one.ask('reach', b.host),
      await one.ask('reach', c.host),
      await two.ask('reach', c.host),
    ]
    expect(await reach()).toEqual([true, true, true])
    await made.partition([[a, b]])
    expect(await reach()).toEqual([true, false, false])
    await made.partition([[a], [b, c]])
    expect(await reach()).toEqual([false, false, true])
    await made.heal()
    expect(await reach()).toEqual([true, true, true])
    await made.block(b, a)
    expect(await reach()).toEqual([false, true, true])
    await made.narrow(c, 100_000)
    await made.heal()
    expect(await reach()).toEqual([true, true, true])
  })

  test('two sets at once know nothing of each other, and a network of another set is refused', async ({ skip }) => {
    await using first = await networks(1)
    await using second = await networks(1)
    if (first === undefined || second === undefined) return skip(why)
    const [mine, other] = [first.all[0], second.all[0]]
    expect(mine?.controlHost).not.toBe(other?.controlHost)
    await expect(first.narrow(other as never, 10_000)).rejects.toThrow('expected one of these networks')
    await expect(first.narrow(mine as never, 1)).rejects.toThrow('bytesPerSec: expected a number from 1000')
    await first[Symbol.asyncDispose]()
    await first[Symbol.asyncDispose]()
  })

  test('random loss either works, or says what it needs', async ({ skip }) => {
    await using made = await networks(1)
    if (made === undefined) return skip(why)
    const told = await made.lose(made.all[0] as never, 0.5).catch((thrown) => thrown)
    if (told !== undefined) expect(told).toMatchObject({ code: 'foundation/not-possible-here' })
    await made.heal()
    await expect(made.lose(made.all[0] as never, 1.5)).rejects.toThrow('rate: expected a number from 0 to 1')
  })

  test('takes 1 to 60', async () => {
    await expect(networkNamespaces({ count: 0 })).rejects.toThrow('count: expected an integer from 1 to 60')
    await expect(networkNamespaces({ count: 61 })).rejects.toThrow('count: expected an integer from 1 to 60')
  })
})
