import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {listen} from '../../src/collect/listen.js';

/** A far shell that takes what the script sets, up to the seconds to listen, and then does as it is told. */
const farShell = (script: string) => ({
  kind: 'exec' as const,
  label: 'far',
  argv: [
    'sh',
    '-c',
    `while read -r line; do
  case $line in [a-z]*=*) eval "$line" ;; esac
  case $line in listen=*) break ;; esac
done
begin() { printf '\\n%s< %s %s %s\\n' "$nonce" "$1" "$2" "$3"; }
finish() { printf '\\n%s> %s\\n' "$nonce" "$1"; }
${script}`,
  ],
});

const options = {signal: new AbortController().signal, netnsDir: '/srv/netns'};

describe('listening on a host', {concurrency: true}, () => {
  it('has a section of each namespace, and nothing else that is said', async () => {
    const sections = await listen(
      farShell(`begin about - uname; echo uid=0; finish 0
      for file in 1-x 1-y; do begin misses $file 'ip monitor neigh'; echo "$listen s at $netns_dir"; finish 0; done
      begin end - end; finish 0`),
      0.2,
      options,
    );
    assert.deepEqual(
      sections.map(({name, netns, output}) => [name, netns, output]),
      ['1-x', '1-y'].map((file) => ['misses', file, '1 s at /srv/netns\n']),
    );
  });

  it('takes as long where a host can not, so that the hosts are still read at the same time', async () => {
    const start = Date.now();
    assert.deepEqual(await listen(farShell('exit 1'), 0.5, options), []);
    // Timers may ring a millisecond early.
    assert.ok(Date.now() - start >= 499, `${Date.now() - start} ms`);
  });

  it('ends when it is told to', async () => {
    const signal = AbortSignal.timeout(100);
    await assert.rejects(listen(farShell('sleep 600'), 600, {...options, signal}));
    await assert.rejects(listen(farShell('exit 1'), 600, {...options, signal: AbortSignal.timeout(100)}));
  });
});
