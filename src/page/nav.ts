import {all} from './dom.js';

/** Marks the section that is being read in the bar of sections. */
export function markSections(): void {
  const links = new Map(all<HTMLAnchorElement>('.bar nav a').map((link) => [link.hash.slice(1), link]));
  const seen = new Set<Element>();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const {target, isIntersecting} of entries) {
        if (isIntersecting) seen.add(target);
        else seen.delete(target);
      }
      const current = all('main > section').find((section) => seen.has(section));
      for (const [id, link] of links) {
        if (id === current?.id) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
      }
    },
    // The upper part of the window, below the bar.
    {rootMargin: '-15% 0px -75% 0px'},
  );
  for (const section of all('main > section')) observer.observe(section);
}
