/**
 * The rooms of src/ and the floors that they stand on. A room imports from rooms on lower floors only, types included; of
 * one floor only where `beside` says so. docs/architecture.md draws these floors, and a test holds both together.
 */
const floors = [
  ['base', 'packet', 'findings'],
  ['snapshot', 'pcap', 'flows'],
  ['model', 'collect', 'redact'],
  ['kernel', 'topology', 'hosts'],
  ['rows', 'services'],
  ['checks', 'trace', 'diff'],
  ['probe', 'graph'],
  ['answers'],
  ['render'],
  ['cli', 'complete', 'plugin'],
  ['decode', 'capture'],
  ['commands', 'page'],
];

/** Rooms that stand on another room of their own floor. */
const beside = {packet: ['base'], findings: ['base'], topology: ['kernel'], capture: ['decode']};

/** Files of src/ that are in no room: the start of the program. */
const outside = ['main.ts'];

const rooms = floors.flat();

/** What a room may import from: itself, the floors below, and what it stands on beside it. */
function below(room) {
  const floor = floors.findIndex((names) => names.includes(room));
  return [room, ...floors.slice(0, floor).flat(), ...(beside[room] ?? [])];
}

const closedRooms = rooms.map((room) => ({
  name: `room-${room}`,
  comment: `${room}/ imports from lower floors only, types included.`,
  severity: 'error',
  from: {path: `^src/${room}/`},
  to: {path: '^src/', pathNot: `^src/(${below(room).join('|')})/`},
}));

/** Facts in, facts or text out: the same answer from a snapshot as from a live host. */
const pure = [
  'base',
  'packet',
  'findings',
  'flows',
  'model',
  'redact',
  'kernel',
  'topology',
  'rows',
  'services',
  'checks',
  'trace',
  'diff',
  'graph',
  'render',
  'page',
];

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment:
        'A circle of modules can be understood only as one; types count, as a reader follows them too.',
      severity: 'error',
      from: {},
      to: {circular: true},
    },
    {
      name: 'no-circular-folders',
      comment: 'Folders inside a room form no circle either.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: {circular: true},
    },
    {
      name: 'every-file-is-in-a-room',
      comment: 'A file that no rule knows would be free to import anything.',
      severity: 'error',
      from: {path: '^src/', pathNot: [`^src/(${rooms.join('|')})/`, `^src/(${outside.join('|')})$`]},
      to: {},
    },
    ...closedRooms,
    {
      name: 'rooms-import-no-loose-file',
      comment: 'Files beside the rooms start the program; nothing is built on them.',
      severity: 'error',
      from: {path: '^src/.+/'},
      to: {path: '^src/[^/]+$'},
    },
    {
      name: 'parsing-loads-no-schema',
      comment:
        'Of the evidence the pure rooms take its types: its schema must not be loaded to parse its content.',
      severity: 'error',
      from: {path: `^src/(${pure.join('|')})/`},
      to: {path: '^src/snapshot/snapshot(-file|-folder)?\\.ts$', dependencyTypesNot: ['type-only']},
    },
    {
      name: 'page-runs-in-a-browser',
      comment: 'What a browser runs takes types of the program, and none of its code.',
      severity: 'error',
      from: {path: '^src/page/'},
      to: {path: '^src/', pathNot: '^src/page/', dependencyTypesNot: ['type-only']},
    },
    {
      name: 'processes-start-in-two-places',
      comment: 'Only what collects starts programs, so that one place says which.',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/(collect|pcap)/'},
      to: {path: '((^|/)node_modules/execa/|^(node:)?child_process$)'},
    },
    {
      name: 'pure-means-no-io',
      comment:
        'Analyses and views read no files, sockets or processes. Of node:net they take isIP, so it is not listed.',
      severity: 'error',
      from: {path: `^src/(${pure.join('|')})/`},
      to: {
        path: '^(node:)?(fs|fs/promises|http|https|tls|dgram|child_process|worker_threads|readline)$',
      },
    },
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: true,
    tsConfig: {fileName: 'tsconfig.json'},
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
