/**
 * Every TypeScript block of the READMEs and guides runs as it stands: as a process of its own, in a folder inside the
 * repository, so that packages resolve as they do for a reader. A block under a line that names a file in backquotes
 * (`mood.ts`: …) is that file for the blocks after it. A comment `<!-- types only: reason -->` before a block says that it is
 * checked by the type checker alone, such as one that needs a key; the reason has to be there.
 */

import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const documents = globSync(['README.md', 'docs/guide/*.md', 'packages/*/README.md'], { cwd: root }).sort()

interface Snippet {
  readonly code: string
  readonly line: number
  /** The name under which later blocks import it. */
  readonly file: string | undefined
  readonly typesOnly: boolean
}

function snippetsOf(text: string): Snippet[] {
  return [...text.matchAll(/^```(?:ts|typescript)\b.*\n([\s\S]*?)^```/gm)].map((found) => {
    const before = text.slice(0, found.index).trimEnd().split('\n')
    const last = before.at(-1) ?? ''
    return {
      code: found[1] ?? '',
      line: text.slice(0, found.index).split('\n').length,
      file: /^`([\w-]+\.ts)`/.exec(last)?.[1],
      typesOnly: /^<!-- types only: \S.* -->$/.test(last),
    }
  })
}

interface Place {
  readonly cwd: string
  /** What nodes of one machine keep is there, apart from what earlier runs left. */
  readonly runtime: string
}

function run(command: string, args: readonly string[], { cwd, runtime }: Place): Promise<string> {
  const env = { ...process.env, XDG_RUNTIME_DIR: runtime }
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return new Promise((done) =>
    child.on('close', (status) => done(`${status === 0 ? '' : output}exit status ${status}`)),
  )
}

/** The snippets of one document, in a folder of their own. */
interface Page extends Place {
  readonly snippets: readonly (Snippet & { readonly path: string })[]
}

const configuration = {
  extends: join(root, 'tsconfig.json'),
  compilerOptions: { noUnusedLocals: false, typeRoots: [join(root, 'node_modules/@types')] },
  include: ['*/*.ts'],
  exclude: [],
}

const folders: string[] = []
const pages = new Map<string, Page>()
/** What the type checker said of all pages, asked once: it reads the sources of all packages each time. */
let typeErrors: readonly string[] = []

async function writtenPage(name: string, cwd: string): Promise<Page> {
  await mkdir(cwd)
  const runtime = await mkdtemp(join(tmpdir(), 'mabeam-docs-'))
  folders.push(runtime)
  const snippets = snippetsOf(await readFile(join(root, name), 'utf8')).map((one) => {
    return { ...one, path: join(cwd, one.file ?? `line-${one.line}.ts`) }
  })
  for (const { path, code } of snippets) await writeFile(path, `${code}\nexport {}\n`, { flag: 'wx' })
  await writeFile(join(cwd, 'package.json'), '{"type":"module"}')
  return { cwd, runtime, snippets }
}

beforeAll(async () => {
  await mkdir(join(root, '.snippets'), { recursive: true })
  const folder = await mkdtemp(join(root, '.snippets', 'docs-'))
  folders.push(folder)
  for (const [i, name] of documents.entries()) pages.set(name, await writtenPage(name, join(folder, `page-${i}`)))
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
  const checker = [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false']
  typeErrors = (await run(process.execPath, checker, { cwd: folder, runtime: folder })).split('\n')
})
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

test('the type checker came to an end', () => {
  expect(typeErrors.filter((line) => !line.startsWith('page-') && !line.startsWith(' '))).toEqual([
    expect.stringMatching(/^exit status \d+$/),
  ])
})

// Processes of their own, two pages at a time: one thread that waits for them would leave a core idle.
describe.concurrent('the TypeScript blocks of', () => {
  for (const [i, name] of documents.entries()) {
    it(`${name} are right in their types, and run`, async ({ expect }) => {
      expect(typeErrors.filter((line) => line.startsWith(`page-${i}/`))).toEqual([])
      const page = pages.get(name) as Page
      for (const { typesOnly, line, path } of page.snippets) {
        if (typesOnly) continue
        const ended = await run(process.execPath, ['--conditions=mabeam-source', path], page)
        expect(`${name}:${line} ${ended}`).toBe(`${name}:${line} exit status 0`)
      }
    })
  }
})
