/**
 * Directions between the folders of src/: commands → hosts/evidence → and join → model, never back.
 * What only looks at facts does no I/O, so that a snapshot gives the same answer as a live host.
 */

/** Folders that are pure: facts in, facts or text out. */
const pure = '^src/(model|join|diff|packet|flows|trace|checks|findings|render)/';

/** Leaves without imports of their own kind that every folder may use. */
const leaves = '^src/(errors|near|shape)\\.ts$|^src/render/(escape|width)\\.ts$';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A circle of modules can be understood only as one.',
      severity: 'error',
      from: {},
      to: {circular: true, viaOnly: {dependencyTypesNot: ['type-only']}},
    },
    {
      name: 'model-knows-only-itself',
      comment: 'Parsed facts know nothing of who joins, shows or collects them; of evidence only its types.',
      severity: 'error',
      from: {path: '^src/model/'},
      to: {path: '^src/', pathNot: ['^src/model/', '^src/evidence/snapshot\\.ts$', leaves]},
    },
    {
      name: 'model-takes-types-of-evidence',
      comment: "The snapshot's schema must not be loaded to parse its content.",
      severity: 'error',
      from: {path: pure},
      to: {path: '^src/evidence/', dependencyTypesNot: ['type-only']},
    },
    {
      name: 'join-knows-model',
      comment: 'The joins see facts only, wherever they came from and however they will be shown.',
      severity: 'error',
      from: {path: '^src/join/'},
      to: {path: '^src/', pathNot: ['^src/(join|model)/', '^src/packet/names\\.ts$', leaves]},
    },
    {
      name: 'findings-are-words',
      comment: 'Codes, texts and their folding know nothing of the checks that report them.',
      severity: 'error',
      from: {path: '^src/findings/'},
      to: {path: '^src/', pathNot: ['^src/findings/', leaves]},
    },
    {
      name: 'checks-look-at-facts',
      comment: 'A check sees models, joins and what trace knows of routes and rules, and reports findings.',
      severity: 'error',
      from: {path: '^src/checks/'},
      to: {path: '^src/', pathNot: ['^src/(checks|findings|join|model|trace)/', leaves]},
    },
    {
      name: 'diff-knows-facts-and-joins',
      comment: 'Two snapshots are compared as facts, wherever they came from.',
      severity: 'error',
      from: {path: '^src/diff/'},
      to: {path: '^src/', pathNot: ['^src/(diff|join|model)/', leaves]},
    },
    {
      name: 'redaction-makes-evidence-of-evidence',
      comment:
        'What is replaced is decided on the evidence itself, so that every parser reads the result alike.',
      severity: 'error',
      from: {path: '^src/redact/'},
      to: {path: '^src/', pathNot: ['^src/redact/', '^src/evidence/(snapshot|docker-fields)\\.ts$', leaves]},
    },
    {
      name: 'render-decides-nothing',
      comment: 'Views are given what to show; they neither collect nor know of flags.',
      severity: 'error',
      from: {path: '^src/render/'},
      to: {path: '^src/(evidence|hosts|cli|commands|decode|capture)/'},
    },
    {
      name: 'commands-are-on-top',
      comment: 'Nothing is built on a command.',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/commands/'},
      to: {path: '^src/commands/'},
    },
    {
      name: 'evidence-does-not-interpret',
      comment: 'Evidence is kept as it was read; what it means is told by model and join.',
      severity: 'error',
      from: {path: '^src/(evidence|capture)/'},
      to: {path: '^src/(model|join|trace|checks|findings|cli|commands|hosts)/'},
    },
    {
      name: 'processes-start-in-two-places',
      comment: 'Only what collects starts programs, so that one place says which.',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/(evidence|capture)/'},
      to: {path: '(^execa$|/node_modules/execa/|^(node:)?child_process$)'},
    },
    {
      name: 'pure-means-no-io',
      comment: 'Analyses and views read no files, sockets or processes.',
      severity: 'error',
      from: {path: pure},
      to: {
        path: '^(node:)?(fs|fs/promises|http|https|net|tls|dgram|child_process|worker_threads|readline)$',
        pathNot: '^(node:)?net$',
      },
    },
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: 'specify',
    tsConfig: {fileName: 'tsconfig.json'},
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
