/** How far the reading of hosts has come. */
export interface ProgressCounts {
  done: number;
  failed: number;
  running: string[];
  waiting: number;
}

/** As many names as say which hosts take long; the rest is counted. */
const mostNames = 3;
const longestName = 24;

/** One line for a status: what is done, what failed, who is waited for. */
export function progressText({done, failed, running, waiting}: ProgressCounts): string {
  const named = running.slice(0, mostNames).map(shortened).join(', ');
  const unnamed = running.length - mostNames;
  const all = done + running.length + waiting;
  if (all === 1) return `reading ${named === 'local' ? 'this host' : named}`;
  return [
    `${done} of ${all} hosts read${failed > 0 ? `, ${failed} failed` : ''}`,
    ...(running.length > 0 ? [`waiting for ${named}${unnamed > 0 ? ` and ${unnamed} more` : ''}`] : []),
  ].join('; ');
}

/** A command prefix may be long; its beginning tells which it is. */
function shortened(name: string): string {
  return name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name;
}
