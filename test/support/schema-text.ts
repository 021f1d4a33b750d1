/** A valibot schema as text, for docs/api.md. Named schemas stand by their name and are collected to be written once. */

/** What of a schema is read here; valibot has more members, by kind. */
interface Node {
  readonly type?: string
  readonly entries?: Readonly<Record<string, Node>>
  readonly item?: Node
  readonly options?: readonly unknown[]
  readonly wrapped?: Node
  readonly literal?: unknown
  readonly default?: unknown
  readonly pipe?: readonly Node[]
  readonly title?: string
  readonly metadata?: { readonly members?: Node }
}

export interface SchemaText {
  /** What a schema takes, over several lines, indented. */
  readonly print: (schema: unknown, indent?: string) => string
  /** Named schemas that were met and can be written out, by name. */
  readonly named: ReadonlyMap<string, () => string>
}

export function createSchemaText(): SchemaText {
  const named = new Map<string, () => string>()

  function print(schema: unknown, indent = ''): string {
    const node = nodeOf(schema)
    const title = node.pipe?.findLast((part) => part.type === 'title')?.title
    if (title === undefined) return body(node, indent)
    // A lazy one chooses its form by the input and has none to show.
    if (hasForm(node)) named.set(title, () => body(node, ''))
    return title
  }

  function body(node: Node, indent: string): string {
    const members = node.pipe?.find((part) => part.metadata?.members)?.metadata?.members
    if (members !== undefined) return `{ [name]: ${print(members, indent)} }`
    const root = formOf(node)
    switch (root.type ?? 'unknown') {
      case 'object':
      case 'strict_object':
        return objectText(root, indent)
      case 'array':
        return `[${print(root.item, indent)}, …]`
      case 'nullable':
        return `${print(root.wrapped, indent)} | null`
      case 'optional':
      case 'exact_optional':
        return print(root.wrapped, indent)
      case 'picklist':
        return (root.options ?? []).map((option) => JSON.stringify(option)).join(' | ')
      case 'union':
        return (root.options ?? []).map((option) => print(option, indent)).join(' | ')
      case 'literal':
        return JSON.stringify(root.literal)
      case 'custom':
        return 'object'
      default:
        return root.type ?? 'unknown'
    }
  }

  function objectText(node: Node, indent: string): string {
    const inner = `${indent}  `
    const lines = Object.entries(node.entries ?? {}).map(([name, member]) => {
      const isOptional = member.type === 'optional' || member.type === 'exact_optional'
      const fallback = member.default === undefined ? '' : ` = ${JSON.stringify(member.default)}`
      return `${inner}${name}${isOptional ? '?' : ''}: ${print(member, inner)}${fallback}`
    })
    return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`
  }

  return { print, named }
}

function nodeOf(schema: unknown): Node {
  if (typeof schema !== 'object' || schema === null) throw new TypeError('not a schema')
  return schema
}

/** The part of a pipe that has a form: `strict` checks for an object before it. */
function formOf(node: Node): Node {
  const parts = node.pipe ?? [node]
  const object = parts.find((part) => part.type === 'strict_object' || part.type === 'object')
  const first = object ?? parts[0] ?? node
  return first.pipe === undefined || first === node ? first : formOf(first)
}

function hasForm(node: Node): boolean {
  return formOf(node).type === 'object' || formOf(node).type === 'strict_object'
}
