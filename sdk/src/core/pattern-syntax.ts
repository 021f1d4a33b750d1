/** The grammar of RE2 (github.com/google/re2/wiki/Syntax) as far as it decides whether something matches. */

/** As in RE2. */
const MAX_REPEAT = 1000
const MAX_DEPTH = 100

/** Whether one code point passes. */
export type Test = (codePoint: number) => boolean

export type Node =
  | { readonly t: 'char'; readonly test: Test }
  | { readonly t: 'assert'; readonly holds: (before: number, after: number) => boolean }
  | { readonly t: 'seq' | 'alt'; readonly of: readonly Node[] }
  | { readonly t: 'repeat'; readonly node: Node; readonly min: number; readonly max: number }

const ESCAPES: Readonly<Record<string, string>> = {
  d: '0-9',
  s: '\\t\\n\\f\\r ',
  w: '0-9A-Za-z_',
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\0-\\x7f',
  blank: '\\t ',
  cntrl: '\\0-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t-\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }

/** @throws SyntaxError naming the place. */
export function parsePattern(source: string): Node {
  // By code points: a quantifier after an astral character applies to all of it.
  const text = Array.from(source)
  let at = 0
  let depth = 0
  let flags = ''

  const fail = (message: string): never => {
    throw new SyntaxError(`pattern at ${at}: ${message}`)
  }
  const has = (flag: string): boolean => flags.includes(flag)
  const eat = (expected: string): boolean => {
    const found = text.slice(at, at + expected.length).join('') === expected
    if (found) at += expected.length
    return found
  }

  /** A test for the V8 class `members`, which holds only what this parser wrote. */
  const oneOf = (members: string, negated: boolean): Node => {
    const re = new RegExp(`^[${members}]$`, has('i') ? 'iu' : 'u')
    return { t: 'char', test: (c) => re.test(String.fromCodePoint(c)) !== negated }
  }
  const literal = (c: number): Node =>
    has('i') ? oneOf(escape(c), false) : { t: 'char', test: (other) => other === c }

  const alternation = (): Node => {
    if (++depth > MAX_DEPTH) fail(`groups nest deeper than ${MAX_DEPTH}`)
    const outer = flags
    const branches: Node[] = []
    do branches.push(sequence())
    while (eat('|'))
    flags = outer
    depth--
    return branches.length === 1 && branches[0] ? branches[0] : { t: 'alt', of: branches }
  }

  const sequence = (): Node => {
    const of: Node[] = []
    while (at < text.length && text[at] !== '|' && text[at] !== ')') {
      const quoted: Node[] = []
      if (eat('\\Q')) {
        while (at < text.length && !eat('\\E')) quoted.push(literal(codePoint()))
        if (quoted.length === 0) continue
      }
      // A quantifier after a quotation applies to its last character.
      const node = quoted.pop() ?? atom()
      of.push(...quoted)
      if (node) of.push(quantified(node))
    }
    return { t: 'seq', of }
  }

  const quantified = (node: Node): Node => {
    const bounds = quantifier()
    if (!bounds) return node
    // A lazy quantifier finds the same texts; only where the match ends differs.
    eat('?')
    if (quantifier()) fail('a quantifier follows a quantifier; put the first into a group')
    return { t: 'repeat', node, min: bounds[0], max: bounds[1] }
  }

  const quantifier = (): readonly [number, number] | undefined => {
    if (eat('*')) return [0, Infinity]
    if (eat('+')) return [1, Infinity]
    if (eat('?')) return [0, 1]
    const match = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(text.slice(at, at + 24).join(''))
    // `{` that opens no count stands for itself.
    if (!match) return undefined
    at += match[0].length
    const min = Number(match[1])
    const max = match[2] === undefined ? min : match[3] ? Number(match[3]) : Infinity
    if (min > max || min > MAX_REPEAT || (max > MAX_REPEAT && max !== Infinity))
      fail(`a count is 0 to ${MAX_REPEAT}, smaller first`)
    return [min, max]
  }

  /** One atom; nothing for a bare flag group. */
  const atom = (): Node | undefined => {
    const c = text[at] ?? ''
    if ('*+?'.includes(c)) fail(`nothing to repeat before ${c}`)
    if (eat('(')) return group()
    if (eat('[')) return charClass()
    if (eat('.')) return has('s') ? { t: 'char', test: () => true } : oneOf('\\n', true)
    if (eat('^')) return has('m') ? assert((b) => b < 2) : assert((b) => b === 0)
    if (eat('$')) return has('m') ? assert((_, a) => a < 2) : assert((_, a) => a === 0)
    if (c !== '\\') return literal(codePoint())
    if (eat('\\A')) return assert((b) => b === 0)
    if (eat('\\z')) return assert((_, a) => a === 0)
    if (eat('\\b')) return assert((b, a) => (b === 2) !== (a === 2))
    if (eat('\\B')) return assert((b, a) => (b === 2) === (a === 2))
    const set = setEscape()
    return set ? oneOf(set[0], set[1]) : literal(charEscape())
  }

  const group = (): Node | undefined => {
    const outer = flags
    if (eat('?')) {
      const name = /^P?<[A-Za-z_0-9]+>/.exec(text.slice(at, at + 64).join(''))
      const set = /^([imsU]*)(-[imsU]+)?([:)])/.exec(text.slice(at, at + 12).join(''))
      if (name) at += name[0].length
      else if (set) {
        at += set[0].length
        const off = set[2] ?? ''
        flags = Array.from(flags + (set[1] ?? ''))
          .filter((flag) => !off.includes(flag))
          .join('')
        // `(?i)` counts until the group around it ends, which restores the flags.
        if (set[3] === ')') return undefined
      } else fail('look-around and this kind of group are not in RE2')
    }
    const node = alternation()
    if (!eat(')')) fail('a group is not closed')
    flags = outer
    return node
  }

  const codePoint = (): number => {
    const c = text[at++]?.codePointAt(0)
    return c ?? fail('the pattern ends too early')
  }

  /** `\d`, `\W`, `\pL`, `\p{Greek}` as V8 class members and whether they are negated. */
  const setEscape = (): readonly [string, boolean] | undefined => {
    const match = /^\\(?:([dswDSW])|([pP])(?:\{(\^?)([A-Za-z_]+)\}|([A-Z])))/.exec(
      text.slice(at, at + 48).join(''),
    )
    if (!match) return undefined
    const [all, perl, property, caret, name, letter] = match
    at += all.length
    if (perl) return [ESCAPES[perl.toLowerCase()] ?? '', perl < 'a']
    const asked = name ?? letter ?? ''
    for (const form of [`\\p{${asked}}`, `\\p{Script=${asked}}`]) {
      try {
        // Asking V8 whether it knows the property; the text is letters only, so nothing else can be in it.
        void new RegExp(form, 'u')
        return [form, (property === 'P') !== (caret === '^')]
      } catch {
        continue
      }
    }
    return fail(`no Unicode class is named ${asked}`)
  }

  const charEscape = (): number => {
    at++
    const rest = text.slice(at, at + 12).join('')
    const hex = /^x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/.exec(rest)
    const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest)
    const number = hex
      ? Number.parseInt(hex[1] ?? hex[2] ?? '', 16)
      : Number.parseInt(octal?.[0] ?? '', 8)
    if (hex || octal) {
      at += (hex ?? octal)?.[0].length ?? 0
      return number <= 0x10ffff ? number : fail('past the last code point')
    }
    const c = text[at] ?? ''
    if (Object.hasOwn(CONTROLS, c)) {
      at++
      return CONTROLS[c] ?? 0
    }
    if (/^[0-9A-Za-z]?$/.test(c)) fail(`\\${c} is not in RE2`)
    return codePoint()
  }

  const charClass = (): Node => {
    const negated = eat('^')
    const tests: Node[] = []
    let members = ''
    for (let first = true; first || !eat(']'); first = false) {
      if (at >= text.length) fail('a class is not closed')
      const named = /^\[:(\^?)([a-z]+):\]/.exec(text.slice(at, at + 16).join(''))
      const set = named ? undefined : setEscape()
      if (named) {
        const known = named[2] && Object.hasOwn(ESCAPES, named[2]) && named[2].length > 1
        const found =
          known && named[2] ? (ESCAPES[named[2]] ?? '') : fail(`no class is named ${named[2]}`)
        at += named[0].length
        if (named[1]) tests.push(oneOf(found, true))
        else members += found
      } else if (set) {
        if (set[1]) tests.push(oneOf(set[0], true))
        else members += set[0]
      } else {
        const from = text[at] === '\\' ? charEscape() : codePoint()
        let to = from
        if (text[at] === '-' && text[at + 1] !== ']' && at + 1 < text.length) {
          at++
          to = text[at] === '\\' ? charEscape() : codePoint()
          if (to < from) fail('a range runs backwards')
        }
        members += `${escape(from)}-${escape(to)}`
      }
    }
    tests.push(oneOf(members, false))
    const checks = tests.flatMap((node) => (node.t === 'char' ? [node.test] : []))
    return { t: 'char', test: (c) => checks.some((check) => check(c)) !== negated }
  }

  const node = alternation()
  if (at < text.length) fail('unmatched )')
  return node
}

const escape = (c: number): string => `\\u{${c.toString(16)}}`

const assert = (holds: (before: number, after: number) => boolean): Node => ({ t: 'assert', holds })
