/** Which environments a change reaches: their snapshots are built anew. */
import { layerEnvironment } from './items.ts'
import { environmentChain } from './layers.ts'
import type { ItemRef } from '#core'
import type { Items } from './items.ts'

/**
 * The environments, of `before` or `after`, whose snapshot the changed `refs` may differ in, sorted. An override
 * reaches the environments below its own; settings of a flag do not.
 */
export function affectedEnvironments(
  before: Items,
  after: Items,
  refs: readonly ItemRef[],
): readonly string[] {
  const own = new Set<string>()
  const inherited = new Set<string>()
  let all = false
  for (const ref of refs) {
    // What it repairs is written itself.
    if (ref.kind === 'mirror') continue
    const environment = layerEnvironment(ref.layer)
    if (ref.kind === 'environment') {
      const [was, is] = [before.environment(ref.key), after.environment(ref.key)]
      if (was === undefined || is === undefined) own.add(ref.key)
      if (was?.parent !== is?.parent) inherited.add(ref.key)
    } else if (environment === undefined) all = true
    else if (ref.kind === 'config') inherited.add(environment)
    else own.add(environment)
  }
  const affected = new Set(own)
  for (const { key } of after.refs('environment')) {
    const reached = environmentChain(after, key).some((name) => inherited.has(name))
    if (all || reached) affected.add(key)
  }
  return [...affected].toSorted()
}
