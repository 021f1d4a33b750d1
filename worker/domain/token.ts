/** What people may see of an admin token, to tell tokens apart: `driftless_admin_` and six characters more. */
const SHOWN_CHARACTERS = 22

export function tokenPrefix(token: string): string {
  return token.slice(0, SHOWN_CHARACTERS)
}
