import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {decodedPackets, runDecode} from './run-decode.js';
import {needsTshark, tsharkPackets} from './tshark.js';

const folder = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));

describe('recorded captures', needsTshark(), () => {
  for (const name of readdirSync(folder).filter((file) => /\.pcap(ng)?$/.test(file))) {
    it(`${name}: every field of every packet equals tshark's`, () => {
      const file = path.join(folder, name);
      const ports = name.includes('port-7789') ? [7789] : [];
      const args = ports.flatMap((port) => ['--vxlan-port', String(port)]);
      const {stdout, status} = runDecode(['--all', '--json', file, ...args]);
      const expected = tsharkPackets(file, ports);
      const decoded = decodedPackets(stdout);
      assert.equal(status, 0);
      assert.ok(expected.length > 0, 'tshark shows packets');
      assert.equal(decoded.length, expected.length);
      for (const [index, packet] of decoded.entries()) assert.deepEqual(packet, expected[index]);
    });
  }
});
