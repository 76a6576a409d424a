/** The start as `docker-ovdiag`, which the docker client runs for `docker ovdiag`. */
import {readFile} from 'node:fs/promises';
import {pluginCall, pluginMetadata} from './call.js';

/**
 * Answers what the client asks of a plugin by itself (undefined); else leaves our own words in process.argv and the client's options
 * in the environment, and gives the name that help has to show.
 */
export async function asPlugin(): Promise<string | undefined> {
  const [node = '', program = '', ...argv] = process.argv;
  if (argv[0] === 'docker-cli-plugin-metadata') {
    const file = new URL('../package.json', import.meta.url);
    const {version} = JSON.parse(await readFile(file, 'utf8')) as {version: string};
    process.stdout.write(pluginMetadata(version));
    return undefined;
  }
  const {words, variables, refused} = pluginCall(argv);
  if (refused !== undefined) {
    process.stderr.write(
      `ovdiag: docker's option ${refused} is passed on only where ca.pem, cert.pem and key.pem, so named, are in one directory. Otherwise use a context: docker context create\n`,
    );
    process.exitCode = 2;
    return undefined;
  }
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  process.argv = [node, program, ...words];
  return 'docker ovdiag';
}
