/**
 * STYLE 20: events are an API. Each package's `events.md` lists what its source emits, and nothing else.
 *
 * An event is emitted as an object with `name`, `measurements` and `metadata`. Its name is a literal, or `package.${event}` in a
 * function that is handed the rest: then the functions that call it are asked what they hand it, as far up as it takes. The
 * type checker knows which calls those are, and which literals a value can be.
 */

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript-6'
import { EventNames } from './event-names.ts'
import type { Finding } from './finding.ts'
import { isPackageSource, lineOf, type Source } from './source.ts'

/** `event-listed`: emitted and not in events.md. `event-emitted`: in events.md and not emitted. `event-name`: can't be told. */
export function eventFindings(sources: readonly Source[]): Finding[] {
  const emitting = sources.filter((source) => isPackageSource(source) && !/\.fixture\.ts$/.test(source.path))
  const names = new EventNames(programOf(emitting))
  const emitted = new Map<string, Map<string, Finding>>()
  const findings: Finding[] = []
  for (const source of emitting) {
    for (const { node, name } of names.in(`/${source.path}`)) {
      const at = { at: node.getSourceFile().fileName.replace(/^\//, ''), line: lineOf(node) }
      const of = packageOf(source.path)
      if (name === undefined) {
        const sentence = `expected an event name made of literals, got ${node.getText()}`
        findings.push({ rule: 'event-name', ...at, sentence })
        continue
      }
      const sentence = `emits ${name}, which packages/${of}/events.md does not list`
      const known = emitted.get(of) ?? new Map<string, Finding>()
      if (!known.has(name)) known.set(name, { rule: 'event-listed', ...at, sentence })
      emitted.set(of, known)
    }
  }
  return [...findings, ...sources.flatMap((source) => comparedWith(source, emitted))]
}

function comparedWith(source: Source, emitted: ReadonlyMap<string, ReadonlyMap<string, Finding>>): Finding[] {
  if (!/^packages\/[^/]+\/events\.md$/.test(source.path)) return []
  const known = emitted.get(packageOf(source.path)) ?? new Map<string, Finding>()
  const listed = listedIn(source)
  const missing = [...known].filter(([name]) => !listed.has(name)).map(([, finding]) => finding)
  const stale = [...listed].filter(([name]) => !known.has(name))
  return [
    ...missing,
    ...stale.map(([name, line]) => {
      const sentence = `lists ${name}, which no source of the package emits`
      return { rule: 'event-emitted', at: source.path, line, sentence }
    }),
  ]
}

/** The events of the tables: a row that begins with `package.noun-verb` in backquotes. With their lines. */
function listedIn(source: Source): ReadonlyMap<string, number> {
  const listed = new Map<string, number>()
  for (const [i, line] of source.text.split('\n').entries()) {
    const name = /^\| *`([a-z-]+\.[a-z-]+)` *\|/.exec(line)?.[1]
    if (name !== undefined) listed.set(name, i + 1)
  }
  return listed
}

function packageOf(file: string): string {
  return file.split('/')[1] ?? ''
}

/** What is given and the library of the language; no dependency: names of events need none. */
function programOf(sources: readonly Source[]): ts.Program {
  const trees = new Map(sources.map((source) => [`/${source.path}`, source.tree()]))
  const library = path.dirname(ts.getDefaultLibFilePath({}))
  const treeOf = (file: string) => {
    const known = trees.get(file)
    if (known !== undefined || !file.startsWith(library) || !existsSync(file)) return known
    const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
    trees.set(file, tree)
    return tree
  }
  const host: ts.CompilerHost = {
    getSourceFile: treeOf,
    fileExists: (file) => treeOf(file) !== undefined,
    readFile: (file) => treeOf(file)?.text,
    getDefaultLibFileName: () => path.join(library, 'lib.d.ts'),
    getDefaultLibLocation: () => library,
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (file) => file,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    writeFile: () => {},
  }
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.Latest,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    allowImportingTsExtensions: true,
    strict: true,
    lib: ['lib.es2025.d.ts', 'lib.esnext.disposable.d.ts'],
    noEmit: true,
    types: [],
  }
  return ts.createProgram({ rootNames: sources.map((source) => `/${source.path}`), options, host })
}
