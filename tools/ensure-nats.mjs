/**
 * Finds a nats-server that is new enough, or gets one into the cache folder of the user, and prints its path. Nothing outside that
 * folder is touched. Looks on the path, in the cache, and among what Go has installed; else builds it with Go, else takes it
 * from Debian's newest suite through the mirror this machine is configured with. Runs with nothing installed, on Node 20.20.
 */

import { spawnSync } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const oldest = [2, 15]
const wanted = '2.15.1'
const debianKeys = '/usr/share/keyrings/debian-archive-keyring.gpg'
const program = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'

/**
 * The path of a nats-server of 2.15 or newer. Two programs that ask at once get the same one.
 * Throws an Error whose message says in one sentence how to get it.
 */
export function ensureNats({ env = process.env, say = sayOnStandardError } = {}) {
  const cached = path.join(cacheFolder(env), program)
  const given = env.MABEAM_NATS_SERVER
  if (given !== undefined && given !== '') return checkGiven(given, env)
  const older = []
  for (const [where, file] of candidates(env, cached)) {
    const version = versionOf(file, env)
    if (version === undefined) continue
    if (isNewEnough(version)) {
      if (where !== 'go') return file
      // The engine looks on the path and in the cache, and not where Go keeps its programs.
      say(`found nats-server ${place(file, cached, env)} among Go's programs, and copied it to ${cached}`)
      return cached
    }
    older.push(`${file} is ${version}`)
  }
  const failures = []
  for (const get of [fromGo, fromDebian]) {
    const folder = temporaryFolder(cached)
    try {
      const got = get(folder, env, say)
      if (typeof got === 'string') failures.push(got)
      else {
        say(`got nats-server ${place(got.file, cached, env)} from ${got.from}: ${cached}`)
        return cached
      }
    } catch (error) {
      failures.push(error.message)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  throw new Error(howToGetIt([...older, ...failures]))
}

/** Where it is kept: `XDG_CACHE_HOME/mabeam`, or `~/.cache/mabeam`. */
function cacheFolder(env) {
  const base = env.XDG_CACHE_HOME
  return path.join(base === undefined || base === '' ? path.join(env.HOME ?? homedir(), '.cache') : base, 'mabeam')
}

function checkGiven(file, env) {
  const version = versionOf(file, env)
  if (version !== undefined && isNewEnough(version)) return file
  const got = version === undefined ? 'nothing that runs as one' : version
  throw new Error(`MABEAM_NATS_SERVER: expected a nats-server of ${oldest.join('.')} or newer, got ${got} at ${file}`)
}

function candidates(env, cached) {
  const folders = (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '')
  const found = folders.map((folder) => ['path', path.join(folder, program)])
  const goFolder = goBin(env)
  return [...found, ['cache', cached], ...(goFolder === undefined ? [] : [['go', path.join(goFolder, program)]])]
}

function goBin(env) {
  const { status, stdout } = run('go', ['env', 'GOBIN', 'GOPATH'], { env })
  if (status !== 0) return undefined
  const [bin, workspace] = stdout.split('\n')
  return bin !== '' ? bin : path.join(workspace.split(path.delimiter)[0], 'bin')
}

/** What `--version` says, or undefined when it does not run. */
function versionOf(file, env) {
  try {
    accessSync(file, constants.X_OK)
    if (!statSync(file).isFile()) return undefined
  } catch {
    return undefined
  }
  return /v?(\d+\.\d+\.\d+\S*)/.exec(run(file, ['--version'], { env }).stdout ?? '')?.[1]
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
}

function temporaryFolder(cached) {
  mkdirSync(path.dirname(cached), { recursive: true })
  return mkdtempSync(path.join(path.dirname(cached), '.getting-'))
}

/** Puts it there in one step, so that nobody ever sees half of it, and makes sure that it runs. Its version. */
function place(file, cached, env) {
  const version = versionOf(file, env)
  if (version === undefined || !isNewEnough(version)) {
    throw new Error(
      `expected nats-server ${oldest.join('.')} or newer, got ${version ?? 'something that does not run'}`,
    )
  }
  const folder = temporaryFolder(cached)
  try {
    const copy = path.join(folder, program)
    copyFileSync(file, copy)
    chmodSync(copy, 0o755)
    renameSync(copy, cached)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return version
}

function fromGo(folder, env, say) {
  if (run('go', ['version'], { env }).status !== 0) return 'Go is not there'
  say(`building nats-server ${wanted} with Go, once (about a minute) …`)
  const args = ['install', `github.com/nats-io/nats-server/v2@v${wanted}`]
  const { status, stderr } = run('go', args, { env: { ...env, GOBIN: folder }, timeout: 300_000 })
  if (status !== 0) return `go install failed: ${lastLine(stderr)}`
  return { file: path.join(folder, program), from: 'Go' }
}

/** Debian's package of its newest suite unpacks and runs on Debian 12; nothing is installed. */
function fromDebian(folder, env, say) {
  const mirror = debianMirror(env)
  if (mirror === undefined) return 'this is no Debian with a mirror'
  say("getting nats-server from Debian's newest suite, through the mirror of this machine …")
  const signed = existsSync(debianKeys) ? `[signed-by=${debianKeys}] ` : ''
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'sources']) {
    mkdirSync(path.join(folder, name), { recursive: true })
  }
  writeFileSync(path.join(folder, 'sources.list'), `deb ${signed}${mirror} unstable main\n`)
  writeFileSync(path.join(folder, 'status'), '')
  const at = [
    ['Dir::Etc::sourcelist', 'sources.list'],
    ['Dir::Etc::sourceparts', 'sources'],
    ['Dir::State', 'state'],
    ['Dir::State::status', 'status'],
    ['Dir::Cache', 'cache'],
  ].flatMap(([option, file]) => ['-o', `${option}=${path.join(folder, file)}`])
  const quiet = ['-q', '-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Languages=none']
  for (const args of [['update'], ['download', 'nats-server']]) {
    const { status, stdout, stderr } = run('apt-get', [...at, ...quiet, ...args], {
      env,
      timeout: 120_000,
      cwd: folder,
    })
    if (status !== 0) return `apt-get ${args[0]} failed: ${lastLine(`${stdout}\n${stderr}`)}`
  }
  const archive = readdirSync(folder).find((name) => name.endsWith('.deb'))
  const unpacked = path.join(folder, 'unpacked')
  const { status, stderr } = run('dpkg-deb', ['-x', String(archive), unpacked], { env, timeout: 60_000, cwd: folder })
  if (status !== 0) return `dpkg-deb failed: ${lastLine(stderr)}`
  const file = ['usr/sbin', 'usr/bin']
    .map((where) => path.join(unpacked, where, program))
    .find((one) => versionOf(one, env))
  return file === undefined ? "Debian's package has no nats-server that runs here" : { file, from: 'Debian' }
}

/** Where this machine gets Debian itself from. */
function debianMirror(env) {
  let release = ''
  try {
    release = readFileSync('/etc/os-release', 'utf8')
  } catch {
    return undefined
  }
  const codename = /^VERSION_CODENAME=(\S+)$/m.exec(release)?.[1]
  if (!/^ID=debian$/m.test(release) || codename === undefined) return undefined
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)'
  const { status, stdout } = run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], { env })
  if (status !== 0) return undefined
  const rows = stdout.split('\n').map((line) => line.split(' '))
  return rows.find(([, suite, component]) => suite === codename && component === 'main')?.[0]
}

function run(command, args, options) {
  return spawnSync(command, args, { timeout: 20_000, ...options, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

function lastLine(text) {
  return (text ?? '').trim().split('\n').at(-1)?.slice(0, 200) || 'it printed nothing'
}

function howToGetIt(seen) {
  const found = seen.length === 0 ? '' : ` (${seen.join('; ')})`
  return (
    `expected nats-server ${oldest.join('.')} or newer, found none${found}: install it with \`brew install nats-server\`, ` +
    `with \`go install github.com/nats-io/nats-server/v2@v${wanted}\`, or copy it out of the image \`nats:${wanted}\` with \`docker cp\`, ` +
    'and put it on the path or its file into MABEAM_NATS_SERVER'
  )
}

function sayOnStandardError(line) {
  process.stderr.write(`ensure-nats: ${line}\n`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.stdout.write(`${ensureNats()}\n`)
  } catch (error) {
    process.stderr.write(`ensure-nats: ${error.message}\n`)
    process.exitCode = 1
  }
}
