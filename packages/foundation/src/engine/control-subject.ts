/** Which messages hold a system together: engines that have several ways to go keep one free for them. */

/** Membership, signs of life and the channels' own control priority; the name of the system is the first word. */
const control = /^[^.]+\.(member|session|channel(-reply)?\.control)\./

/** Whether a subject, or a pattern of them, is of those messages; they do not wait behind data. */
export function isControlSubject(subject: string): boolean {
  return control.test(subject)
}
