/** Items in memory, and short words for change sets over them. */
import type { ChangeSet, ItemKind, ItemRef, Operation, Rule } from '#core'
import { applyChangeSet } from '../../../worker/domain/change-set.ts'
import type { Result } from '../../../worker/domain/errors.ts'
import {
  type ItemContent,
  itemsOver,
  type ItemSource,
  refId,
  type WorkingItems,
} from '../../../worker/domain/items.ts'
import { digest } from '../../../worker/objects/sha256.ts'

export { digest }

/** Items that were accepted, change by change. */
export class Memory implements ItemSource {
  readonly #items = new Map<string, { readonly ref: ItemRef; readonly content: ItemContent }>()
  readonly items = itemsOver(this)

  get(ref: ItemRef): ItemContent | undefined {
    return this.#items.get(refId(ref))?.content
  }

  refs(kind: ItemKind): Iterable<ItemRef> {
    return [...this.#items.values()].map(({ ref }) => ref).filter((ref) => ref.kind === kind)
  }

  size(ref: ItemRef): number {
    return JSON.stringify(this.get(ref) ?? '').length
  }

  /** Takes over what was written; `Memory` itself, so that calls chain. */
  take(working: WorkingItems): this {
    for (const { ref, content } of working.written.values()) {
      if (content === null) this.#items.delete(refId(ref))
      else this.#items.set(refId(ref), { ref, content })
    }
    return this
  }

  apply(...operations: readonly Operation[]): Result<WorkingItems> {
    return apply(this, { reason: 'because', operations })
  }

  /** Applies what must be accepted. */
  with(...operations: readonly Operation[]): this {
    const result = this.apply(...operations)
    if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`)
    return this.take(result.value)
  }
}

export function apply(source: ItemSource, changeSet: ChangeSet): Result<WorkingItems> {
  return applyChangeSet(source, changeSet, { digest, randomSeed: () => 'random' })
}

export function environment(name: string, parent?: string): Operation {
  return {
    op: 'createEnvironment',
    environment: name,
    protected: false,
    ...(parent !== undefined && { parent }),
  }
}

/** `staging`, and `production` below it. */
export function project(): Memory {
  return new Memory().with(environment('staging'), environment('production', 'staging'))
}

export function flag(key: string, more: object = {}): Operation {
  const variants = { on: true, off: false }
  return { op: 'putFlag', key, type: 'boolean', variants, visibility: 'server', ...more }
}

export function settings(key: string, more: object = {}, where = 'production'): Operation {
  return { op: 'putFlagEnvironment', key, environment: where, enabled: true, ...more }
}

export function rule(more: object = {}): Rule {
  return { id: 'one', serve: { variant: 'on' }, ...more }
}

export function segment(key: string, more: object = {}): Operation {
  return { op: 'putSegment', key, visibility: 'server', ...more }
}

export function asks(...segments: readonly string[]): object {
  return { operator: 'inSegment', value: segments }
}

export function config(source: string, name = 'settings', more: object = {}): Operation {
  return { op: 'putConfig', name, format: 'json', source, visibility: 'server', ...more }
}

export function override(source: string, where = 'production', name = 'settings'): Operation {
  return { op: 'putConfigOverride', name, environment: where, format: 'json', source }
}

/** The error of a result that must not be fine. */
export function errorOf(result: Result<unknown>): unknown {
  return result.ok ? 'accepted' : result.error
}

/** Places and messages of what was refused as invalid. */
export function issuesOf(result: Result<unknown>): readonly string[] {
  if (result.ok) return ['accepted']
  const { error } = result
  if (error.reason !== 'invalid') return [error.reason]
  return error.issues.map(({ path, message }) => `${path}: ${message}`)
}
