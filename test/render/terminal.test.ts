import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {terminalOf} from '../../src/render/terminal.js';

const tty = {isTTY: true, columns: 100};
const pipe = {};

describe('terminalOf: colour', () => {
  const cases: [
    what: string,
    stream: object,
    noColour: boolean,
    env: Record<string, string>,
    colour: boolean,
  ][] = [
    ['a TTY has it', tty, false, {}, true],
    ['a pipe has none', pipe, false, {}, false],
    ['TERM=dumb has none', tty, false, {TERM: 'dumb'}, false],
    ['CLICOLOR_FORCE goes over a pipe', pipe, false, {CLICOLOR_FORCE: '1'}, true],
    ['CLICOLOR_FORCE=0 asks for nothing', pipe, false, {CLICOLOR_FORCE: '0'}, false],
    ['CLICOLOR_FORCE goes over TERM=dumb', pipe, false, {CLICOLOR_FORCE: '1', TERM: 'dumb'}, true],
    ['FORCE_COLOR goes over a pipe', pipe, false, {FORCE_COLOR: '1'}, true],
    ['FORCE_COLOR=0 asks for nothing', pipe, false, {FORCE_COLOR: '0'}, false],
    ['an empty FORCE_COLOR is as unset', pipe, false, {FORCE_COLOR: ''}, false],
    ['NO_COLOR goes over a TTY', tty, false, {NO_COLOR: '1'}, false],
    ['NO_COLOR goes over FORCE_COLOR', tty, false, {NO_COLOR: '1', FORCE_COLOR: '1'}, false],
    ['an empty NO_COLOR is as unset', tty, false, {NO_COLOR: ''}, true],
    ['--no-color goes over all', tty, true, {FORCE_COLOR: '1', CLICOLOR_FORCE: '1'}, false],
  ];
  for (const [what, stream, noColour, env, colour] of cases) {
    it(what, () => assert.equal(terminalOf(stream, {noColour}, env).colour, colour));
  }
});

describe('terminalOf: width', () => {
  const endless = Number.POSITIVE_INFINITY;
  const cases: [what: string, stream: object, env: Record<string, string>, width: number][] = [
    ['a TTY knows it', tty, {}, 100],
    ['80 when unknown', {isTTY: true}, {}, 80],
    ['80 when the terminal reports 0', {isTTY: true, columns: 0}, {}, 80],
    ['COLUMNS when the terminal does not know', {isTTY: true}, {COLUMNS: '70'}, 70],
    ['the terminal before COLUMNS', tty, {COLUMNS: '70'}, 100],
    ['a pipe has no end', pipe, {}, endless],
    ['an exported COLUMNS does not shorten what goes into a pipe', pipe, {COLUMNS: '70'}, endless],
    ['OVDIAG_COLUMNS does', pipe, {OVDIAG_COLUMNS: '60'}, 60],
    ['OVDIAG_COLUMNS before the terminal', tty, {OVDIAG_COLUMNS: '60'}, 60],
    ['nonsense is as unset', tty, {OVDIAG_COLUMNS: '-3'}, 100],
    ['words are as unset', pipe, {OVDIAG_COLUMNS: 'wide'}, endless],
  ];
  for (const [what, stream, env, width] of cases) {
    it(what, () => assert.equal(terminalOf(stream, {}, env).width, width));
  }
});

describe('terminalOf: Unicode', () => {
  const cases: [what: string, stream: object, env: Record<string, string>, unicode: boolean][] = [
    ['LANG says UTF-8', tty, {LANG: 'en_GB.UTF-8'}, true],
    ['spelled otherwise', tty, {LANG: 'C.utf8'}, true],
    ['LC_ALL before LANG', tty, {LC_ALL: 'C', LANG: 'en_GB.UTF-8'}, false],
    ['LC_CTYPE before LANG', tty, {LC_CTYPE: 'de_DE.ISO-8859-1', LANG: 'de_DE.UTF-8'}, false],
    ['an empty LC_ALL is as unset', tty, {LC_ALL: '', LANG: 'de_DE.UTF-8'}, true],
    ['TERM=dumb has none', tty, {LANG: 'C.UTF-8', TERM: 'dumb'}, false],
    ['a TTY with no locale is in the C locale', tty, {}, false],
    ['a pipe with no locale is UTF-8', pipe, {}, true],
    ['a pipe obeys a locale that is told', pipe, {LC_ALL: 'POSIX'}, false],
  ];
  for (const [what, stream, env, unicode] of cases) {
    it(what, () => assert.equal(terminalOf(stream, {}, env).unicode, unicode));
  }
});

describe('terminalOf: streams', () => {
  it('are asked apart', () => {
    assert.equal(terminalOf(tty, {}, {}).isTty, true);
    assert.equal(terminalOf(pipe, {}, {}).isTty, false);
    assert.equal(terminalOf({isTTY: false}, {}, {}).isTty, false);
  });
});
