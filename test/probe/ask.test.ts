import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {askName, readAnswer} from '../../src/probe/ask.js';
import type {ProbeShell} from '../../src/probe/session.js';
import type {Naming} from '../../src/trace/naming.js';

/** What dig 9.18, host 9.18, nslookup 9.18 and that of BusyBox 1.35 printed in the lab. */
const printed = {
  dig: {
    answered: [
      ';; Got answer:',
      ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 8167',
      ';; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 0',
      '',
      ';; ANSWER SECTION:',
      'tasks.app.\t\t600\tIN\tA\t10.0.1.4',
      'tasks.app.\t\t600\tIN\tA\t10.0.1.3',
      '',
      'exit 0',
    ],
    timeout: [
      ';; communications error to 127.0.0.11#53: timed out',
      ';; no servers could be reached',
      'exit 9',
    ],
    refused: [
      ';; communications error to 127.0.0.11#53: connection refused',
      ';; no servers could be reached',
      'exit 9',
    ],
    'unknown-name': [
      ';; Got answer:',
      ';; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1',
      ';; flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: 0',
      'exit 0',
    ],
  },
  host: {
    answered: [
      'Using domain server:',
      'Name: 127.0.0.11',
      'Address: 127.0.0.11#53',
      'Aliases: ',
      '',
      'tasks.app has address 10.0.1.4',
      'tasks.app has address 10.0.1.3',
      'exit 0',
    ],
    timeout: [
      ';; communications error to 127.0.0.11#53: timed out',
      ';; no servers could be reached',
      'exit 1',
    ],
  },
  nslookup: {
    answered: [
      'Server:\t\t127.0.0.11',
      'Address:\t127.0.0.11#53',
      '',
      'Non-authoritative answer:',
      'Name:\ttasks.app',
      'Address: 10.0.1.4',
      'Name:\ttasks.app',
      'Address: 10.0.1.3',
      '',
      'exit 0',
    ],
  },
  busybox: {
    answered: [
      'Server:\t\t127.0.0.11',
      'Address:\t127.0.0.11:53',
      '',
      'Non-authoritative answer:',
      'Name:\ttasks.app',
      'Address: 10.0.1.4',
      'Name:\ttasks.app',
      'Address: 10.0.1.3',
      '',
      'exit 0',
    ],
    refused: [
      'nslookup: read: Connection refused',
      ';; connection timed out; no servers could be reached',
      '',
      'exit 1',
    ],
    timeout: [';; connection timed out; no servers could be reached', '', 'exit 1'],
  },
};

const naming: Naming = {
  asked: 'app',
  addresses: ['10.0.1.4'],
  resolves: true,
  server: '127.0.0.11',
  hops: [],
};

function shell(lines: string[], tools = ['ask']): {shell: ProbeShell; asked: unknown[][]} {
  const asked: unknown[][] = [];
  return {
    asked,
    shell: {
      tools: {found: new Set(tools), pingVersion: '', root: true, canEnter: true},
      run(words, line) {
        asked.push([...words]);
        for (const text of lines) line(text);
        return Promise.resolve(0);
      },
      close: () => Promise.resolve(),
    },
  };
}

const question = (lines: string[], more: Partial<Naming> = {}, tools?: string[]) => {
  const far = shell(lines, tools);
  const answer = askName({
    naming: {...naming, ...more},
    server: '127.0.0.11',
    shell: far.shell,
    inode: 7,
    netns: 'x',
  });
  return answer.then((found) => ({...found, sent: far.asked}));
};

describe('a real question for a name', () => {
  it('is read from what each tool prints', () => {
    for (const [tool, outputs] of Object.entries(printed)) {
      for (const [result, lines] of Object.entries(outputs)) {
        const found = readAnswer(lines);
        assert.equal(found.result, result, `${tool} ${result}`);
        assert.deepEqual(found.addresses, result === 'answered' ? ['10.0.1.4', '10.0.1.3'] : [], tool);
      }
    }
    assert.equal(readAnswer(['nsenter: not found', 'exit 127']).result, 'failed');
  });

  it('is right where one of the addresses is', async () => {
    const right = await question(printed.busybox.answered);
    assert.deepEqual([right.resolves, right.agreesWithModel], [true, true]);
    assert.deepEqual(right.sent, [['ask', 7, 'x', '127.0.0.11', 'app.']]);
    const wrong = await question(printed.busybox.answered, {addresses: ['10.0.1.9']});
    assert.deepEqual([wrong.resolves, wrong.agreesWithModel], [false, false]);
    assert.match(wrong.text, /, not 10\.0\.1\.9/);
  });

  it('stands against the model, or beside one that does not know', async () => {
    const refused = await question(printed.dig.refused, {resolves: false});
    assert.deepEqual([refused.resolves, refused.agreesWithModel], [false, true]);
    assert.equal((await question(printed.dig.refused)).agreesWithModel, false);
    assert.equal((await question(printed.dig.timeout, {resolves: null})).agreesWithModel, null);
  });

  it('is not asked without a tool, or for what is no plain name', async () => {
    const none = await question([], {}, []);
    assert.deepEqual([none.result, none.resolves, none.sent], ['not-asked', null, []]);
    assert.match(none.text, /dig, host and nslookup/);
    for (const name of ['-x', 'a b', 'a;b', '$(a)', ''])
      assert.equal((await question([], {asked: name})).result, 'not-asked', name);
  });
});
