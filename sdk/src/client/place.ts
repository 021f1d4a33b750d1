/** What an instance is called: by its application, and by the place where it came in (SNAPSHOT.md §4.3). */
import type { Instance } from './snapshot.ts'

const NAMES = ['edge.continent', 'edge.country', 'edge.colo'] as const
const MAX_CHARACTERS = 64

export function labelsOf({ labels, place }: Instance): Readonly<Record<string, string>> {
  const parts = (place ?? '').slice(0, MAX_CHARACTERS).split('/')
  const known = NAMES.map((name, index) => [name, parts[index]]).filter(([, value]) => value)
  return { ...Object.fromEntries(known), ...labels }
}
