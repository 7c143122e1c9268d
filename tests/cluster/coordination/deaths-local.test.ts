import { describe } from 'vitest'
import { deaths } from './deaths.ts'

describe('on engine local', () => deaths('local'))
