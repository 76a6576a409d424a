/** Why a part of the evidence is refused. */
export class Refusal extends Error {}

/** Applies a rule to every line; what it does not know is refused, with its beginning left out of the message. */
export function eachLine(text: string, rule: (line: string) => string): string {
  return text.split('\n').map(rule).join('\n');
}

/** `KEY=VALUE` lines; other lines go to `rest`. */
export function eachFact(
  text: string,
  rule: (key: string, value: string) => string,
  rest: (line: string) => string,
): string {
  return eachLine(text, (line) => {
    const at = line.indexOf('=');
    return at > 0 ? `${line.slice(0, at)}=${rule(line.slice(0, at), line.slice(at + 1))}` : rest(line);
  });
}

export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('it is not the JSON that it should be');
  }
}
