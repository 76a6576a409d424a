import {createReadStream} from 'node:fs';
import {OvdiagError, usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {parseHost, splitWords} from '../collect/transport.js';
import {reasonOf} from '../snapshot/snapshot-file.js';

/** 1,000 hosts are some 50 kB. */
const largestFile = 1024 * 1024;
/** As many bad lines as are worth naming at once. */
const mostNamed = 5;

/** The hosts that a file names, a line each, in the words of `--host`. */
export async function readHostsFile(path: string): Promise<string[]> {
  return parseHostsFile(await readBounded(path), path);
}

/**
 * Pure part: `#` begins a comment at the start of a line or behind white space, empty lines don't count. A word that is
 * quoted as for a shell (`exec:'docker exec -i node1'`) is taken without its quotes, as a shell would give it. Throws a
 * usage error that names the lines which are no hosts.
 */
export function parseHostsFile(text: string, name: string): string[] {
  const hosts: string[] = [];
  const bad: string[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const words = line.replace(/(^|\s)#.*$/, '').trim();
    if (words === '') continue;
    try {
      const host = unquoted(words);
      parseHost(host);
      hosts.push(host);
    } catch (error) {
      if (!(error instanceof OvdiagError)) throw error;
      bad.push(`line ${index + 1}: ${error.message.replace(/^--host /, '').replace(/\.$/, '')}`);
    }
  }
  const forms = ['A line is what --host takes: ssh://[user@]host[:port], exec:COMMAND PREFIX, or local'];
  if (bad.length > 0) {
    const more = bad.length - mostNamed;
    const named = bad.slice(0, mostNamed).join('; ') + (more > 0 ? `; and ${more} more lines` : '');
    throw usageError('invalid-hosts-file', `${quoteText(name)}, ${named}.`, forms);
  }
  if (hosts.length === 0)
    throw usageError('invalid-hosts-file', `${quoteText(name)} names no host at all.`, forms);
  return hosts;
}

function unquoted(words: string): string {
  const [only = '', ...more] = splitWords(words);
  return more.length === 0 ? only : words;
}

/** Also of a pipe, so that a shell's `<(command)` does. */
async function readBounded(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of createReadStream(path, {end: largestFile}) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
    }
    if (size > largestFile) throw new Error('it is far too long for a list of hosts');
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    throw new OvdiagError(
      {
        code: 'cannot-read',
        message: `Can't read the hosts file ${quoteText(path)}: ${reasonOf(error)}.`,
        suggestions: ['It is a text file with a host a line, such as ssh://root@node1'],
      },
      {cause: error},
    );
  }
}
