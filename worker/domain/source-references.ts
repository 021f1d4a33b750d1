/** Which references a layer's source holds, told without resolving anything: who depends on whom, and what may grow. */
import { findReferences } from '#core'
import { parseDocument } from '#formats'
import { mayHoldDollar } from './config-check.ts'
import type { Template } from '#core'
import type { ItemContent } from './items.ts'

export interface SourceReferences {
  /** Whether any text means something else than itself. */
  readonly any: boolean
  /** The configs it names, each once. */
  readonly configs: readonly string[]
}

export const NO_REFERENCES: SourceReferences = { any: false, configs: [] }

/** Layers replace whole texts and never make new ones: what none of a config's layers names, its document does not. */
export function referencesOf(content: ItemContent | undefined): SourceReferences {
  if (content === undefined || !('source' in content) || !mayHoldDollar(content.source)) {
    return NO_REFERENCES
  }
  const parsed = parseDocument(content.source, content.format)
  const found = parsed.ok ? findReferences(parsed.value) : []
  if (found.length === 0) return NO_REFERENCES
  const configs = new Set<string>()
  for (const { template } of found) addConfigs(template, configs)
  return { any: true, configs: [...configs] }
}

function addConfigs(template: Template, configs: Set<string>): void {
  for (const part of template) {
    if (typeof part === 'string') continue
    if (part.kind === 'config') configs.add(part.name)
    if (part.kind === 'variable') addConfigs(part.argument, configs)
  }
}
