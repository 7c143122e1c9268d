/** Where a node's sign of life is heard, and where it is asked for. */

/** The node named beats here, also while its program is busy. */
export function beatSubject(system: string, node: string): string {
  return `${system}.session.beat.${node}`
}

/** Who asks here hears whether its process lives. */
export function probeSubject(system: string, node: string): string {
  return `${system}.session.probe.${node}`
}

/** Whether it is one of these of some node of the system: what is said there is empty, and said by a thread that knows nothing else. */
export function isPulseSubject(system: string, subject: string): boolean {
  return subject.startsWith(`${system}.session.beat.`) || subject.startsWith(`${system}.session.probe.`)
}
