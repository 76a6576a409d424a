import {existsSync} from 'node:fs';
import {execa} from 'execa';
import {type PacketFilter, packetFilter} from '../../../src/kernel/packet-filter.js';
import {ruleLine} from '../../../src/kernel/printed-rule.js';
import {type Filtering, filterPacket} from '../../../src/kernel/rule-walk.js';
import {parseTables} from '../../../src/model/netns-tables.js';
import type {Rule, RuleChain} from '../../../src/model/rules/rule.js';
import {constructsIn, metOf} from './counted.js';
import {ends, sealedEnd} from './ends.js';
import {type Extras, noExtras} from './extras.js';
import {type Part, randomRuleset, withoutOne} from './generate.js';
import {frameBytes, type PacketForm, packetBytes, sealing} from './packets.js';
import {type Passage, passages, spis} from './passages.js';
import {randomFrom} from './random.js';
import {type Ran, Resident} from './resident.js';

export interface Judged {
  packets: number;
  drops: number;
  /** Packets of which the walk does not know what becomes of them, by the statement that it hangs on. */
  unknown: Map<string, number>;
  /** Those of them that hang on a random number, a rate or a count. */
  random: number;
  /** Rulesets that were judged. */
  rulesets: number;
  /** Those that the programs themselves refused. */
  rejected: number;
  wrong: Wrong[];
  /** How each kind of packet fared, by its name. */
  ways: Map<string, {passed: number; dropped: number; unknown: number}>;
  /** Packets that passed by a flowtable: they came to the other end and met no chain. */
  bypassed: number;
  /** In how many rulesets a rule with such a construct met a packet, by its own counter in the kernel. */
  met: Map<string, number>;
}

/** What the walk says of a packet or a rule, and what the kernel did. */
interface Contradiction {
  name: string;
  said: string;
  seen: string;
}

export interface Wrong extends Contradiction {
  parts: readonly Part[];
}

interface Run {
  filter: PacketFilter;
  all: Passage[];
  passed: (passage: Passage) => boolean;
  /** How many have passed by a flowtable. */
  bypassed: number;
  /** How many packets each rule and policy has met, where it counts them. */
  met: ReadonlyMap<Rule | RuleChain, number>;
}

/** Counts each packet, by its tag, when it comes in, at its device and behind it, and when all chains have let it pass. */
const judgeTable = 'judge';

const counterOf = ({src, tag}: PacketForm) =>
  src.includes(':') ? `ip6 flowlabel ${tag} counter` : `ip id ${tag} counter`;

function counters(all: readonly Passage[]): string {
  const devices = 'devices = { eth0, eth1 }';
  const chain = (name: string, hook: string, priority: number) =>
    `chain ${name} {\ntype filter hook ${hook} priority ${priority};\n${all.map(({form, endsAs}) => `${endsAs && name !== 'came' && name !== 'entered' ? `meta l4proto ${endsAs} ` : ''}${counterOf(form)}`).join('\n')}\n}`;
  // Asking for a state keeps conntrack at work, whatever the ruleset asks for.
  return `table inet ${judgeTable} {
chain tracked {\ntype filter hook input priority 2000000000;\nct state new counter\n}
${chain('came', 'prerouting', -2000000000)}
${chain('in', 'input', 2000000000)}
}
table netdev ${judgeTable} {
${chain('entered', `ingress ${devices}`, -2000000000)}
${chain('out', `egress ${devices}`, 2000000000)}
}`;
}

/** The same at the far end, where packets arrive that a flowtable has kept from all chains. */
const arrivals = (all: readonly Passage[]) => `flush ruleset
table inet ${judgeTable} {
chain arrived {\ntype filter hook prerouting priority -500;\n${all.map(({form}) => counterOf(form)).join('\n')}\n}
}
${silence}`;

/** The ends answer nothing by themselves. */
const silence = `table inet silent {\n${['prerouting', 'output']
  .map((hook) => `chain ${hook} {\ntype filter hook ${hook} priority -400; policy drop;\n}`)
  .join('\n')}\n}`;

/** Three namespaces in a row, the one in the middle routing between the others. */
class Bench {
  private readonly netns = {
    judged: `ovd-judge-${process.pid}`,
    near: `ovd-near-${process.pid}`,
    far: `ovd-far-${process.pid}`,
  };
  private residents: Record<'judged' | 'near' | 'far', Resident> | undefined;
  private readonly devices = new Map<string, number>();
  private runs = 0;

  private readonly also: Extras;

  constructor(also: Extras) {
    this.also = also;
  }

  async begin(): Promise<void> {
    await clean();
    for (const name of Object.values(this.netns)) await execa('ip', ['netns', 'add', name]);
    const resident = (name: 'judged' | 'near' | 'far') => new Resident(this.netns[name]);
    this.residents = {judged: resident('judged'), near: resident('near'), far: resident('far')};
    await this.connect('near', 'eth0', ends.judged.near);
    await this.connect('far', 'eth1', ends.judged.far);
    await this.inside('judged', [
      'sysctl',
      '-qw',
      ...['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1', 'net.ipv4.conf.all.rp_filter=0'],
      ...['net.ipv4.conf.eth0.rp_filter=0', 'net.ipv4.conf.eth1.rp_filter=0'],
      // Packets of ESP have no ports that could make them new ones.
      'net.netfilter.nf_conntrack_generic_timeout=0',
    ]);
    for (const name of ['near', 'far'] as const) await this.inside(name, ['nft', '-f', '-'], silence);
    if (this.also.has('esp')) for (const version of ['ip4', 'ip6'] as const) await this.seal(version);
  }

  private async connect(
    name: 'near' | 'far',
    device: string,
    own: {mac: string; ip4: string; ip6: string},
  ): Promise<void> {
    const other = ends[name];
    const link = ['link', 'add', device, 'netns', this.netns.judged, 'address', own.mac, 'type', 'veth'];
    await execa('ip', [...link, 'peer', 'name', device, 'netns', this.netns[name], 'address', other.mac]);
    for (const [where, at, peer] of [
      ['judged', own, other],
      [name, other, own],
    ] as const) {
      await this.inside(where, ['ip', 'addr', 'add', `${at.ip4}/24`, 'dev', device]);
      await this.inside(where, ['ip', 'addr', 'add', `${at.ip6}/64`, 'dev', device, 'nodad']);
      for (const link of ['lo', device]) await this.inside(where, ['ip', 'link', 'set', link, 'up']);
      for (const address of [peer.ip4, peer.ip6])
        await this.inside(where, [
          'ip',
          'neigh',
          'replace',
          address,
          'lladdr',
          peer.mac,
          'dev',
          device,
          'nud',
          'permanent',
        ]);
    }
    const {stdout} = await this.inside(name, ['ip', '-o', 'link', 'show', 'dev', device]);
    this.devices.set(name, Number.parseInt(stdout, 10));
  }

  /** States and a policy of IPsec, in transport mode as those of Docker (moby libnetwork/drivers/overlay/encryption.go). */
  private async seal(version: 'ip4' | 'ip6'): Promise<void> {
    const [own, other, away] = [ends.judged.near[version], ends.near[version], sealedEnd[version]];
    const aead = ['aead', 'rfc4106(gcm(aes))', `0x${sealing.key}${sealing.salt}`, String(8 * sealing.icv)];
    const state = (src: string, dst: string, spi: number, reqid: string) =>
      `xfrm state add src ${src} dst ${dst} proto esp spi ${spi} reqid ${reqid} mode transport`.split(' ');
    const template = `tmpl src ${own} dst ${away} proto esp reqid 2 mode transport`;
    for (const argv of [
      [...state(other, own, spis.INPUT, '1'), ...aead],
      [...state(own, away, spis.OUTPUT, '2'), ...aead],
      `xfrm policy add src ${own} dst ${away} dir out ${template}`.split(' '),
      `neigh replace ${away} lladdr ${ends.near.mac} dev eth0 nud permanent`.split(' '),
    ]) {
      const {exitCode, stderr} = await this.inside('judged', ['ip', ...argv]);
      if (exitCode !== 0) throw new Error(`ip ${argv.slice(0, 3).join(' ')}: ${stderr}`);
    }
  }

  private at(name: 'judged' | 'near' | 'far'): Resident {
    const resident = this.residents?.[name];
    if (!resident) throw new Error('not begun');
    return resident;
  }

  private inside(name: 'judged' | 'near' | 'far', argv: string[], input?: string): Promise<Ran> {
    return this.at(name).run(argv, input);
  }

  private emit(by: 'judged' | 'near' | 'far', form: Passage['form']): Promise<void> {
    if (by === 'judged') return this.at(by).packet(addressOf(form), packetBytes(form));
    const macs = {from: ends[by].mac, to: ends.judged[by].mac};
    return this.at(by).frame(this.devices.get(by) ?? 0, frameBytes(form, macs));
  }

  /** Loads the rules and sends all packets; undefined where a program refused its part. */
  async run(parts: readonly Part[]): Promise<Run | undefined> {
    const all = passages(this.runs++, this.also);
    if (this.also.has('flowtables')) await this.inside('far', ['nft', '-f', '-'], arrivals(all));
    await this.inside('judged', ['nft', '-f', '-'], `flush ruleset\n${counters(all)}`);
    const legacy = parts.map(({program}) => program).filter((program) => program.endsWith('legacy'));
    await Promise.all(all.map(({opener}) => opener && this.emit(opener.by, opener.form)));
    try {
      for (const {program, text} of parts) {
        const plain = text.replaceAll('\n\t', '\n');
        const argv = program === 'nft' ? ['nft', '-f', '-'] : [`${program}-restore`];
        const {exitCode, stderr} = await this.inside('judged', argv, `${plain}\n`);
        if (exitCode !== 0) {
          if (process.env['OVDIAG_JUDGE'])
            console.error(program, stderr.slice(0, 300), stderr.includes('line') ? plain : '');
          return undefined;
        }
      }
      // Each end sends its own in this order.
      await Promise.all(all.map(({way, form}) => this.emit(way === 'OUTPUT' ? 'judged' : 'near', form)));
      const {listed, counted} = await this.counted(all);
      const filter = await this.read(parts, listed);
      // Not read, as iptables-nft refuses a table: nothing is judged.
      if (!filter) return undefined;
      return {
        ...{filter, all, met: metOf(filter)},
        passed: ({form, way}) =>
          counted(way === 'INPUT' ? 'in' : 'out', form.tag) + counted('arrived', form.tag) > 0,
        bypassed: all.filter(({form}) => counted('arrived', form.tag) > 0 && counted('came', form.tag) === 0)
          .length,
      };
    } finally {
      for (const program of legacy) await this.inside('judged', [`${program}-restore`], empty);
    }
  }

  /** The rules as the collector reads them; undefined where a table is told by no program. */
  private async read(parts: readonly Part[], listed: Listed): Promise<PacketFilter | undefined> {
    const section = (name: string, output: string, status = 0) => ({
      ...{name, command: name, at: '2026-01-01T00:00:00.000Z', status, output},
    });
    const sections = [section('iptables-nft', ''), section('ip6tables-nft', '')];
    for (const program of new Set(parts.map((part) => part.program))) {
      if (program === 'nft') continue;
      const {stdout, exitCode} = await this.inside('judged', [`${program}-save`, '-c']);
      sections.push(section(program, stdout, exitCode));
      // As the collector does (src/collect/shell/reader.sh, read_nft_save).
      for (const [, table = ''] of stdout.matchAll(/# Table `(\w+)' is incompatible/g)) {
        const family = program.startsWith('ip6') ? 'ip6' : 'ip';
        const told = await this.inside('judged', ['nft', '-a', 'list', 'table', family, table]);
        sections.push(section('nft-table', told.stdout, told.exitCode));
      }
    }
    const filter = packetFilter(
      parseTables([
        ...sections.filter(
          ({name, output}) =>
            output !== '' || !sections.some((other) => other.name === name && other.output !== ''),
        ),
        section('nft', withDevices(withoutJudge(listed), parts)),
      ]),
    );
    return filter?.unread6 ? undefined : filter;
  }

  /** What nft prints when all frames have come in and gone their ways, and what was counted by then. */
  private async counted(
    all: readonly Passage[],
  ): Promise<{listed: Listed; counted: (chain: string, tag: number) => number}> {
    const frames = all.filter(({way}) => way !== 'OUTPUT');
    let before = '';
    for (let looked = 0; looked < 100; looked++) {
      const [listed, far] = await Promise.all([
        this.list('judged'),
        this.also.has('flowtables') ? this.list('far') : {nftables: []},
      ]);
      const seen = new Map([...countsIn(listed), ...countsIn(far)]);
      const counted = (chain: string, tag: number) => seen.get(`${chain} ${tag}`) ?? 0;
      const haveEntered = frames.every(
        ({form: {tag}}) => counted('entered', tag) + counted('arrived', tag) > 0,
      );
      // On a busy machine one that has entered may be on its way for a while: until nothing is counted any more.
      const now = JSON.stringify([...seen]);
      if (haveEntered && now === before) return {listed, counted};
      before = now;
    }
    throw new Error('a frame that was sent has not come in');
  }

  private async list(name: 'judged' | 'far'): Promise<Listed> {
    const {stdout} = await this.inside(name, ['nft', '-j', 'list', 'ruleset']);
    return JSON.parse(stdout) as Listed;
  }

  async end(): Promise<void> {
    for (const resident of Object.values(this.residents ?? {})) resident.end();
    for (const name of Object.values(this.netns)) await execa('ip', ['netns', 'del', name], {reject: false});
  }
}

const empty = ['raw', 'mangle', 'nat', 'filter']
  .map((table) => {
    const chains: Record<string, string> = {
      raw: 'PREROUTING OUTPUT',
      filter: 'INPUT FORWARD OUTPUT',
      nat: 'PREROUTING INPUT OUTPUT POSTROUTING',
    };
    const all = (chains[table] ?? 'PREROUTING INPUT FORWARD OUTPUT POSTROUTING').split(' ');
    return `*${table}\n${all.map((chain) => `:${chain} ACCEPT [0:0]`).join('\n')}\nCOMMIT\n`;
  })
  .join('');

/** What `nft -j` prints, and of it what counters of packets need. */
interface Listed {
  nftables: Record<string, {table?: string; name?: string; chain?: string; expr?: Expression[]}>[];
}

interface Expression {
  match?: {left: {payload?: {field?: string}}; right: unknown};
  counter?: {packets: number};
}

function withoutJudge({nftables}: Listed): string {
  const isOwn = (item: Listed['nftables'][number]) =>
    Object.values(item).some(({table, name}) => table === judgeTable || name === judgeTable);
  return JSON.stringify({nftables: nftables.filter((item) => !isOwn(item))});
}

/** Of which devices chains are: nft 1.0.6 leaves that out of its JSON. */
function withDevices(listed: string, parts: readonly Part[]): string {
  const texts = parts.map(({text}) => text).join('\n');
  const devices = new Map(
    [...texts.matchAll(/chain (\w+) \{\ntype filter hook \w+ device (\w+) /g)].map(([, name, dev]) => [
      name,
      dev,
    ]),
  );
  const {nftables} = JSON.parse(listed) as {
    nftables: Record<string, {family?: string; name?: string; dev?: string}>[];
  };
  for (const {chain} of nftables) {
    const dev = devices.get(chain?.name);
    if (chain?.family === 'netdev' && dev !== undefined) chain.dev ??= dev;
  }
  return JSON.stringify({nftables});
}

/** What the judge's own rules have counted, by chain and tag. */
function* countsIn({nftables}: Listed): Generator<[string, number]> {
  for (const {rule} of nftables) {
    if (rule?.table !== judgeTable) continue;
    const {chain, expr = []} = rule;
    const tag = expr.find(({match}) => /^(id|flowlabel)$/.test(match?.left.payload?.field ?? ''))?.match
      ?.right;
    const packets = expr.find(({counter}) => counter)?.counter?.packets ?? 0;
    if (typeof tag === 'number') yield [`${chain} ${tag}`, packets];
  }
}

function addressOf({dst}: Passage['form']): Buffer {
  const bytes = packetBytes({protocol: 'esp', src: dst, dst, tag: 0});
  return dst.includes(':') ? bytes.subarray(24, 40) : bytes.subarray(16, 20);
}

/** Namespaces of runs that were cut short. */
async function clean(): Promise<void> {
  const {stdout} = await execa('ip', ['netns', 'list'], {reject: false});
  for (const [name, pid] of stdout.matchAll(/^ovd-(?:judge|near|far)-(\d+)/gm))
    if (!existsSync(`/proc/${pid}`)) await execa('ip', ['netns', 'del', name], {reject: false});
}

/** What the walk says, and what an unknown hangs on: what comes as one packet and goes on as another passes as both. */
function said({rulesets}: PacketFilter, {way, packets}: Passage): Filtering {
  let perhapsBy: Filtering['by'];
  let found: Filtering = {verdict: 'accept'};
  for (const packet of packets) {
    found = filterPacket(rulesets, way, packet);
    // What it is then has another address than was asked for.
    if (found.translatedBy && packets.length > 1) return {verdict: 'unknown', by: found.translatedBy};
    if (found.verdict === 'drop') return perhapsBy ? {perhapsBy, ...found} : found;
    if (found.verdict === 'unknown') perhapsBy ??= found.by;
  }
  return perhapsBy ? {verdict: 'unknown', by: perhapsBy} : found;
}

/** The first statements of a rule that only perhaps hold, without their values. */
function reason(by: Filtering['by']): string {
  if (!by || !('statements' in by)) return 'a policy';
  if (process.env['OVDIAG_JUDGE']) return ruleLine(by);
  return by.statements
    .map(({words}) => words.replace(/[\d.:/]+|"[^"]*"|@\w+/g, '*').replace(/\{.*\}/, '{}'))
    .join(' ')
    .slice(0, 120);
}

const isRandom = (rule: Rule) =>
  rule.statements.some(
    (statement) => 'match' in statement && statement.match === 'other' && statement.chance,
  );

/** Packets of which the walk does not know what becomes of them, though nothing random decides it. */
export function undecidedOf({unknown}: Pick<Judged, 'unknown'>): number {
  return [...unknown.values()].reduce((sum, one) => sum + one, 0);
}

/** Loads random rulesets into a namespace and holds the walk to what the kernel does with real packets. */
export async function judgeRulesets({
  count,
  seed,
  from = 0,
  tell = () => {},
  most = 5,
  also = noExtras,
  whole = false,
}: {
  count: number;
  seed: number;
  /** The first of the seed's rulesets. */
  from?: number;
  tell?: (wrong: Wrong) => void;
  /** Wrong verdicts that are made small before it ends. */
  most?: number;
  also?: Extras;
  /** Wrong verdicts are not made small. */
  whole?: boolean;
}): Promise<Judged> {
  const report: Judged = {
    packets: 0,
    rulesets: 0,
    drops: 0,
    unknown: new Map(),
    random: 0,
    rejected: 0,
    wrong: [],
    ways: new Map(),
    bypassed: 0,
    met: new Map(),
  };
  const bench = new Bench(also);
  try {
    await bench.begin();
    for (let index = from; index < from + count && report.wrong.length < most; index++) {
      const parts = randomRuleset(randomFrom(seed * 1_000_003 + index), also);
      const run = await bench.run(parts);
      if (!run) {
        report.rejected++;
        continue;
      }
      report.rulesets++;
      report.bypassed += run.bypassed;
      for (const passage of run.all)
        note(report, passage.name, said(run.filter, passage), run.passed(passage));
      for (const name of constructsIn(run.met)) report.met.set(name, (report.met.get(name) ?? 0) + 1);
      const [wrong] = contradictions(run);
      if (!wrong) continue;
      const small = whole ? {...wrong, parts} : await shrunk(bench, parts, wrong.name);
      small.name = `seed ${seed}, ruleset ${index}: ${small.name}`;
      report.wrong.push(small);
      tell(small);
    }
  } finally {
    await bench.end();
  }
  return report;
}

function note(report: Judged, name: string, {verdict, by}: Filtering, arrived: boolean): void {
  report.packets++;
  if (!arrived) report.drops++;
  const way = report.ways.get(name) ?? {passed: 0, dropped: 0, unknown: 0};
  report.ways.set(name, way);
  way[arrived ? 'passed' : 'dropped']++;
  if (verdict !== 'unknown') return;
  way.unknown++;
  if (by && 'statements' in by && isRandom(by)) report.random++;
  else report.unknown.set(reason(by), (report.unknown.get(reason(by)) ?? 0) + 1);
}

/** Packets that fared otherwise than the walk says, and rules that counted fewer packets than it says they drop. */
function contradictions({filter, all, passed, met}: Run): Contradiction[] {
  const found: Contradiction[] = [];
  const dropped = new Map<Rule | RuleChain, number>();
  for (const passage of all) {
    const {verdict, by, perhapsBy} = said(filter, passage);
    const arrived = passed(passage);
    if (verdict !== 'unknown' && (verdict === 'accept') !== arrived)
      found.push({
        name: passage.name,
        said: `${verdict}${by ? ` by ${ruleLine(by)}` : ''}`,
        seen: arrived ? 'it passed' : 'it was dropped',
      });
    if (verdict === 'drop' && by && !perhapsBy) dropped.set(by, (dropped.get(by) ?? 0) + 1);
  }
  for (const [by, count] of dropped) {
    const packets = met.get(by) ?? count;
    if (packets < count)
      found.push({name: 'a rule', said: `${ruleLine(by)} drops ${count} packets`, seen: `it met ${packets}`});
  }
  return found;
}

/** The same wrong verdict from as few rules as possible. */
async function shrunk(bench: Bench, parts: readonly Part[], name: string): Promise<Wrong> {
  let best: Wrong | undefined;
  let current = parts;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const fewer of withoutOne(current)) {
      const wrong = await wrongIn(bench, fewer, name);
      if (!wrong) continue;
      best = wrong;
      current = fewer;
      isSmaller = true;
      break;
    }
  }
  return (
    best ??
    (await wrongIn(bench, current, name)) ?? {name, said: 'something once', seen: 'never again', parts}
  );
}

async function wrongIn(bench: Bench, parts: readonly Part[], name: string): Promise<Wrong | undefined> {
  const run = await bench.run(parts);
  const wrong = run && contradictions(run).find((one) => one.name === name);
  return wrong && {...wrong, parts};
}
