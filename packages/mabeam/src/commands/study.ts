/** `mabeam study`: searches over any space with any way to measure, and what they found. */

import { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { importanceCommand } from './study/importance.ts'
import { listCommand } from './study/list.ts'
import { runCommand } from './study/run.ts'
import { showCommand } from './study/show.ts'

const guide = `
Studies lie in .mabeam/studies/ of this folder (or in MABEAM_HOME). Where a study is asked for, its folder or its journal does as well,
such as one that a program of yours keeps. Those of mabeam optimize can be shown, too.`

export function studyCommand(terminal: Terminal, finish: (status: number) => void): Command {
  const command = new Command('study')
    .description('search any space with any function or command, and see what was found')
    .addHelpText('after', guide)
  for (const part of [runCommand, showCommand, listCommand, importanceCommand]) {
    command.addCommand(part(terminal, finish))
  }
  return command
}
