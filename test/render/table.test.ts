import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import {escapeText} from '../../src/base/escape.js';
import {painter, plainPaint, type Toned} from '../../src/render/paint.js';
import {type Column, renderTable} from '../../src/render/table.js';
import {type DrawnCell, drawPlain, drawWithCliTable} from '../../src/render/table-draw.js';
import {displayWidth} from '../../src/render/width.js';
import {hostileText, linesOf, pipe, terminal, widest, widths} from './support.js';

const columns: Column[] = [
  {head: 'mac', priority: 9, shrink: 'never'},
  {head: 'endpoint', priority: 8, shrink: 'middle'},
  {head: 'vtep', priority: 7, shrink: 'never'},
  {head: 'node', priority: 5, shrink: 'end'},
  {head: 'age', priority: 3, shrink: 'never', align: 'right'},
  {head: 'status', priority: 9, shrink: 'end'},
];

const mac = fc
  .array(fc.integer({min: 0, max: 255}), {minLength: 6, maxLength: 6})
  .map((octets) => octets.map((octet) => octet.toString(16).padStart(2, '0')).join(':'));
const address = fc.oneof(
  fc.ipV4(),
  fc.constantFrom('2001:0db8:aaaa:bbbb:cccc:dddd:eeee:ffff', 'fd00:1111:2222:3333:4444:5555:6666:7777/128'),
);
const status: fc.Arbitrary<Toned> = fc.constantFrom(
  {text: 'ok', tone: 'good'},
  {text: 'stale', tone: 'bad'},
  {text: 'unknown', tone: 'warn'},
);
const age = fc.nat({max: 90_000}).map(String);
const row: fc.Arbitrary<Toned[]> = fc.tuple(mac, hostileText, address, hostileText, age, status);
const rows = fc.array(row, {maxLength: 12});

function fdbRows(count: number): Toned[][] {
  return Array.from({length: count}, (_, index) => [
    `02:42:0a:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
    `shop_web.${index}.k3j2h4k5j6h7k8j9h0`,
    `192.168.56.${index % 250}`,
    `worker-${index % 40}`,
    String(index % 300),
    {text: 'ok', tone: 'good'},
  ]);
}

describe('renderTable', () => {
  it('draws columns under upper-case heads', async () => {
    const text = await renderTable(columns, fdbRows(2), terminal({width: 100}), plainPaint);
    assert.equal(
      text,
      [
        'MAC                ENDPOINT                       VTEP          NODE      AGE  STATUS',
        '02:42:0a:00:00:00  shop_web.0.k3j2h4k5j6h7k8j9h0  192.168.56.0  worker-0    0  ok',
        '02:42:0a:00:00:01  shop_web.1.k3j2h4k5j6h7k8j9h0  192.168.56.1  worker-1    1  ok',
        '',
      ].join('\n'),
    );
  });

  it('leaves out what matters least, then shortens names, and says so', async () => {
    const text = await renderTable(columns, fdbRows(1), terminal({width: 60}), plainPaint, {
      wideFlag: '--wide',
    });
    assert.equal(
      text,
      [
        'MAC                ENDPOINT             VTEP          STATUS',
        '02:42:0a:00:00:00  shop_web.…6h7k8j9h0  192.168.56.0  ok',
        'Not shown: NODE, AGE (--wide shows all)',
        '',
      ].join('\n'),
    );
  });

  it('fits any rows into any terminal, whole addresses only', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom(...widths), fc.boolean(), async (cells, width, unicode) => {
        const text = await renderTable(columns, cells, terminal({width, unicode}), plainPaint);
        assert.ok(widest(text) <= width, text);
        const [heads = '', ...lines] = linesOf(text);
        const vtepAt = heads.indexOf('VTEP');
        cells.forEach((cell, index) => {
          const line = lines[index] ?? '';
          assert.ok(line.startsWith(String(cell[0])), line);
          if (vtepAt >= 0) assert.ok(line.includes(String(cell[2])), line);
        });
      }),
      {numRuns: 200},
    );
  });

  it('keeps the order of columns whichever are left out', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({min: 20, max: 200}), async (cells, width) => {
        const [heads = ''] = linesOf(await renderTable(columns, cells, terminal({width}), plainPaint));
        const order = heads.trim().split(/ +/);
        const all = columns.map(({head}) => head.toUpperCase());
        assert.deepEqual(
          order,
          all.filter((head) => order.includes(head)),
        );
      }),
      {numRuns: 50},
    );
  });

  it('loses nothing in a pipe', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (cells) => {
        const lines = linesOf(await renderTable(columns, cells, pipe, plainPaint));
        assert.equal(lines.length, cells.length + 1);
        cells.forEach((cell, index) => {
          for (const part of cell) {
            const text = escapeText(typeof part === 'string' ? part : part.text).trimEnd();
            assert.ok(lines[index + 1]?.includes(text));
          }
        });
      }),
      {numRuns: 50},
    );
  });

  it('prints no control character of a cell', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom(...widths), async (cells, width) => {
        const text = await renderTable(columns, cells, terminal({width}), plainPaint);
        assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }),
      {numRuns: 50},
    );
  });

  it('is pure ASCII in an ASCII terminal', async () => {
    for (const width of widths) {
      const cells = [
        ...fdbRows(3),
        ['02:42:0a:00:00:09', 'n'.repeat(500), '10.0.0.1', 'w'.repeat(90), '1', 'ok'],
      ];
      const text = await renderTable(columns, cells, terminal({width, unicode: false}), plainPaint, {
        wideFlag: '--wide',
      });
      assert.match(text, /^[\n -~]*$/);
      assert.match(text, /\.\.\./);
    }
  });

  it('lets one endless cell not take the room of the others', async () => {
    const cells = [...fdbRows(1), ['02:42:0a:00:00:09', 'n'.repeat(4096), '10.0.0.1', 'w1', '1', 'ok']];
    const text = await renderTable(columns, cells, terminal({width: 120}), plainPaint);
    for (const {head} of columns) assert.ok(text.includes(head.toUpperCase()));
  });

  it('does not pad a whole column for one endless cell in a pipe', async () => {
    const cells = [...fdbRows(1000), ['02:42:0a:00:00:09', 'n'.repeat(4096), '10.0.0.1', 'w1', '1', 'ok']];
    const text = await renderTable(columns, cells, pipe, plainPaint);
    assert.ok(text.length < 200_000, String(text.length));
  });

  it('folds an address that is wider than the terminal', async () => {
    const long = 'fd00:1111:2222:3333:4444:5555:6666:7777/128';
    const only: Column[] = [{head: 'address', priority: 1, shrink: 'never'}];
    const text = await renderTable(only, [[long]], terminal({width: 40}), plainPaint);
    assert.equal(text, `ADDRESS\n${long.slice(0, 40)}\n${long.slice(40)}\n`);
  });

  it('draws only heads without rows, and nothing without columns', async () => {
    assert.equal(await renderTable(columns.slice(0, 2), [], terminal(), plainPaint), 'MAC  ENDPOINT\n');
    assert.equal(await renderTable([], [['x']], terminal(), plainPaint), '');
  });

  it('is coloured cell by cell, and has no ESC without colour', async () => {
    const coloured = terminal({colour: true});
    const text = await renderTable(columns, fdbRows(2), coloured, await painter(coloured));
    assert.ok(text.includes('\u001b[32mok\u001b[39m'));
    const bare = await renderTable(columns, fdbRows(2), terminal(), await painter(terminal()));
    assert.ok(!bare.includes('\u001b'));
    assert.equal(text.replace(/\u001b\[\d+m/g, ''), bare);
  });

  it('draws 10,000 rows in well under a second', async () => {
    const cells = fdbRows(10_000);
    for (const where of [terminal({width: 80}), pipe]) {
      const start = process.cpuUsage();
      const text = await renderTable(columns, cells, where, plainPaint);
      const took = process.cpuUsage(start).user / 1000;
      assert.ok(linesOf(text).length >= 10_001);
      // Processor time, as wall time says more about a busy machine; measured 30 to 150 ms.
      assert.ok(took < 500, `${took} ms`);
    }
  });
});

describe('both ways of drawing', () => {
  it('give the same text', async () => {
    const paint = await painter(terminal({colour: true}));
    const word = fc.tuple(
      hostileText.map((text) => escapeText(text).slice(0, 20)),
      fc.constantFrom('plain', 'good', 'strong', 'dim'),
    );
    const grid = fc.array(fc.array(word, {minLength: 3, maxLength: 3}), {minLength: 1, maxLength: 60});
    await fc.assert(
      fc.asyncProperty(grid, fc.boolean(), async (words, right) => {
        const drawn: DrawnCell[][] = words.map((line) =>
          line.map(([text, tone]) => ({text: paint(tone as 'plain', text), width: displayWidth(text)})),
        );
        const layout = [0, 1, 2].map((place) => ({
          width: Math.max(1, ...drawn.map((line) => line[place]?.width ?? 0)),
          right: right && place === 1,
        }));
        assert.deepEqual(await drawWithCliTable(drawn, layout), drawPlain(drawn, layout));
      }),
      {numRuns: 30},
    );
  });
});
