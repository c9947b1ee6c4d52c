/**
 * Makes elements. Text goes in as text, never as markup.
 */

type Child = Node | string | undefined;

/** An element with attributes and children; undefined children are left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A button that does something. `title` is the tip, and the name where the label is a sign only. */
export function button(label: string, title: string, act: () => void, className = ''): HTMLButtonElement {
  const made = element('button', { type: 'button', title, 'aria-label': title, class: className }, label);
  made.addEventListener('click', act);
  return made;
}

/** A drop-down list. */
export function select(
  label: string,
  options: readonly { readonly value: string; readonly text: string }[],
  value: string,
  change: (value: string) => void,
): HTMLLabelElement {
  const list = element('select', {}, ...options.map((option) => element('option', { value: option.value }, option.text)));
  list.value = value;
  list.addEventListener('change', () => { change(list.value); });
  return element('label', { class: 'choice' }, element('span', {}, label), list);
}

/** An SVG element. */
export function svg(tag: string, attributes: Readonly<Record<string, string>>, ...children: readonly Node[]): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
