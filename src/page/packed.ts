import type {PageData, Walks} from '../render/report/data.js';

/** What was packed: JSON, gzipped, in base64. */
export async function unpack<T>(packed: string): Promise<T> {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text()) as T;
}

let unpacked: Promise<Walks> | undefined;

/** The walks of the page, unpacked when they are first asked for. */
export function walksOf({walks}: PageData): Promise<Walks> {
  unpacked ??= unpack<Walks>(walks);
  return unpacked;
}
