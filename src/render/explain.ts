import type {CheckStep} from '../findings/advice.js';
import {directoryNote, type Explanation, type FixText} from '../findings/explanation.js';
import type {Paint} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';
import {wrapText} from './text.js';

/** Prose is hard to read in longer lines. */
const widestProse = 100;

export function renderExplanation(explanation: Explanation, {width}: Terminal, paint: Paint): string {
  const prose = Math.min(width, widestProse);
  const {code, title, severity, needs, meaning, behaviour, check, fix, references, explains} = explanation;
  const paragraph = (text: string) => wrapText(text, prose);
  const part = (head: string, lines: string[]) =>
    lines.length === 0 ? [] : ['', paint('strong', head), ...lines];
  const note = directoryNote(explanation);
  const where = explanation.traceOnly ? 'ovdiag trace' : 'ovdiag doctor';
  return [
    ...wrapText(`${code}: ${title}`, prose).map((line) => paint('strong', line)),
    ...paragraph(`${severity}; reported by ${where}; needs ${needs}`),
    ...part('What it means', paragraph(meaning)),
    ...part('Impact', paragraph(behaviour)),
    ...part(
      'Check',
      check.flatMap((step) => checkLines(step, prose)),
    ),
    ...part(
      'Fix',
      fix.flatMap((one) => fixLines(one, prose)),
    ),
    ...(note === undefined ? [] : ['', ...paragraph(note)]),
    ...part('Findings that follow from it', explains ? paragraph(explains.join(', ')) : []),
    ...part('See', references.flatMap(paragraph)),
    '',
  ].join('\n');
}

/** A command is not broken: it is there to be copied. */
function checkLines({command, shows}: CheckStep, width: number): string[] {
  return [`  ${command}`, ...(shows === undefined ? [] : wrapText(`      ${shows}`, width, 6))];
}

function fixLines(fix: FixText, width: number): string[] {
  if ('words' in fix) return wrapText(`  ${fix.words}`, width, 2);
  return [`  ${fix.command}`, ...wrapText(`      affects: ${fix.affects}`, width, 6)];
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
  const {code, title, severity, needs, meaning, behaviour, check, fix, references, explains} = explanation;
  const note = directoryNote(explanation);
  const shell = (command: string, text = '') =>
    `\`\`\`sh\n${command}\n\`\`\`\n${text === '' ? '' : `\n${text[0]?.toUpperCase()}${text.slice(1)}.\n`}`;
  const part = (head: string, body: string) => (body === '' ? '' : `\n## ${head}\n\n${body.trimEnd()}\n`);
  return [
    `# ${code}\n\n${title[0]?.toUpperCase()}${title.slice(1)}.\n`,
    `\nSeverity: ${severity}. Reported by: \`ovdiag ${explanation.traceOnly ? 'trace' : 'doctor'}\`. Needs: ${needs}.\n`,
    part('What it means', meaning),
    part('Impact', behaviour),
    part('Check', check.map(({command, shows}) => shell(command, shows)).join('\n')),
    part(
      'Fix',
      fix
        .map((one) => ('words' in one ? `${one.words}\n` : shell(one.command, `affects: ${one.affects}`)))
        .join('\n'),
    ),
    note === undefined ? '' : `\n${note}\n`,
    part('Findings that follow from it', (explains ?? []).map((one) => `- [${one}](${one}.md)`).join('\n')),
    part('See', references.map((one) => `- ${one}`).join('\n')),
  ].join('');
}
