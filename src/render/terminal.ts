/** What a stream can show. Renderers are given one; nothing else asks about TTYs or the environment. */
export interface Terminal {
  /** Columns to fit into; Infinity where nothing may be shortened. */
  width: number;
  colour: boolean;
  /** Whether lines, branches and ellipses may be other than ASCII. */
  unicode: boolean;
  isTty: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const widthWhenUnknown = 80;

/** Decides once for one stream; stdout and stderr are asked apart, as one may be a pipe. */
export function terminalOf(
  stream: {isTTY?: boolean; columns?: number},
  options: {noColour?: boolean} = {},
  env: Environment = process.env,
): Terminal {
  const isTty = stream.isTTY === true;
  return {
    width: widthOf(isTty, stream.columns, env),
    colour: options.noColour === true ? false : hasColour(isTty, env),
    unicode: hasUnicode(isTty, env),
    isTty,
  };
}

/**
 * Only OVDIAG_COLUMNS narrows what goes into a pipe. COLUMNS is exported by many shells, and obeying it there
 * would shorten names in scripts; it only stands in for a terminal that doesn't know its own size.
 */
function widthOf(isTty: boolean, columns: number | undefined, env: Environment): number {
  const asked = columnsIn(env['OVDIAG_COLUMNS']);
  if (asked !== undefined) return asked;
  if (!isTty) return Number.POSITIVE_INFINITY;
  return columnsIn(columns) ?? columnsIn(env['COLUMNS']) ?? widthWhenUnknown;
}

/** A terminal may report 0 columns (script, expect, serial lines), which means that it doesn't know. */
function columnsIn(value: string | number | undefined): number | undefined {
  const columns = Number(value);
  return Number.isInteger(columns) && columns > 0 ? columns : undefined;
}

/** NO_COLOR wins over FORCE_COLOR where both are set: who asks for none gets none. */
function hasColour(isTty: boolean, env: Environment): boolean {
  if (env['NO_COLOR']) return false;
  if (isOn(env['FORCE_COLOR']) || isOn(env['CLICOLOR_FORCE'])) return true;
  return isTty && env['TERM'] !== 'dumb';
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0';
}

/**
 * The first of LC_ALL, LC_CTYPE and LANG that isn't empty decides. When none is set, a TTY gets ASCII, as POSIX
 * then means the C locale; a pipe gets Unicode, as logs and files are UTF-8 unless somebody says otherwise, and
 * cron, CI and `docker exec` say nothing at all.
 */
function hasUnicode(isTty: boolean, env: Environment): boolean {
  if (env['TERM'] === 'dumb') return false;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'];
  return locale ? /utf-?8/i.test(locale) : !isTty;
}
