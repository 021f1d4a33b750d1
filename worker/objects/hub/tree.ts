/**
 * The hubs of one audience as a tree, numbered like a heap: node 0 is the root, the children of node n are 32n + 1 to 32n + 32.
 * Every node keeps sockets; what is announced to the root goes down the tree, so that each is woken once. Pure.
 */

/** Calls one node makes for one announcement. */
const FAN_OUT = 32

/** Nodes of one audience, 5,000 sockets each: 10 million need 2,000. */
export const MAX_NODES = 2_048

/** Name of a node's object; the root's is that of the audience, as it was before there were others. */
export function nodeName(aud: string, node: number): string {
  return node === 0 ? aud : `${aud}#${node}`
}

export function parseNodeName(name: string): { readonly aud: string; readonly node: number } {
  const [aud = '', node = '0'] = name.split('#')
  return { aud, node: Number(node) }
}

/** Children of `node` in a tree of `size` nodes. */
export function childrenOf(node: number, size: number): readonly number[] {
  const first = node * FAN_OUT + 1
  const count = Math.min(FAN_OUT, Math.max(0, size - first))
  return Array.from({ length: count }, (_, index) => first + index)
}
