/** What this SDK calls itself; a test holds it to package.json. */
export const SDK: { readonly name: string; readonly version: string } = {
  name: '@driftless/sdk',
  version: '0.1.0',
}
