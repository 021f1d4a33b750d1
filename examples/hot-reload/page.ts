/** The example's page: plain HTML, and everything that comes from a value escaped. */

export interface Values {
  readonly state: string
  readonly configs: Readonly<Record<string, unknown>>
  readonly users: readonly {
    readonly email: string
    readonly newCheckout: boolean
    readonly ranking: string
  }[]
}

/** The part that changes; sent again with every change. */
export function fragment({ state, configs, users }: Values): string {
  const banner: unknown = Reflect.get(Object(configs['storefront']), 'banner')
  const text: unknown = Reflect.get(Object(banner), 'text')
  const rows = users.map(({ email, newCheckout, ranking }) => {
    const checkout = newCheckout ? '<td class="on">on</td>' : '<td class="off">off</td>'
    return `<tr><td>${escape(email)}</td>${checkout}<td>${escape(ranking)}</td></tr>`
  })
  const sections = Object.entries(configs).map(
    ([name, document]) =>
      `<section><h3>${escape(name)}</h3><pre>${escape(JSON.stringify(document, null, 2) ?? 'not there')}</pre></section>`,
  )
  return `<p class="banner">${escape(typeof text === 'string' ? text : 'No banner')}</p>
<h2>Flags</h2>
<table><tr><th>user</th><th>new-checkout</th><th>search-ranking</th></tr>${rows.join('')}</table>
<h2>Configs</h2>
<div class="configs">${sections.join('')}</div>
<p class="state">${escape(state)}</p>`
}

export function page(values: Values): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hot reload</title>
<style>${STYLE}</style>
<h1>Harbour Street Outfitters</h1>
<main>${fragment(values)}</main>
<script>
new EventSource('/events').onmessage = ({ data }) => { document.querySelector('main').innerHTML = JSON.parse(data) }
</script>
</html>
`
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 1.5rem } h3 { font-size: 1rem; margin: 0 }
.banner { background: #0b5563; color: #fff; padding: .75rem 1rem; border-radius: 6px }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .35rem .75rem; border-bottom: 1px solid #d5dbe3 }
.on { color: #0a6b35; font-weight: 600 } .off { color: #8a4b00 }
.configs { display: flex; gap: 1rem; flex-wrap: wrap } section { flex: 1 1 20rem }
pre { background: #f2f4f7; padding: .75rem; border-radius: 6px; overflow: auto; margin: .25rem 0 }
.state { color: #5a6675; font-size: .9rem }
`
