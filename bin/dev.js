#!/usr/bin/env -S node --import tsx
// Runs src/ as it is, without a build.
process.env.OCLIF_DISABLE_ENGINE_WARNING ??= '1';
const {main} = await import('../src/main.ts');
await main({development: true});
