/** Real documents and other people's test tables, through our readers: SchemaStore's, and Compose's dotenv cases. */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isJsonObject, type DocumentFormat } from '#core'
import { editDocument, parseDocument, printDocument } from '#formats'
import { suite } from '../support/suites.ts'

const FORMATS: Readonly<Record<string, DocumentFormat>> = {
  '.json': 'json',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.toml': 'toml',
}

const schemastore = suite('schemastore-dev')

describe.skipIf(schemastore === undefined)('SchemaStore (skipped without the suites)', () => {
  const files = readdirSync(schemastore ?? '.', { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\/(?:positive|negative)\//.test(file) && extname(file) in FORMATS,
  )

  test('every document is read in its own format', () => {
    const refused: string[] = []
    for (const file of files) {
      const format = FORMATS[extname(file)] ?? 'json'
      const text = readFileSync(join(schemastore ?? '', file), 'utf8')
      const parsed = parseDocument(text, format)
      if (!parsed.ok) {
        refused.push(`${file}:${parsed.error.line}: ${parsed.error.message}`)
        continue
      }
      const printed = parseDocument(printDocument(parsed.value, format), format)
      expect(printed, file).toEqual(parsed)
    }
    expect(refused).toEqual([])
    expect(files.length).toBeGreaterThan(300)
  })

  test('a member can be added to every one, and leaves every line that was there', () => {
    for (const file of files) {
      const format = FORMATS[extname(file)] ?? 'json'
      const text = readFileSync(join(schemastore ?? '', file), 'utf8')
      const parsed = parseDocument(text, format)
      const { value } = parsed.ok ? parsed : { value: null }
      if (!isJsonObject(value)) continue
      const edited = editDocument(text, format, '/x-added', 'here')
      const again = edited.ok ? parseDocument(edited.text, format) : edited
      expect(again, file).toEqual({ ok: true, value: { ...value, 'x-added': 'here' } })
      const after = new Set(
        (edited.ok ? edited.text : '').split(/\r?\n/).map((line) => line.replace(/,$/, '')),
      )
      const lost = text.split(/\r?\n/).filter((line) => !after.has(line.replace(/,$/, '')))
      // A document on one line has no line of its own to keep, and an empty one is `{}`.
      if (text.trim().includes('\n') && Object.keys(value).length > 0)
        expect(lost, file).toEqual([])
    }
  })
})

interface Case {
  readonly input: string
  readonly expect: Readonly<Record<string, string>>
  readonly errorContains: string
  readonly file: string
}

const compose = suite('compose-interpolation')

describe.skipIf(compose === undefined)('Compose’s dotenv (skipped without the suites)', () => {
  const cases: Readonly<Record<'parse' | 'unterminated' | 'files' | 'bad', readonly Case[]>> =
    JSON.parse(
      compose === undefined ? '{}' : readFileSync(join(compose, 'dotenv-cases.json'), 'utf8'),
    )

  test('what needs no substitution is read the same', () => {
    for (const { input, expect: expected } of cases.parse) {
      expect(parseDocument(input, 'env'), input).toEqual({ ok: true, value: expected })
    }
  })

  test('what is not closed, and what is no name, is refused', () => {
    for (const { input, errorContains } of cases.unterminated) {
      const message = expect.stringContaining(errorContains)
      expect(parseDocument(input, 'env'), input).toMatchObject({ ok: false, error: { message } })
    }
    for (const { input } of cases.bad) expect(parseDocument(input, 'env').ok, input).toBe(false)
  })

  test('files are read the same, but for what refers to variables', () => {
    for (const { file, expect: expected, errorContains } of cases.files) {
      const text = readFileSync(join(compose ?? '', file), 'utf8')
      const parsed = parseDocument(text, 'env')
      if (errorContains !== undefined) {
        const [, line, said] = /^line (\d+): (.*)/.exec(errorContains) ?? []
        const message = expect.stringContaining(said ?? '')
        expect(parsed, file).toMatchObject({ ok: false, error: { line: Number(line), message } })
      } else if (!file.includes('substitutions')) {
        expect(parsed, file).toMatchObject({ ok: true, value: expected })
      }
    }
  })
})
