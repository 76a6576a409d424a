/**
 * Imports of Node's own modules as `require`. An import of `node:fs` as an ES module asks each of its exports, whatever is imported,
 * and some of those load dozens of modules of Node's when they are asked (streams, promises, worker threads); `require` asks for nothing.
 */

const importOfBuiltin = /(?<=^|[;\n}])import\s*([^"';]*?)\s*from\s*"(node:[\w/]+)";/g;

/** Pure part: a bundle's text, which has `require` in its banner (the first line), with such imports replaced. */
export function withRequiredBuiltins(code: string): string {
  const [banner = '', ...lines] = code.split('\n');
  const required: string[] = [];
  const rest = lines.join('\n').replace(importOfBuiltin, (_statement, bindings: string, from: string) => {
    required.push(...declarations(bindings, from));
    return '';
  });
  // At the top, where imports are evaluated wherever they stand.
  return [`${banner}${required.join('')}`, rest].join('\n');
}

function declarations(bindings: string, from: string): string[] {
  const [, whole, named] = /^(?:(?:\*\s*as\s)?([\w$]+))?\s*,?\s*(?:\{(.*)\})?$/s.exec(bindings) ?? [];
  const source = `require("${from}")`;
  const pattern = named?.split(',').map((name) => name.trim().replace(/\s+as\s+/, ':'));
  return [
    ...(whole === undefined ? [] : [`const ${whole}=${source};`]),
    ...(pattern === undefined ? [] : [`const {${pattern.join(',')}}=${source};`]),
  ];
}
