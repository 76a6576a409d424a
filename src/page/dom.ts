/** An element with attributes and children; texts stay texts. An attribute that is undefined is left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const signs: Readonly<Record<string, string>> = {bad: '✕', warn: '!', info: 'i', good: '✓', plain: '·'};

/** As the page has them (src/render/report/parts.tsx). */
export function sign(tone: string): HTMLElement {
  return element('span', {class: `sign sign-${tone}`, 'aria-hidden': 'true'}, signs[tone] ?? '');
}

/** Opens whatever a part of the page is folded in, and goes there. */
export function reveal(target: Element): void {
  for (
    let folded = target.closest('details');
    folded;
    folded = folded.parentElement?.closest('details') ?? null
  )
    folded.open = true;
  target.scrollIntoView({block: 'start'});
  if (target instanceof HTMLElement) {
    if (!target.hasAttribute('tabindex')) target.setAttribute('tabindex', '-1');
    target.focus({preventScroll: true});
  }
  target.classList.add('found');
  setTimeout(() => target.classList.remove('found'), 2500);
}

export function all<E extends Element = HTMLElement>(selector: string, within: ParentNode = document): E[] {
  return [...within.querySelectorAll<E>(selector)];
}
