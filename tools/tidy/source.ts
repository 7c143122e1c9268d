/** The files tidy looks at: everything git knows or would add, read once, parsed when a rule asks. */

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript-6'

/** One text file of the repository. */
export interface Source {
  /** From the root of the repository, with forward slashes. */
  readonly path: string
  readonly text: string
  /** The syntax tree; parsed at the first call. Requires: a TypeScript or JavaScript file. */
  tree(): ts.SourceFile
}

const bytesMax = 1_000_000

/** All files under `root` that are committed or would be, without ignored ones. Data files above a megabyte are left out. */
export function readSources(root: string): Source[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return listed
    .split('\0')
    .filter((file) => file !== '' && existsSync(path.join(root, file)))
    .filter((file) => statSync(path.join(root, file)).size <= bytesMax)
    .map((file) => sourceOf(file, readFileSync(path.join(root, file), 'utf8')))
}

/** A source from its text; tests of the rules begin here. */
export function sourceOf(file: string, text: string): Source {
  let parsed: ts.SourceFile | undefined
  return {
    path: file,
    text,
    tree: () => {
      parsed ??= ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
      return parsed
    },
  }
}

export function isScript(source: Source): boolean {
  return /\.(ts|tsx|mjs|cjs|js)$/.test(source.path)
}

export function isTest(source: Source): boolean {
  return /\.(test|soak)\.ts$/.test(source.path) || source.path.startsWith('tests/')
}

/** Source of a package: no test, and no manifest or document. */
export function isPackageSource(source: Source): boolean {
  return /^packages\/[^/]+\/src\//.test(source.path) && isScript(source) && !isTest(source)
}

/** The line of a node, from 1. */
export function lineOf(node: ts.Node): number {
  const tree = node.getSourceFile()
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1
}

/** Calls `visit` for every node of the tree, parents first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}
