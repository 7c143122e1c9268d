import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createVitest, type TestSpecification } from 'vitest/node'
import { longestFirst } from './longest-first.ts'

const root = join(import.meta.dirname, '..')
const named = ['tools/tidy/size.test.ts', 'tools/tidy/links.test.ts']

test('files that are named come first, in that order, and all others after them as they would', async () => {
  const vitest = await createVitest('test', { watch: false, config: false, root })
  try {
    const files = ['tools/tidy/names.test.ts', 'tools/tidy/links.test.ts', 'tools/tidy/packages.test.ts', ...named]
    const specifications = [...new Set(files)].map((file) =>
      vitest.getRootProject().createSpecification(join(root, file)),
    )
    const sorted = async (paths: readonly string[]) => {
      const order = await new (longestFirst(paths))(vitest).sort([...specifications])
      return order.map(({ moduleId }: TestSpecification) => moduleId.slice(root.length + 1))
    }
    const usual = await sorted([])
    const others = usual.filter((file) => !named.includes(file))
    expect(await sorted(named)).toEqual([...named, ...others])
    expect(await sorted(named.toReversed())).toEqual([...named.toReversed(), ...others])
  } finally {
    await vitest.close()
  }
})

test('a file that is not there is told, so that no list grows old', () => {
  expect(() => longestFirst(['tools/no.test.ts'])).toThrow(/^longestFirst: expected a file, got .*no\.test\.ts$/)
})
