import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureDnsmasq } from './ensure-dnsmasq.mjs'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dnsmasq-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function program(name: string, text: string): string {
  const file = path.join(folder, name)
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, 0o755)
  return file
}

function ensured() {
  const said: string[] = []
  const got = ensureDnsmasq({ env: { PATH: folder }, folders: [], say: (line) => said.push(line) })
  return { got, said }
}

test('one on the path is taken, and nothing is said', () => {
  const file = program('dnsmasq', '')
  expect(ensured()).toEqual({ got: file, said: [] })
})

test('where none can be had the sentence says what to install', () => {
  expect(ensured).toThrow('expected dnsmasq on the path, got none; install the package dnsmasq-base or dnsmasq')
})

// skip: only root may install
test.skipIf(process.getuid?.() !== 0)('it is installed by the package manager that is there, which is said', () => {
  const file = path.join(folder, 'dnsmasq')
  program('apt-get', `if [ "$1" = install ]; then echo '#!/bin/sh' > ${file}; /bin/chmod 755 ${file}; fi`)
  expect(ensured()).toEqual({ got: file, said: [`installed dnsmasq with apt-get: ${file}`] })
})

// skip: only root may install
test.skipIf(process.getuid?.() !== 0)('a package manager that fails is told of with its last line', () => {
  program('apt-get', 'echo "E: no network" >&2; exit 1')
  expect(ensured).toThrow('(apt-get update: E: no network)')
})
