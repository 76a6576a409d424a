/**
 * Says in a process of several test files which of them the tests that follow belong to, and when: node:test reports the
 * tests of a process in their order, without their file.
 */
import process from 'node:process';
import {it, type TestContext} from 'node:test';

/** What such a test is called, before the file. */
export const marker = 'file: ';

/** Registers a test of that name, whose diagnostic is the seconds of a processor that the process has taken so far. */
export function fileBegins(file: string): void {
  it(`${marker}${file}`, (context: TestContext) => {
    const {user, system} = process.cpuUsage();
    context.diagnostic(String((user + system) / 1e6));
  });
}

/**
 * Holds back all tests until the function that it returns is called. Were nothing left to run while a file loads, node:test
 * would take the process's tests for done, and call hooks of the whole process then and never again.
 */
export function holdTests(): () => void {
  const {promise, release} = withRelease();
  it(`${marker}loading`, () => promise);
  return release;
}

function withRelease(): {promise: Promise<void>; release: () => void} {
  let release = () => {};
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {promise, release};
}
