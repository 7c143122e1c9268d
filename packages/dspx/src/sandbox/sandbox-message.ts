/** What a sandbox and the thread it runs in say to each other. */

/** What the thread is born with. */
export interface SandboxBirth {
  readonly memoryBytes: number
  readonly stackBytes: number
  readonly valueCharsMax: number
  readonly printedCharsMax: number
  readonly hostCallsMax: number
  /** Names of host functions. */
  readonly hosts: readonly string[]
  /** The time that code sees, and the seed of its random numbers. */
  readonly nowMs: number
  readonly seed: number
  /** One 32-bit cell: anything but 0 stops what runs. */
  readonly stop: SharedArrayBuffer
}

/** To the thread. Each is answered by one `idle` when everything that could run has run. */
export type SandboxOrder =
  | { readonly type: 'run'; readonly run: number; readonly code: string }
  | { readonly type: 'reply'; readonly call: number; readonly json: string | undefined }
  | { readonly type: 'refusal'; readonly call: number; readonly message: string }

/** Why code gave no value. */
export type SandboxFault =
  | 'syntax'
  | 'threw'
  | 'time'
  | 'memory'
  | 'value'
  | 'never-settles'
  /** The thread could not go on; what the sandbox held is lost. */
  | 'broken'

/** From the thread. */
export type SandboxReport =
  | { readonly type: 'ready' }
  /** It can't go on. */
  | { readonly type: 'broken'; readonly message: string }
  | { readonly type: 'unready'; readonly message: string }
  | { readonly type: 'call'; readonly call: number; readonly name: string; readonly json: string }
  | { readonly type: 'idle' }
  | {
      readonly type: 'ended'
      readonly run: number
      readonly printed: string
      readonly printedOmitted: number
      /** JSON of the value, absent for `undefined`. */
      readonly json?: string
      readonly fault?: SandboxFault
      readonly message?: string
      /** True where what the run left behind could not be stopped. */
      readonly isUnstoppable?: boolean
    }
