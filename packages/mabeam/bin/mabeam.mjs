#!/usr/bin/env node
// Starts the CLI: from `dist` in an installed package, from `src` (types stripped by Node) in a checkout.
import { existsSync } from 'node:fs'
import module from 'node:module'

const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `mabeam: expected Node.js 24 or newer, got ${process.versions.node}; in a checkout run it as "npx mabeam" or by the npm scripts, which bring their own Node.js\n`,
  )
  process.exit(2)
}

// Compiled and stripped code is kept by Node between runs.
module.enableCompileCache?.()

const source = new URL('../src/main.ts', import.meta.url)
if (existsSync(source)) {
  module.registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, 'mabeam-source'] }),
  })
  await import(source.href)
} else {
  await import(new URL('../dist/main.js', import.meta.url).href)
}
