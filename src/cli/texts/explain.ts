/** What `ovdiag explain --help` says. */

export const summary = 'Explain a finding: what it means, how to check it by hand, how to fix it';

export const description =
  'Without a code, all of them, a line each. The same texts are the pages in docs/checks.';

export const examples = [
  {description: 'One code', command: '<%= config.bin %> <%= command.id %> fdb-row-missing'},
  {description: 'All codes', command: '<%= config.bin %> <%= command.id %>'},
];
