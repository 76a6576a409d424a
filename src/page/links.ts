import {reveal} from './dom.js';

/** Links into the page open what they lead to, however deep it is folded; so does the address that the page is opened by. */
export function enableLinks(): void {
  const follow = () => {
    const target = document.getElementById(decode(location.hash.slice(1)));
    if (target) reveal(target.matches('section') ? (target.querySelector('h1, h2') ?? target) : target);
  };
  addEventListener('hashchange', follow);
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a[href^="#"]');
    // The address stays the same where a link is followed twice.
    if (link && link.getAttribute('href') === location.hash) follow();
  });
  if (location.hash !== '') follow();
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
