#!/usr/bin/env node
// Runs src/ as it is, without a build.
import {register} from 'tsx/esm/api';

process.env.OCLIF_DISABLE_ENGINE_WARNING ??= '1';
register();
const {main} = await import('../src/main.ts');
await main({development: true});
