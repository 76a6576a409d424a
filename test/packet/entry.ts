/** Runs `decode` or `capture` from src/ as the command line does, without a build. */
import {fileURLToPath} from 'node:url';

process.env['OCLIF_DISABLE_ENGINE_WARNING'] ??= '1';
const [command = 'decode', ...argv] = process.argv.slice(2);
const {default: Command} = await import(`../../src/commands/${command}.ts`);
await Command.run(argv, fileURLToPath(import.meta.url));
