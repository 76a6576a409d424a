import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {connectDocker, type DockerOptions, DockerSilence} from '../../src/collect/docker-api.js';

/**
 * A far side that takes the nonce from the first lines of the script, says what it is told, and then has `answer` print
 * something for each GET.
 */
const farSide = (greeting: string, answer = ':') => ({
  kind: 'exec' as const,
  label: 'far',
  argv: [
    'sh',
    '-c',
    `read -r brace; read -r first; eval "$first"
reply() { printf 'HTTP/1.1 %s\\r\\nApi-Version: 1.41\\r\\nContent-Length: %s\\r\\n\\r\\n%s' "$1" "\${#2}" "$2"; }
${greeting}
while read -r method path rest; do [ "$method" != GET ] || { ${answer}; }; done`,
  ],
});

const never = new AbortController().signal;
const connect = (greeting: string, answer?: string, options: Partial<DockerOptions> = {}) =>
  connectDocker(farSide(greeting, answer), {nonce: 'n0nce', relay: 'any', ...options}, never);
const relays = 'echo "$nonce docker"';

const silent = (message: RegExp, timedOut: boolean) => (error: unknown) => {
  assert.ok(error instanceof DockerSilence);
  assert.match(error.message, message);
  assert.equal(error.timedOut, timedOut);
  return true;
};

describe('a connection with Docker', {concurrency: true}, () => {
  it('begins behind what else the far side prints, and gives each GET its answer', async () => {
    const docker = await connect(
      `echo 'Welcome, n0nc'; echo "$nonce curl"`,
      'case $path in /bad) reply "404 Not Found" no ;; *) reply "200 OK" "this is $path" ;; esac',
    );
    try {
      assert.equal(docker.relay, 'curl');
      const one = await docker.get('/one');
      assert.deepEqual([one.status, String(one.body)], [200, 'this is /one']);
      assert.equal(one.headers['api-version'], '1.41');
      const bad = await docker.get('/bad');
      assert.deepEqual([bad.status, String(bad.body)], [404, 'no']);
    } finally {
      docker.close();
    }
    await assert.rejects(docker.get('/one'), silent(/^closed$/, false));
  });

  it('is none where nothing relays, where something else is said, and where the shell ends', async () => {
    await assert.rejects(connect('echo "$nonce none"'), silent(/neither a docker client nor curl/, false));
    await assert.rejects(
      connect(`head -c 70000 /dev/zero | tr '\\0' x`),
      silent(/prints something else than asked/, false),
    );
    await assert.rejects(connect(`echo 'no entry' >&2; exit 3`), silent(/^no entry$/, false));
    await assert.rejects(
      connect('', undefined, {connectDeadlineMs: 200}),
      silent(/did not answer in time/, true),
    );
  });

  it('is over with the first GET that gets no answer', async () => {
    const docker = await connect(relays, undefined, {answerDeadlineMs: 200});
    await assert.rejects(docker.get('/slow'), silent(/^no answer within 0\.2 s$/, true));
    await assert.rejects(docker.get('/next'), silent(/^no answer within/, true));
    docker.close();
  });

  it('waits for nothing once the time of the host is over', async () => {
    await assert.rejects(connect('', undefined, {endBy: Date.now() - 1}), silent(/in time/, true));
  });

  it('tells what the far side said last where it ends within an answer', async () => {
    const docker = await connect(
      relays,
      `printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nhalf'; echo 'the engine is gone' >&2; exit 1`,
    );
    await assert.rejects(docker.get('/'), silent(/^(the engine is gone|the answer was cut)$/, false));
    docker.close();
  });
});
