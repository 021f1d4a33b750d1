/** What tests say about HTTP. */

export const bearer = (key: string): { authorization: string } => ({
  authorization: `Bearer ${key}`,
})

/** `<status> <code>` of a problem document that no cache may keep; anything else is told as what it is. */
export async function refusal(response: Response): Promise<string> {
  const type = response.headers.get('content-type')
  if (type !== 'application/problem+json') return `${response.status}, and not a problem: ${type}`
  if (response.headers.get('cache-control') !== 'no-store') return 'a problem that may be cached'
  const { status, code } = await response.json<{ status: number; code: string }>()
  return status === response.status ? `${status} ${code}` : `${response.status} that says ${status}`
}
