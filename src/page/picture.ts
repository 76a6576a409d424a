/** The topology: parts with findings lead to them; a part that is pointed at shows its name. */
import {all, reveal} from './dom.js';

export function enablePicture(): void {
  for (const picture of all<SVGElement>('.picture svg')) {
    // An image has no parts for those who can't see it.
    picture.setAttribute('role', 'group');
    for (const part of all<SVGGElement>('[data-findings]', picture)) enablePart(part);
  }
}

function enablePart(part: SVGGElement): void {
  const [first = ''] = (part.dataset['findings'] ?? '').split(' ');
  const target = document.getElementById(`finding-${Number(first) + 1}`);
  // Its name is what is written in it.
  part.setAttribute('tabindex', '0');
  part.setAttribute('role', 'link');
  part.setAttribute('aria-description', target?.querySelector('h3')?.textContent ?? 'finding');
  const go = () => {
    if (target) {
      history.pushState(null, '', `#${target.id}`);
      reveal(target);
    }
  };
  part.addEventListener('click', go);
  part.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') go();
  });
}
