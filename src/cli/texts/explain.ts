/** Help text of `ovdiag explain`. */

export const summary = `Explain a finding: impact, how to verify it, how to fix it`;

export const description = [
  `Without a code, list all codes. The pages in docs/checks have the same text.`,
].join('\n\n');

export const examples = [
  {description: `One code`, command: `<%= config.bin %> <%= command.id %> fdb-row-missing`},
  {description: `All codes`, command: `<%= config.bin %> <%= command.id %>`},
];
