/** error: traffic is lost now. warning: it will be, or is at risk. info: worth knowing. The worst first. */
export const severities = ['error', 'warning', 'info'] as const;

export type Severity = (typeof severities)[number];

/** Whether `severity` is at or above `least`. */
export function atLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(least);
}
