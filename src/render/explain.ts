import type {CheckStep} from '../findings/advice.js';
import {directoryNote, type Explanation, type FixExample, type FixText} from '../findings/explanation.js';
import type {Paint} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';
import {wrapText} from './text.js';

/** Prose is hard to read in longer lines. */
const widestProse = 100;

export function renderExplanation(explanation: Explanation, {width}: Terminal, paint: Paint): string {
  const prose = Math.min(width, widestProse);
  const {code, title, severity, needs, meaning, behaviour, check, references, explains} = explanation;
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
    ...part('Fix', fixPart(explanation, prose)),
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

/** The recorded fix where there is one, and what no recording shows. */
function fixPart({fix, example}: Explanation, width: number): string[] {
  if (!example) return fix.flatMap((one) => fixLines(one, width));
  const words = fix.filter((one) => 'words' in one);
  return [
    ...wrapText(exampleHead(example), width),
    ...example.commands.map((command) => `  ${command}`),
    ...(example.undo ? ['Undo', ...example.undo.map((command) => `  ${command}`)] : []),
    ...wrapText(`affects: ${example.affects}`, width, 2),
    ...words.flatMap((one) => fixLines(one, width)),
  ];
}

/** Which values are the recorded host's own. */
function exampleHead({host, replace}: FixExample): string {
  const which =
    replace.length === 0
      ? ''
      : `; replace ${replace.slice(0, 12).join(', ')}${replace.length > 12 ? ' and the others like them' : ''} by those of your host`;
  return `As doctor printed it of a recorded fault on ${host}${which} (doctor prints them):`;
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
  const {code, title, severity, needs, meaning, behaviour, check, references, explains} = explanation;
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
    part('Fix', fixPage(explanation, shell)),
    note === undefined ? '' : `\n${note}\n`,
    part('Findings that follow from it', (explains ?? []).map((one) => `- [${one}](${one}.md)`).join('\n')),
    part('See', references.map((one) => `- ${one}`).join('\n')),
  ].join('');
}

function fixPage({fix, example}: Explanation, shell: (command: string, text?: string) => string): string {
  const general = fix
    .filter((one) => !example || 'words' in one)
    .map((one) => ('words' in one ? `${one.words}\n` : shell(one.command, `affects: ${one.affects}`)));
  if (!example) return general.join('\n');
  const {commands, undo, affects} = example;
  return [
    `${exampleHead(example)}\n`,
    shell(commands.join('\n'), `affects: ${affects}`),
    ...(undo ? ['Undo:\n', shell(undo.join('\n'))] : []),
    ...general,
  ].join('\n');
}
