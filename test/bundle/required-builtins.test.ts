import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {withRequiredBuiltins} from '../../scripts/bundle/required-builtins.js';
import {root} from '../../scripts/release/project.js';

const banner = 'const require = x;';

describe('imports of Node.js modules', () => {
  it('become requires at the top, in each form', () => {
    const code = [
      banner,
      'import fs from"node:fs";import{join,sep as s}from"node:path";import"./chunk.js";',
      'var a=join(s);import*as os from"node:os";import tty,{isatty}from "node:tty";',
      'import{',
      'a as b,',
      'c}from"node:fs/promises";import{other}from"other";',
    ].join('\n');
    assert.equal(
      withRequiredBuiltins(code),
      [
        `${banner}const fs=require("node:fs");const {join,sep:s}=require("node:path");const os=require("node:os");const tty=require("node:tty");const {isatty}=require("node:tty");const {a:b,c}=require("node:fs/promises");`,
        'import"./chunk.js";',
        'var a=join(s);',
        'import{other}from"other";',
      ].join('\n'),
    );
  });

  it('are left nowhere in the bundle', () => {
    const dist = path.join(root, 'dist');
    const files = readdirSync(dist, {recursive: true, encoding: 'utf8'}).filter((file) =>
      file.endsWith('.js'),
    );
    assert.ok(files.length > 50);
    for (const file of files) {
      const rest = readFileSync(path.join(dist, file), 'utf8').split('\n').slice(1).join('\n');
      assert.doesNotMatch(rest, /^import[^;]*from"node:/m, file);
    }
  });
});
