type Child = Node | string | number | undefined
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** An element with attributes and children. Text is always text: nothing of a run is ever read as HTML. */
export const element = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes))
    if (value === true) made.setAttribute(name, '')
    else if (value !== undefined && value !== false) made.setAttribute(name, String(value))
  made.append(...children.filter(child => child !== undefined).map(child => (typeof child === 'number' ? String(child) : child)))
  return made
}

/** A card of the page: a heading, and a place for what is in it. */
export const card = (title: string, ...inner: readonly Child[]): HTMLElement =>
  element('section', { class: 'card' }, element('h2', {}, title), ...inner)

/** Put rows into a table body; as text, so that what came over a wire stays what it is. */
export const fillRows = (body: HTMLElement, rows: readonly (readonly Child[])[]): void => {
  body.replaceChildren(...rows.map(cells => element('tr', {}, ...cells.map(cell => element('td', {}, cell)))))
}

/** A table with numbers at the right of all columns but the first so many. */
export const tableOf = (heads: readonly string[], texts: number): { table: HTMLElement; body: HTMLElement } => {
  const body = element('tbody')
  const head = element('tr', {}, ...heads.map(text => element('th', { scope: 'col' }, text)))
  return { table: element('table', { class: `texts-${texts}` }, element('thead', {}, head), body), body }
}
