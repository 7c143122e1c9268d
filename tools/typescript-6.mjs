/**
 * For tools that read TypeScript through the compiler's JavaScript API, which TypeScript 7 does not have: loaded with
 * `node --import`, it gives them TypeScript 6 (installed as `typescript-6`) when they ask for `typescript`.
 */

import { registerHooks } from 'node:module'

registerHooks({
  resolve: (specifier, context, next) => next(specifier.replace(/^typescript(?=$|\/)/, 'typescript-6'), context),
})
