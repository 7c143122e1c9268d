/** Which events a program emits: follows the name of an event from where it is emitted to the literals it is made of. */

import ts from 'typescript-6'
import { walk } from './source.ts'

export interface EmittedName {
  /** Where the literal is, or what could not be followed. */
  readonly node: ts.Node
  /** Undefined when it can't be told. */
  readonly name: string | undefined
}

export class EventNames {
  readonly #checker: ts.TypeChecker
  readonly #program: ts.Program
  /** By the last word of what is called. */
  #calls: ReadonlyMap<string, readonly ts.CallExpression[]> | undefined

  constructor(program: ts.Program) {
    this.#program = program
    this.#checker = program.getTypeChecker()
  }

  /** What the events made in a file may be called. */
  in(file: string): readonly EmittedName[] {
    const tree = this.#program.getSourceFile(file)
    const names: EmittedName[] = []
    if (tree === undefined) return names
    walk(tree, (node) => {
      const value = ts.isObjectLiteralExpression(node) ? nameOfEvent(node) : undefined
      if (value !== undefined) names.push(...this.#namesOf(value, '', new Set()))
    })
    return names
  }

  #namesOf(value: ts.Expression, prefix: string, seen: Set<ts.Node>): readonly EmittedName[] {
    if (ts.isTemplateExpression(value)) {
      const [span, ...more] = value.templateSpans
      if (span === undefined || more.length > 0 || span.literal.text !== '') return [{ node: value, name: undefined }]
      return this.#namesOf(span.expression, prefix + value.head.text, seen)
    }
    const literals = literalsOf(this.#checker.getTypeAtLocation(value))
    if (literals !== undefined) return literals.map((text) => ({ node: value, name: prefix + text }))
    const handed = this.#handedIn(value)
    if (handed === undefined) return [{ node: value, name: undefined }]
    if (seen.has(handed.parameter)) return []
    seen.add(handed.parameter)
    const calls = handed.symbols.flatMap((symbol) => this.#callsOf(symbol))
    if (calls.length === 0) return [{ node: value, name: undefined }]
    return [...new Set(calls)].flatMap((call) => {
      const given = call.arguments[handed.index]
      return given === undefined ? [{ node: call, name: undefined }] : this.#namesOf(given, prefix, seen)
    })
  }

  /** The function whose parameter this is, by all names it is called by. */
  #handedIn(value: ts.Expression) {
    if (!ts.isIdentifier(value)) return undefined
    const isShort = ts.isShorthandPropertyAssignment(value.parent)
    const symbol = isShort
      ? this.#checker.getShorthandAssignmentValueSymbol(value.parent)
      : this.#checker.getSymbolAtLocation(value)
    const parameter = symbol?.valueDeclaration
    if (parameter === undefined || !ts.isParameter(parameter)) return undefined
    const index = parameter.parent.parameters.indexOf(parameter)
    return { parameter, index, symbols: this.#symbolsOf(parameter.parent) }
  }

  #symbolsOf(called: ts.SignatureDeclaration): readonly ts.Symbol[] {
    const { parent } = called
    const held = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)
    const named = called.name ?? (held ? parent.name : undefined)
    const own = named === undefined ? undefined : this.#checker.getSymbolAtLocation(named)
    const symbols = own === undefined ? [] : [own]
    const name = named?.getText()
    if (name === undefined) return symbols
    // Called through a contract: that of the class, or what the object is given as.
    const contracts = ts.isClassLike(parent)
      ? (parent.heritageClauses ?? []).flatMap((clause) =>
          clause.types.map((one) => this.#checker.getTypeAtLocation(one)),
        )
      : [objectAround(called)].map((object) => object && this.#checker.getContextualType(object))
    for (const contract of contracts) {
      const member = contract?.getProperty(name)
      if (member !== undefined) symbols.push(member)
    }
    return symbols
  }

  #callsOf(symbol: ts.Symbol): readonly ts.CallExpression[] {
    this.#calls ??= callsByWord(this.#program)
    const word = symbol.valueDeclaration && ts.getNameOfDeclaration(symbol.valueDeclaration)?.getText()
    const calls = word === undefined ? [] : (this.#calls.get(word) ?? [])
    // A symbol may be a copy made for one type of `this`; where it is declared tells.
    return calls.filter((call) => this.#calledBy(call)?.valueDeclaration === symbol.valueDeclaration)
  }

  #calledBy(call: ts.CallExpression): ts.Symbol | undefined {
    const symbol = this.#checker.getSymbolAtLocation(calleeOf(call))
    const isAlias = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0
    return isAlias ? this.#checker.getAliasedSymbol(symbol) : symbol
  }
}

function callsByWord(program: ts.Program): ReadonlyMap<string, readonly ts.CallExpression[]> {
  const calls = new Map<string, ts.CallExpression[]>()
  for (const tree of program.getSourceFiles()) {
    walk(tree, (node) => {
      if (!ts.isCallExpression(node)) return
      const word = calleeOf(node).getText()
      const same = calls.get(word)
      if (same === undefined) calls.set(word, [node])
      else same.push(node)
    })
  }
  return calls
}

function calleeOf({ expression }: ts.CallExpression): ts.Expression {
  return ts.isPropertyAccessExpression(expression) ? (expression.name as ts.Expression) : expression
}

/** The value of `name` in an object that is an event: it has measurements and metadata too. */
function nameOfEvent(object: ts.ObjectLiteralExpression): ts.Expression | undefined {
  const named = new Map(object.properties.map((property) => [property.name?.getText(), property]))
  if (!named.has('measurements') || !named.has('metadata')) return undefined
  const name = named.get('name')
  if (name === undefined) return undefined
  return ts.isPropertyAssignment(name)
    ? name.initializer
    : ts.isShorthandPropertyAssignment(name)
      ? name.name
      : undefined
}

function objectAround(called: ts.Node): ts.ObjectLiteralExpression | undefined {
  const member = ts.isMethodDeclaration(called) ? called : called.parent
  return member.parent !== undefined && ts.isObjectLiteralExpression(member.parent) ? member.parent : undefined
}

/** The strings a value of this type can be, when those are known. */
function literalsOf(type: ts.Type): readonly string[] | undefined {
  const types = type.isUnion() ? type.types : [type]
  return types.every((one) => one.isStringLiteral()) ? types.map((one) => one.value) : undefined
}
