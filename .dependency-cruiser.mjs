/**
 * The direction of dependencies, as ARCHITECTURE.md has it: who may import whom, front doors only, no cycles.
 * Run by `npm run check`.
 */

/** Package → the packages of ours that it may import. A package that is missing here may import nothing of ours. */
const mayImport = {
  foundation: [],
  'engine-nats': ['foundation'],
  ml: ['foundation'],
  coordination: ['foundation'],
  scope: ['foundation'],
  dspx: ['foundation', 'ml'],
  agents: ['foundation', 'coordination'],
  teams: ['foundation', 'coordination', 'agents', 'ml', 'dspx'],
  platform: ['foundation', 'coordination', 'agents', 'ml', 'dspx', 'teams', 'scope'],
  dashboard: ['platform'],
  mabeam: ['[^/]+'],
}

const test = String.raw`\.(test|soak|fixture)\.ts$|/testing/`
const doors = String.raw`^packages/[^/]+/src/(index|testing/index|server/index|byzantine/index|contract/index|unstable/[^/]+/index)\.ts$`
/** Data of tests that import no code: what a bench measures is what the tests try. */
const tables = String.raw`^packages/dspx/src/adapters/malformed-[^/]+\.fixture\.ts$`

const direction = Object.entries(mayImport).map(([name, allowed]) => ({
  name: `direction-${name}`,
  comment: `${name} may import ${allowed.length === 0 ? 'no package of ours' : allowed.join(', ')}`,
  severity: 'error',
  from: { path: `^packages/${name}/` },
  to: { path: '^packages/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
}))

export default {
  forbidden: [
    ...direction,
    {
      name: 'direction-unknown-package',
      comment: 'every package has a line in .dependency-cruiser.mjs saying what it may import',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/(${Object.keys(mayImport).join('|')})/` },
      to: {},
    },
    {
      name: 'dashboard-contract-only',
      comment: 'the dashboard knows the contract of the platform and nothing else',
      severity: 'error',
      from: { path: '^packages/dashboard/' },
      to: { path: '^packages/platform/', pathNot: '^packages/platform/src/contract/index[.]ts$' },
    },
    {
      name: 'front-doors-between-packages',
      comment: 'another package is imported through a door of its package.json, never by a path inside it',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: ['^packages/$1/', doors] },
    },
    {
      name: 'front-doors-from-outside',
      comment:
        'examples, benches, tests and tools import packages through their doors; benches take tables of tests as well',
      severity: 'error',
      from: { path: '^(examples|bench|tests|tools)/' },
      to: { path: '^packages/', pathNot: [doors, tables] },
    },
    {
      name: 'by-name-between-packages',
      comment: "another package is imported by its name ('@mabeam/ml'), never by a relative path",
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'], dependencyTypesNot: ['aliased'] },
    },
    {
      name: 'by-name-from-outside',
      comment: "packages are imported by their name ('@mabeam/ml'), never by a relative path",
      severity: 'error',
      from: { path: '^(examples|bench|tests|tools)/' },
      to: { path: '^packages/', pathNot: tables, dependencyTypes: ['local'], dependencyTypesNot: ['aliased'] },
    },
    {
      name: 'no-test-code-in-source',
      comment: 'source never imports tests or a testing door',
      severity: 'error',
      from: { path: '^packages/', pathNot: test },
      to: { path: test },
    },
    {
      name: 'packages-stand-alone',
      comment: 'a package never imports examples, benches, tests or tools',
      severity: 'error',
      from: { path: '^packages/', pathNot: test },
      to: { path: '^(examples|bench|tests|tools)/' },
    },
    {
      name: 'no-cycles',
      comment: 'two modules that need each other at run time are one module, or need a third; types may go both ways',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      comment: 'the import leads nowhere; peers of benches are installed by whoever wants to see them',
      severity: 'error',
      from: { pathNot: '^bench/peers/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['mabeam-source', 'types', 'import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.d.ts', '.json'],
    },
  },
}
