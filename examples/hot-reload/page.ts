/** The example's page: plain HTML, and everything that comes from a value escaped. */

export interface View {
  readonly status: string
  readonly source: string
  readonly revision: number | undefined
  readonly storefront: unknown
  readonly checkout: unknown
  readonly users: readonly {
    readonly name: string
    readonly newCheckout: boolean
    readonly ranking: string
  }[]
}

/** The part that changes; sent again with every change. */
export function fragment(view: View): string {
  const rows = view.users.map(
    (user) =>
      `<tr><td>${escape(user.name)}</td><td class="${user.newCheckout ? 'on' : 'off'}">${user.newCheckout ? 'on' : 'off'}</td><td>${escape(user.ranking)}</td></tr>`,
  )
  return `<p class="banner">${escape(bannerOf(view.storefront))}</p>
<h2>Flags</h2>
<table><tr><th>user</th><th>new-checkout</th><th>search-ranking</th></tr>${rows.join('')}</table>
<h2>Configs</h2>
<div class="configs">${document_('storefront', view.storefront)}${document_('checkout', view.checkout)}</div>
<p class="state">revision ${view.revision ?? 'none'}, ${escape(view.status)}, from ${escape(view.source)}</p>`
}

export function page(view: View): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hot reload</title>
<style>${STYLE}</style>
<h1>Harbour Street Outfitters</h1>
<main>${fragment(view)}</main>
<script>
new EventSource('/events').onmessage = (event) => { document.querySelector('main').innerHTML = JSON.parse(event.data) }
</script>
</html>
`
}

function bannerOf(storefront: unknown): string {
  const banner: unknown = Reflect.get(Object(storefront), 'banner')
  const text: unknown = Reflect.get(Object(banner), 'text')
  return typeof text === 'string' ? text : 'No banner'
}

const document_ = (name: string, value: unknown): string =>
  `<section><h3>${escape(name)}</h3><pre>${escape(JSON.stringify(value, null, 2) ?? 'not there yet')}</pre></section>`

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 1.5rem } h3 { font-size: 1rem; margin: 0 }
.banner { background: #0b5563; color: #fff; padding: .75rem 1rem; border-radius: 6px }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .35rem .75rem; border-bottom: 1px solid #d5dbe3 }
.on { color: #0a6b35; font-weight: 600 } .off { color: #8a4b00 }
.configs { display: flex; gap: 1rem; flex-wrap: wrap } section { flex: 1 1 20rem }
pre { background: #f2f4f7; padding: .75rem; border-radius: 6px; overflow: auto; margin: .25rem 0 }
.state { color: #5a6675; font-size: .9rem }
`
