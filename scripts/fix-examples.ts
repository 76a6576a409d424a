/** The fix of a recorded fault for each code, as `doctor` prints it of the fixtures: for src/findings/examples.ts. */
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {FixExample} from '../src/findings/explanation.js';
import type {Finding} from '../src/findings/finding.js';
import {foldFindings} from '../src/findings/fold.js';
import {examine} from '../test/checks/support.js';
import {fixtureEvidence} from '../test/support/evidence.js';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const groups = ['recorded/doctor', 'recorded', 'recorded/trace', 'recorded/full', 'derived'];

/** By code, the first that has commands to type, in the order of the folders. */
export function fixExamples(): Map<string, FixExample> {
  const examples = new Map<string, FixExample>();
  for (const folder of groups.flatMap(foldersIn)) {
    const files = readdirSync(path.join(fixtures, folder)).filter((file) => file.endsWith('.json.gz'));
    const hosts = files.sort().map((file) => fixtureEvidence(`${folder}/${file.replace('.json.gz', '')}`));
    for (const finding of foldFindings(examine(...hosts).findings)) {
      const example = exampleOf(finding, folder);
      if (example && !examples.has(finding.code)) examples.set(finding.code, example);
    }
  }
  return examples;
}

function foldersIn(group: string): string[] {
  return readdirSync(path.join(fixtures, group), {withFileTypes: true})
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${group}/${entry.name}`)
    .filter((folder) => readdirSync(path.join(fixtures, folder)).some((file) => file.endsWith('.json.gz')))
    .sort();
}

/** Words of commands that are the host's own: what somebody else must replace. */
const values =
  /\/\S*netns\/[^\s']+|\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b|\b\d+\.\d+\.\d+\.\d+(?:\/\d+)?\b|\b(?:veth|vx-|eth|alt|br-)[\w-]*\b|(?<=docker \S+ (?:\S+ )*)\b[a-z]\w*-(?:net|node)\w*\b/g;

function exampleOf({fix, host}: Finding, folder: string): FixExample | undefined {
  if (fix.by !== 'commands') return undefined;
  const {commands, undo, affects} = fix;
  const replace = [...new Set(commands.flatMap((command) => command.match(values) ?? []))].filter(
    (value) => !value.startsWith('127.'),
  );
  return {
    from: `fixtures/${folder}`,
    host: fix.host ?? host ?? '',
    commands,
    ...(undo ? {undo} : {}),
    affects,
    replace,
  };
}
