/** What every package has: the four documents, one version in lockstep, doors of one shape, a reason for each dependency. */

import type { Finding } from './finding.ts'
import type { Source } from './source.ts'

interface Manifest {
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly type?: string
  readonly license?: string
  readonly description?: string
  readonly engines?: { readonly node?: string }
  readonly files?: readonly string[]
  readonly exports?: { readonly [door: string]: unknown }
  readonly dependencies?: { readonly [name: string]: string }
  readonly devDependencies?: { readonly [name: string]: string }
}

interface Package {
  readonly folder: string
  readonly manifest: Manifest
}

const documents = ['README.md', 'events.md', 'LICENSE', 'NOTICE']

/** `package-files`, `package-manifest`, `package-doors` and `package-readme` of all packages. */
export function packageFindings(sources: readonly Source[]): Finding[] {
  const files = new Map(sources.map((source) => [source.path, source.text]))
  const packages = packagesOf(sources)
  const version = packages[0]?.manifest.version ?? ''
  const ours = new Set(packages.map((one) => one.manifest.name))
  return [
    ...packages.flatMap((one) => [
      ...documentFindings(one, files),
      ...manifestFindings(one, version, ours),
      ...doorFindings(one, files),
      ...readmeFindings(one, files, ours),
    ]),
    ...pinFindings('package.json', readManifest(files.get('package.json')).devDependencies),
  ]
}

/** Paths of all `index.ts` files that a package.json exports. */
export function packageDoors(sources: readonly Source[]): ReadonlySet<string> {
  const doors = packagesOf(sources).flatMap(({ folder, manifest }) =>
    Object.values(manifest.exports ?? {}).map(
      (target) => `${folder}/${(sourceOfDoor(target) ?? '').replace('./', '')}`,
    ),
  )
  return new Set(doors)
}

function packagesOf(sources: readonly Source[]): Package[] {
  return sources
    .filter((source) => /^packages\/[^/]+\/package\.json$/.test(source.path))
    .map((source) => ({ folder: source.path.replace('/package.json', ''), manifest: readManifest(source.text) }))
}

function readManifest(text: string | undefined): Manifest {
  return JSON.parse(text ?? '{"name":""}') as Manifest
}

function documentFindings({ folder }: Package, files: ReadonlyMap<string, string>): Finding[] {
  const findings: Finding[] = []
  for (const document of documents) {
    const text = files.get(`${folder}/${document}`)
    if (text === undefined) findings.push(found('package-files', folder, `expected ${document}, got none`))
    else if (/^(LICENSE|NOTICE)$/.test(document) && text !== files.get(document)) {
      findings.push(found('package-files', `${folder}/${document}`, `expected the text of the root's ${document}`))
    }
  }
  return findings
}

function manifestFindings(one: Package, version: string, ours: ReadonlySet<string>): Finding[] {
  const { folder, manifest } = one
  const expected: [string, unknown, unknown][] = [
    ['version', manifest.version, version],
    ['license', manifest.license, 'Apache-2.0'],
    ['type', manifest.type, 'module'],
    ['engines.node', manifest.engines?.node, '>=24'],
    ['name', manifest.name, folder === 'packages/mabeam' ? 'mabeam' : folder.replace('packages/', '@mabeam/')],
  ]
  const at = `${folder}/package.json`
  const findings = expected
    .filter(([, got, want]) => got !== want)
    .map(([key, got, want]) => found('package-manifest', at, `${key}: expected ${want}, got ${got ?? 'nothing'}`))
  for (const name of ['dist', ...documents]) {
    if (!manifest.files?.includes(name)) findings.push(found('package-manifest', at, `files: expected ${name} in it`))
  }
  if (!manifest.description)
    findings.push(found('package-manifest', at, 'description: expected a sentence, got nothing'))
  for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
    if (ours.has(name) && range !== version) {
      findings.push(found('package-manifest', at, `dependencies.${name}: expected ${version} (lockstep), got ${range}`))
    }
  }
  return [...findings, ...pinFindings(at, manifest.dependencies)]
}

function pinFindings(at: string, dependencies: { readonly [name: string]: string } | undefined): Finding[] {
  return Object.entries(dependencies ?? {})
    .filter(([, range]) => !/^(npm:[@\w/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))
    .map(([name, range]) => found('package-manifest', at, `${name}: expected an exact version, got ${range}`))
}

function doorFindings({ folder, manifest }: Package, files: ReadonlyMap<string, string>): Finding[] {
  const findings: Finding[] = []
  for (const [door, target] of Object.entries(manifest.exports ?? {})) {
    const source = sourceOfDoor(target)
    const built = source?.replace('./src/', './dist/').replace(/\.ts$/, '')
    const want = JSON.stringify({ 'mabeam-source': source, types: `${built}.d.ts`, default: `${built}.js` })
    const at = `${folder}/package.json`
    if (JSON.stringify(target) !== want) {
      findings.push(found('package-doors', at, `exports["${door}"]: expected ${want}, got ${JSON.stringify(target)}`))
    } else if (!files.has(`${folder}/${source?.replace('./', '')}`)) {
      findings.push(found('package-doors', at, `exports["${door}"]: ${source} is not there`))
    }
  }
  return findings
}

function sourceOfDoor(target: unknown): string | undefined {
  return (target as { readonly 'mabeam-source'?: string } | null)?.['mabeam-source']
}

function readmeFindings(one: Package, files: ReadonlyMap<string, string>, ours: ReadonlySet<string>): Finding[] {
  const readme = files.get(`${one.folder}/README.md`)
  if (readme === undefined) return []
  return Object.keys(one.manifest.dependencies ?? {})
    .filter((name) => !ours.has(name) && !readme.includes(name))
    .map((name) => found('package-readme', `${one.folder}/README.md`, `expected one line saying why ${name} is needed`))
}

function found(rule: string, at: string, sentence: string): Finding {
  return { rule, at, sentence }
}
