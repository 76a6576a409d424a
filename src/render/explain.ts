import {directoryNote, type Explanation} from '../findings/explanation.js';
import type {Remedy} from '../findings/severity.js';
import type {Paint} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';
import {wrapText} from './text.js';

/** Prose is hard to read in longer lines. */
const widestProse = 100;

export function renderExplanation(
  explanation: Explanation,
  {width, ...terminal}: Terminal,
  paint: Paint,
): string {
  const prose = Math.min(width, widestProse);
  const {code, title, severity, needs, meaning, behaviour, prove, mend, references, explains} = explanation;
  const paragraph = (text: string) => wrapText(text, prose);
  const part = (head: string, lines: string[]) =>
    lines.length === 0 ? [] : ['', paint('strong', head), ...lines];
  const note = directoryNote(explanation);
  const where = explanation.traceOnly ? 'ovdiag trace' : 'ovdiag doctor';
  return [
    ...wrapText(`${code}: ${title}`, prose).map((line) => paint('strong', line)),
    ...paragraph(`${severity}; reported by ${where}; needs ${needs}`),
    ...part('What it means', paragraph(meaning)),
    ...part('What happens then', paragraph(behaviour)),
    ...part('Prove it by hand', commands(prove, {...terminal, width})),
    ...part('Mend it', commands(mend, {...terminal, width})),
    ...(note === undefined ? [] : ['', ...paragraph(note)]),
    ...part('Findings that follow from it', explains ? paragraph(explains.join(', ')) : []),
    ...part('See', references.flatMap(paragraph)),
    '',
  ].join('\n');
}

/** A command is not broken: it is there to be copied. */
function commands(remedies: readonly Remedy[], {width}: Terminal): string[] {
  return remedies.flatMap(({command, touches}) => [
    `  ${command}`,
    ...wrapText(`      touches ${touches}`, Math.min(width, widestProse), 6),
  ]);
}

const columns: Column[] = [
  {head: 'code', priority: 10, shrink: 'never'},
  {head: 'severity', priority: 5, shrink: 'never'},
  {head: 'needs', priority: 3, shrink: 'never'},
  {head: 'what is wrong', priority: 8, shrink: 'end'},
];

export function renderCodes(
  catalogue: readonly Explanation[],
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const rows = catalogue.map(({code, severity, needs, title}) => [
    {text: code, tone: 'strong' as const},
    severity,
    needs,
    title,
  ]);
  return renderTable(columns, rows, terminal, paint);
}

/** The same text as a page of docs/checks. */
export function explanationPage(explanation: Explanation): string {
  const {code, title, severity, needs, meaning, behaviour, prove, mend, references, explains} = explanation;
  const note = directoryNote(explanation);
  const shell = (remedies: readonly Remedy[]) =>
    remedies.map(({command, touches}) => `\`\`\`sh\n${command}\n\`\`\`\n\nTouches ${touches}.\n`).join('\n');
  const part = (head: string, body: string) => (body === '' ? '' : `\n## ${head}\n\n${body.trimEnd()}\n`);
  return [
    `# ${code}\n\n${title[0]?.toUpperCase()}${title.slice(1)}.\n`,
    `\nSeverity: ${severity}. Reported by: \`ovdiag ${explanation.traceOnly ? 'trace' : 'doctor'}\`. Needs: ${needs}.\n`,
    part('What it means', meaning),
    part('What happens then', behaviour),
    part('Prove it by hand', shell(prove)),
    part('Mend it', shell(mend)),
    note === undefined ? '' : `\n${note}\n`,
    part('Findings that follow from it', (explains ?? []).map((one) => `- [${one}](${one}.md)`).join('\n')),
    part('See', references.map((one) => `- ${one}`).join('\n')),
  ].join('');
}
