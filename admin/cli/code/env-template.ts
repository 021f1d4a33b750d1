/** Every variable and secret that configs refer to, as an ENV file to fill in. Pure. */
import { findReferences, formatPointer, type JsonValue } from '#core'

export interface Wanted {
  readonly name: string
  readonly kind: 'variable' | 'secret'
  /** `settings#/database/host`, in the order they were found. */
  readonly places: readonly string[]
  /** What is taken when it is not set; undefined: it is empty then, or the document is refused. */
  readonly fallback: string | undefined
  /** The document is refused without it. */
  readonly required: boolean
}

type Template = ReturnType<typeof findReferences>[number]['template']

/** `documents`: by config, as resolved in one environment or in several. */
export function wantedOf(
  documents: readonly (readonly [config: string, document: JsonValue])[],
): Wanted[] {
  const found = new Map<string, Wanted>()
  for (const [config, document] of documents)
    for (const { tokens, template } of findReferences(document))
      collect(template, `${config}#${formatPointer(tokens)}`, found)
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function collect(template: Template, place: string, found: Map<string, Wanted>): void {
  for (const part of template) {
    if (typeof part === 'string' || part.kind === 'config') continue
    if (part.kind === 'secret') {
      add(
        { name: part.name, kind: 'secret', places: [place], fallback: undefined, required: true },
        found,
      )
      continue
    }
    const { name, operator, argument } = part
    const isDefault = operator === '-' || operator === ':-'
    const plain = argument.every((one) => typeof one === 'string') ? argument.join('') : undefined
    add(
      {
        name,
        kind: 'variable',
        places: [place],
        fallback: isDefault ? plain : undefined,
        required: operator === '?' || operator === ':?',
      },
      found,
    )
    collect(argument, place, found)
  }
}

function add(one: Wanted, found: Map<string, Wanted>): void {
  const id = `${one.kind} ${one.name}`
  const known = found.get(id)
  if (known === undefined) found.set(id, one)
  else
    found.set(id, {
      ...known,
      places: [...new Set([...known.places, ...one.places])],
      fallback: known.fallback ?? one.fallback,
      required: known.required || one.required,
    })
}

/** Variables as lines to fill in, those with a default commented out; secrets are named only, since they are not set here. */
export function envTemplate(wanted: readonly Wanted[]): string {
  const blocks = wanted.map(({ name, kind, places, fallback, required }) => {
    const where = `# ${places.join(', ')}`
    if (kind === 'secret') return `${where}\n# secret "${name}": driftless secrets set ${name}`
    if (fallback !== undefined)
      return `${where}\n# ${name}=${/^[\w./:@-]*$/.test(fallback) ? fallback : JSON.stringify(fallback)}`
    return `${where}${required ? '; required' : ''}\n${name}=`
  })
  return blocks.length === 0 ? '# no config refers to a variable\n' : `${blocks.join('\n\n')}\n`
}
