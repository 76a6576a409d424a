import path from 'node:path';

/** How the docker client calls its plugins (docker/cli cli-plugins/manager): all words of its own command line, as they stand. */
export interface PluginCall {
  /** The words behind our own name. */
  words: string[];
  /** What the client's global options mean to whoever asks its engine; undefined unsets. */
  variables: Record<string, string | undefined>;
  /** Global options with files that the client's variable for them, a directory, can't stand for. */
  refused?: string;
}

/** The client's files for TLS, by the names that they have in DOCKER_CERT_PATH (docker/cli cli/flags/options.go). */
const tlsFiles: Record<string, string> = {tlscacert: 'ca.pem', tlscert: 'cert.pem', tlskey: 'key.pem'};

/** Global options of the client (docker/cli cli/flags/options.go), by both names: what each does to the surroundings. */
type Apply = (call: PluginCall, value: string) => void;

const valued: Record<string, Apply> = {
  config: ({variables}, value) => {
    variables['DOCKER_CONFIG'] = value;
  },
  // It wins over DOCKER_HOST, which the variable does not.
  context: ({variables}, value) => {
    variables['DOCKER_CONTEXT'] = value;
    variables['DOCKER_HOST'] = undefined;
  },
  host: ({variables}, value) => {
    variables['DOCKER_HOST'] = value;
  },
  'log-level': () => undefined,
  ...Object.fromEntries(Object.entries(tlsFiles).map(([option, name]) => [option, tlsFile(option, name)])),
};

const switches: Record<string, Apply> = {
  debug: () => undefined,
  tls: ({variables}) => {
    variables['DOCKER_TLS'] = '1';
  },
  tlsverify: ({variables}) => {
    variables['DOCKER_TLS_VERIFY'] = '1';
  },
};

const letters: Record<string, string> = {c: 'context', H: 'host', l: 'log-level', D: 'debug'};

/** With their usual names, all in one directory, the variable means the same files. */
function tlsFile(option: string, name: string): Apply {
  return (call, value) => {
    const folder = path.dirname(value);
    const before = call.variables['DOCKER_CERT_PATH'];
    if (path.basename(value) !== name || (before !== undefined && before !== folder))
      call.refused ??= `--${option}`;
    call.variables['DOCKER_CERT_PATH'] = folder;
  };
}

/**
 * Pure part: `--context far ovdiag fdb x` are the client's options, our name, and our words. What stands before the name never
 * meets our own flags. For completion the client puts `__complete` before the name.
 */
export function pluginCall(argv: readonly string[]): PluginCall {
  const call: PluginCall = {words: [], variables: {}};
  const rest = [...argv];
  const completes = rest[0] === '__complete';
  if (completes) rest.shift();
  for (let word = rest.shift(); word !== undefined && word !== 'ovdiag'; word = rest.shift()) {
    const option = optionIn(word);
    const apply = valued[option.name];
    if (apply) apply(call, option.value ?? rest.shift() ?? '');
    else switches[option.name]?.(call, '');
  }
  call.words = completes ? ['__complete', ...rest] : rest;
  return call;
}

/** `--name=value`, `--name`, `-xvalue`, `-x=value` or `-x`. */
function optionIn(word: string): {name: string; value?: string} {
  const long = /^--([^=]+)(?:=(.*))?$/s.exec(word);
  const [, letter = '', short = ''] = /^-(\w)=?(.*)$/s.exec(word) ?? [];
  const name = long ? (long[1] ?? '') : (letters[letter] ?? '');
  const value = long ? long[2] : short || undefined;
  return {name, ...(value === undefined ? {} : {value})};
}

/** What the client asks of each file that could be a plugin, before it runs anything else of it. */
export function pluginMetadata(version: string): string {
  return `${JSON.stringify({
    SchemaVersion: '0.1.0',
    Vendor: 'ovdiag',
    Version: version,
    ShortDescription: 'Inspect and troubleshoot overlay networks',
  })}\n`;
}
