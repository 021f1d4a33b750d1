/** Secrets that refer to secrets of their environment: that each is there, that they end, and how deep they lead. Pure. */
import { MAX_SECRET_DEPTH } from '#core'
import { environmentLayer } from './items.ts'
import { quote } from './issues.ts'
import type { Issues } from './issues.ts'
import type { Items } from './items.ts'

/**
 * Adds an issue for each reference of `name` that does not hold, over the state a change leaves. Every version that could be
 * served counts, not the active one alone: activating another never has to be refused for it.
 */
export function checkSecretReferences(
  items: Items,
  environment: string,
  name: string,
  path: string,
  issues: Issues,
): void {
  const graph = referenceGraph(items, environment)
  for (const other of graph.get(name) ?? []) {
    if (items.secret(other, environment) === undefined) {
      issues.add(path, `refers to the secret ${quote(other)}, which ${environment} does not have`)
    }
  }
  if (issues.list.length > 0) return
  const cycle = cycleFrom(graph, name)
  if (cycle !== undefined) {
    issues.add(path, `refers to itself: ${cycle.join(' → ')}`)
    return
  }
  const depth = depths(graph)
  for (const user of graph.keys()) {
    const levels = depth(user)
    if (levels <= MAX_SECRET_DEPTH) continue
    issues.add(
      path,
      `leads through ${levels} secrets from ${quote(user)}, at most ${MAX_SECRET_DEPTH} are allowed`,
    )
    return
  }
}

/** The secrets of the environment of which some version that could be served refers to `name`, sorted. */
export function secretsNaming(items: Items, name: string, environment: string): readonly string[] {
  const graph = referenceGraph(items, environment)
  return [...graph]
    .filter(([user, names]) => user !== name && names.has(name))
    .map(([user]) => user)
    .toSorted()
}

/** Of each secret that refers to others, their names. */
function referenceGraph(
  items: Items,
  environment: string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>()
  for (const { key, layer } of items.refs('secret')) {
    if (layer !== environmentLayer(environment)) continue
    const versions = items.secret(key, environment)?.versions ?? []
    const names = versions.flatMap(({ references = [], revokedAtMs }) =>
      revokedAtMs === undefined ? references : [],
    )
    if (names.length > 0) graph.set(key, new Set(names))
  }
  return graph
}

/** The way from `start` back to it, if there is one. */
function cycleFrom(
  graph: ReadonlyMap<string, ReadonlySet<string>>,
  start: string,
): readonly string[] | undefined {
  const cameFrom = new Map<string, string>()
  const open = [start]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const other of graph.get(name) ?? []) {
      if (other === start) {
        const way = [start]
        for (let at = name; at !== start; at = cameFrom.get(at) ?? start) way.unshift(at)
        return [start, ...way]
      }
      if (cameFrom.has(other)) continue
      cameFrom.set(other, name)
      open.push(other)
    }
  }
  return undefined
}

/** How many secrets one leads through, of a graph without cycles. */
function depths(graph: ReadonlyMap<string, ReadonlySet<string>>): (name: string) => number {
  const known = new Map<string, number>()
  const depth = (name: string): number => {
    const found = known.get(name)
    if (found !== undefined) return found
    // A cycle, which only others than the one checked could be in, would not end.
    known.set(name, 0)
    let deepest = 0
    for (const other of graph.get(name) ?? []) deepest = Math.max(deepest, 1 + depth(other))
    known.set(name, deepest)
    return deepest
  }
  return depth
}
