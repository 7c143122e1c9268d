/** What stands between us and a file, in words for whoever named it: the system's own are kept as the error's cause. */

const faults: { readonly [systemCode: string]: string } = {
  ENOENT: 'no such file; check the path',
  ENOTDIR: 'a path through a file that is no folder; check the path',
  EEXIST: 'a file where a folder has to be; check the path',
  EISDIR: 'a folder; name a file',
  EACCES: 'no permission; check who may open it',
  EPERM: 'no permission; check who may open it',
  EROFS: 'a disk that is read-only; choose another folder',
  ENOSPC: 'a full disk; free some space and run again',
  EDQUOT: 'a used-up quota of disk space; free some and run again',
  EMFILE: 'too many open files in this process; run less at once',
  ENAMETOOLONG: 'a name that is too long; shorten it',
}

/**
 * What was got instead of the file, and how to mend it: the end of a sentence after "got ".
 * @example fileFault(thrownByReadFile) // => 'no such file; check the path'
 */
export function fileFault(cause: unknown): string {
  const { code } = cause as { readonly code?: unknown }
  const known = typeof code === 'string' ? faults[code] : undefined
  return known ?? `${typeof code === 'string' ? code : 'a failure'} from the system; check the disk and the path`
}
