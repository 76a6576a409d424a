/** Made by scripts/executable.ts: what oclif loads by path, by its path in dist/ without the ending. */
declare module 'embedded-modules' {
  export const modules: Readonly<Record<string, (() => Promise<unknown>) | undefined>>;
}

/** Its package has no types. */
declare module 'postject' {
  export function inject(
    file: string,
    resource: string,
    data: Buffer,
    options: {sentinelFuse: string},
  ): Promise<void>;
}
