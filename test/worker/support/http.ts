/** What tests say about HTTP. */
import { expect } from 'vitest'

export const bearer = (key: string): { authorization: string } => ({
  authorization: `Bearer ${key}`,
})

/** Fails unless `response` is a problem document with this status and code. */
export async function expectProblem(
  response: Response,
  status: number,
  code: string,
): Promise<void> {
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toMatchObject({ status, code })
}
