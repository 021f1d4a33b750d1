/** Reads as much of Gherkin as public suites of features need: backgrounds, scenarios, outlines, examples, tables, tags. */

export interface Step {
  /** Without its keyword. */
  readonly text: string
  /** Rows of cells under it. */
  readonly table: readonly (readonly string[])[]
}

export interface Scenario {
  /** Unique within its feature. */
  readonly name: string
  /** Its own, and those of its examples; without `@`. */
  readonly tags: readonly string[]
  /** Those of the background first. */
  readonly steps: readonly Step[]
}

interface Block {
  readonly kind: 'Background' | 'Scenario' | 'Examples'
  readonly name: string
  readonly tags: readonly string[]
  readonly steps: Step[]
  readonly rows: string[][]
}

/** Every scenario of a feature, outlines expanded. */
export function readFeature(text: string): readonly Scenario[] {
  const blocks: Block[] = []
  let tags: string[] = []
  for (const line of text.split('\n').map((one) => one.trim())) {
    const block = blocks.at(-1)
    const heading = /^(Background|Scenario Outline|Scenario|Examples)\s*:\s*(.*)$/.exec(line)
    const step = /^(?:Given|When|Then|And|But)\s+(.*)$/.exec(line)
    if (line.startsWith('@')) tags.push(...line.split(/\s+/).map((tag) => tag.slice(1)))
    else if (line.startsWith('Feature:')) tags = []
    else if (heading) {
      const [, kind = '', name = ''] = heading
      blocks.push({ kind: kindOf(kind), name, tags, steps: [], rows: [] })
      tags = []
    } else if (step) block?.steps.push({ text: step[1] ?? '', table: [] })
    else if (line.startsWith('|')) addRow(block, cellsOf(line))
  }
  return numbered(blocks.flatMap((block, index) => scenariosOf(block, blocks, index)))
}

function kindOf(heading: string): Block['kind'] {
  return heading === 'Background' || heading === 'Examples' ? heading : 'Scenario'
}

function addRow(block: Block | undefined, row: string[]): void {
  const step = block?.steps.at(-1)
  if (step) block?.steps.splice(-1, 1, { ...step, table: [...step.table, row] })
  else block?.rows.push(row)
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim())
}

function scenariosOf(block: Block, blocks: readonly Block[], index: number): readonly Scenario[] {
  if (block.kind !== 'Scenario') return []
  const background = blocks
    .filter(({ kind }) => kind === 'Background')
    .flatMap(({ steps }) => steps)
  const after = blocks.slice(index + 1)
  const end = after.findIndex(({ kind }) => kind !== 'Examples')
  const examples = end < 0 ? after : after.slice(0, end)
  if (examples.length === 0) return [{ ...block, steps: [...background, ...block.steps] }]
  return examples.flatMap(({ tags, rows: [names = [], ...rows] }) =>
    rows.map((cells) => {
      const fill = (text: string): string =>
        names.reduce((filled, name, at) => filled.replaceAll(`<${name}>`, cells[at] ?? ''), text)
      const steps = block.steps.map(({ text, table }) => ({
        text: fill(text),
        table: table.map((row) => row.map(fill)),
      }))
      return {
        name: `${block.name} (${cells.join(', ')})`,
        tags: [...block.tags, ...tags],
        steps: [...background, ...steps],
      }
    }),
  )
}

function numbered(scenarios: readonly Scenario[]): readonly Scenario[] {
  return scenarios.map((scenario, index) => ({
    ...scenario,
    name: `${index + 1}. ${scenario.name}`,
  }))
}
