/** Something that could not be read or understood. It costs only what it would have told. */
export interface Problem {
  /** Stable kebab-case word: `tool-missing`, `permission`, `docker-unreachable`, `netns-gone`, `unparsable`, … */
  code: string;
  /** What could not be read: a section, a namespace, a tool. */
  subject: string;
  message: string;
  /** What to type or look at next. */
  suggestions?: string[];
  /** Name of the host it concerns, set where several hosts are shown together. */
  host?: string;
}
