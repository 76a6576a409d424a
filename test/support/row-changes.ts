/** Changes of a healthy swarm's evidence, each of which breaks something that the contract of Swarm networking promises. */
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {all} from '../trace/changed.js';
import {uberBalancer} from './balanced.js';
import {
  answerOf,
  type Change,
  dropSections,
  editAnswers,
  editTable,
  overlayOf,
  type Raw,
  sectionOf,
} from './evidence.js';

export const inSection =
  (netns: string | ((draft: HostEvidence) => string), name: string, from: RegExp, to: string): Change =>
  (draft) => {
    const section = sectionOf(draft, typeof netns === 'string' ? netns : netns(draft), name);
    const output = section.output.replace(from, to);
    if (output === section.output) throw new Error(`nothing like ${from} in ${name}`);
    section.output = output;
  };
export const containers = /^\/containers\/[0-9a-f]+\/json$/;
export const verbose = /^\/networks\/.*verbose/;
export const containerOf = (draft: HostEvidence, name: RegExp): Raw =>
  draft.docker.answers
    .map(({body}) => body as Raw)
    .find((body) => name.test(String(body?.Name ?? '')) && body.Config);
const fileOf = (draft: HostEvidence, name: RegExp): string =>
  String(containerOf(draft, name).NetworkSettings.SandboxKey).split('/').at(-1) ?? '';
export const networkOf = (draft: HostEvidence, name: string): Raw =>
  (answerOf(draft, '/networks').body as Raw[]).find(({Name}) => Name === name);
export const ago = (draft: HostEvidence, seconds: number) =>
  new Date(Date.parse(draft.startedAt) - seconds * 1000).toISOString();
export const inSandbox =
  (network: string, table: string, change: (rows: Raw[]) => Raw[]): Change =>
  (draft) =>
    editTable(draft, overlayOf(draft, network).file, table, change);

/** A network that managers list. */
export const withNetwork =
  (network: Raw): Change =>
  (draft) =>
    void (answerOf(draft, '/networks').body as Raw[]).push({
      Scope: 'swarm',
      Driver: '',
      IPAM: {},
      Created: ago(draft, 120),
      ...network,
    });
export const like =
  (name: string, more: Raw): Change =>
  (draft) =>
    withNetwork({...networkOf(draft, name), ...more})(draft);
export const withTask =
  (State: string, more: Raw = {}): Change =>
  (draft) =>
    editAnswers(draft, /^\/tasks$/, (tasks: Raw[]) => {
      tasks.push({
        ID: 'newtask'.padEnd(25, '0'),
        ServiceID: 'newservice',
        Slot: 1,
        NodeID: (answerOf(draft, '/nodes').body as Raw[])[0].ID,
        DesiredState: State === 'rejected' ? 'shutdown' : 'running',
        Spec: {},
        ...more,
        Status: {State, Timestamp: ago(draft, 120), ...more.Status},
      });
    });
export const rejected = (Err: string) => withTask('rejected', {Status: {Err}});
export const withService =
  (Name: string, Endpoint: Raw): Change =>
  (draft) =>
    editAnswers(draft, /^\/services$/, (services: Raw[]) => {
      services.push({ID: `id-${Name}`, Spec: {Name}, Endpoint});
    });
export const port = (PublishedPort: number, PublishMode = 'ingress') => ({
  Protocol: 'tcp',
  TargetPort: 80,
  PublishedPort,
  PublishMode,
});
/** A service without its tasks, as managers list it; or gone. */
export const without =
  (name: string, service: boolean): Change =>
  (draft) => {
    const {ID} = (answerOf(draft, '/services').body as Raw[]).find(({Spec}) => Spec.Name === name);
    const drop = (list: Raw[], isGone: (one: Raw) => boolean) =>
      void list.splice(0, list.length, ...list.filter((one) => !isGone(one)));
    editAnswers(draft, /^\/tasks$/, (tasks: Raw[]) => drop(tasks, ({ServiceID}) => ServiceID === ID));
    if (service)
      editAnswers(draft, /^\/services$/, (services: Raw[]) => drop(services, (one) => one.ID === ID));
  };
export const peers =
  (change: (peers: Raw[]) => Raw[]): Change =>
  (draft) =>
    editAnswers(draft, verbose, (network: Raw) => {
      network.Peers = change(network.Peers ?? []);
    });
export const other = '192.168.1.5';
export const windows: Change = (draft) =>
  editAnswers(draft, /^\/nodes$/, (nodes: Raw[]) => {
    for (const {Spec, Description} of nodes)
      if (Spec.Role === 'worker') Description.Platform = {OS: 'windows'};
  });
export const option =
  (network: string, name: string, value: string): Change =>
  (draft) => {
    for (const {body} of draft.docker.answers)
      for (const one of [body].flat() as Raw[])
        if (one?.Name === network && one.Options) one.Options[name] = value;
  };
/** Where the collector says that it has read settings of an engine. */
export const engineConfig = 'config=/etc/docker/daemon.json';
/** A host whose engine does not run, with this of its configuration. */
export const stopped =
  (...config: string[]): Change =>
  (draft) => {
    const about = sectionOf(draft, undefined, 'about');
    about.output = `${about.output.replace(/^dockerdPid=.*$/m, 'dockerdPid=')}${config.join('\n')}\n`;
    draft.docker = {failure: 'connect: no such file', answers: []};
    dropSections(draft, ({name}) => name === 'swarm-state');
    draft.sections.push({
      name: 'swarm-state',
      command: 'grep',
      at: draft.startedAt,
      status: 0,
      output: '"LocalAddr":""\n"AdvertiseAddr":"172.31.1.5:2377"\n',
    });
  };
/** A namespace that no network and no container of the engine is in. */
export const withFile =
  (name: string, like: (draft: HostEvidence) => string): Change =>
  (draft) => {
    const listing = sectionOf(draft, undefined, 'files');
    const [device, , ...rest] = (
      listing.output.split('\n').find((row) => row.endsWith(`/${like(draft)}`)) ?? ''
    )
      .replace(like(draft), name)
      .split(' ');
    listing.output += `${[device, '4026999999', ...rest].join(' ')}\n`;
  };
export const uberFile = (draft: HostEvidence) => overlayOf(draft, 'uber-net').file;
/** A network that a node lists and has nothing on. */
export const leftBehind: Change = (draft) => {
  const network = {
    ...networkOf(draft, 'uber-net'),
    Id: 'leftnetwork00000000000000',
    Name: 'left',
    Peers: null,
    Options: {},
  };
  (answerOf(draft, '/networks').body as Raw[]).push({...network, Containers: {}});
  draft.docker.answers.push({
    path: `/networks/${network.Id}?verbose=true`,
    at: draft.startedAt,
    status: 200,
    body: {...network, Containers: {}, Services: {}},
  });
};
export const health =
  (Status: string): Change =>
  (draft) =>
    editAnswers(draft, containers, (body: Raw) => {
      if (body.Config?.Labels?.['com.docker.swarm.service.name'] === 'app') body.State.Health = {Status};
    });
export const unheard: Change = all(
  (draft) =>
    editAnswers(draft, /^\/tasks$/, (tasks: Raw[]) => {
      for (const {Status} of tasks) Status.Timestamp = ago(draft, 900);
    }),
  (draft) =>
    editAnswers(draft, verbose, (network: Raw) => {
      if (network.Name === 'uber-net') network.Services.app.Tasks.splice(0, 1);
    }),
);
export const resolver =
  (settings: string): Change =>
  (draft) => {
    const file = fileOf(draft, /^\/web1$/);
    const inode = sectionOf(draft, undefined, 'files')
      .output.split('\n')
      .find((row) => row.endsWith(`/${file}`))
      ?.split(' ')[1];
    const processes = sectionOf(draft, undefined, 'processes');
    const pid = processes.output
      .split('\n')
      .find((row) => row.endsWith(`=${inode}`))
      ?.split('=')[0];
    processes.output += `resolver.${pid}=${settings}\n`;
  };
export const ipvs = (from: RegExp, to: string): Change => inSection(uberBalancer, 'proc', from, to);
export const ingressIpvs = (from: RegExp, to: string): Change => inSection('ingress_sbox', 'proc', from, to);
export const hostRules = (from: RegExp, to: string): Change => inSection('@host', 'iptables-nft', from, to);
export const ahead = hostRules(
  /^.*-A FORWARD -j DOCKER-USER$/m,
  '[0:0] -A FORWARD -i docker_gwbridge -o docker_gwbridge -j DROP\n$&',
);
/** The rules of the encrypted network, for the VNI of another one as well. */
export const rulesFor =
  (vni: number): Change =>
  (draft) => {
    const section = sectionOf(draft, '@host', 'iptables-nft');
    section.output = section.output.replace(
      /^.*0xffffff00=0x100500.*$/gm,
      (row) => `${row}\n${row.replace('0x100500', `0x${(vni << 8).toString(16)}`)}`,
    );
  };
const withNft =
  (...items: Raw[]): Change =>
  (draft) => {
    const section = sectionOf(draft, '@host', 'nft');
    const listing = JSON.parse(section.output) as {nftables: Raw[]};
    listing.nftables.push(...items);
    section.output = JSON.stringify(listing);
  };
export const overlayTable = (...elem: number[]): Change =>
  withNft(
    {table: {family: 'ip', name: 'docker-overlay', handle: 99}},
    {set: {family: 'ip', table: 'docker-overlay', name: 'encrypted-vnis', type: 'integer', handle: 1, elem}},
  );
export const globalIpv6: Change = (draft) =>
  editTable(draft, '@host', 'addr', (links) => {
    links
      .find(({ifname}) => ifname === 'eth0')
      .addr_info.push({family: 'inet6', local: '2001:db8::5', prefixlen: 64, scope: 'global'});
    return links;
  });
export const withAlias =
  (local: string): Change =>
  (draft) =>
    editTable(draft, uberBalancer(draft), 'addr', (links) => {
      for (const {addr_info} of links)
        if (addr_info.some((one: Raw) => one.local === '10.0.1.2'))
          addr_info.push({family: 'inet', local, prefixlen: 32, scope: 'global'});
      return links;
    });
export const defaultRoute =
  (name: RegExp, route: Raw): Change =>
  (draft) =>
    editTable(draft, fileOf(draft, name), 'route', (rows) => [
      {type: 'unicast', dst: 'default', table: 'main', protocol: 'static', flags: [], ...route},
      ...rows.filter(({dst}) => dst !== 'default'),
    ]);
export const published =
  (name: RegExp, HostPort: string): Change =>
  (draft) => {
    containerOf(draft, name).NetworkSettings.Ports = {'80/tcp': [{HostIp: '0.0.0.0', HostPort}]};
  };
/** What a task of site has in host mode, by the managers. */
export const inHostMode =
  (PublishedPort: number): Change =>
  (draft) =>
    editAnswers(draft, /^\/tasks$/, (tasks: Raw[]) => {
      const {ID} = (answerOf(draft, '/services').body as Raw[]).find(({Spec}) => Spec.Name === 'site');
      tasks.find(({ServiceID}) => ServiceID === ID).Status.PortStatus = {
        Ports: [port(PublishedPort, 'host')],
      };
    });
export const ranged =
  (IPRange: string): Change =>
  (draft) => {
    for (const network of draft.docker.answers.flatMap(({body}) => [body].flat() as Raw[]))
      if (network?.Name === 'uber-net' && network.IPAM) network.IPAM.Config[0].IPRange = IPRange;
  };
export const counted =
  (IPsInUse: number, DynamicIPsAvailable: number): Change =>
  (draft) => {
    for (const network of draft.docker.answers.flatMap(({body}) => [body].flat() as Raw[]))
      if (network?.Name === 'uber-net' && network.IPAM)
        network.Status = {IPAM: {Subnets: {'10.0.1.0/24': {IPsInUse, DynamicIPsAvailable}}}};
  };
/** Own addresses of containers, as /etc/hosts inside has them. */
export const hostsFiles =
  (isGone: (ip: string) => boolean = () => false): Change =>
  (draft) => {
    const lines = draft.docker.answers.flatMap(({path, body}) => {
      if (!containers.test(path)) return [];
      const {Id, NetworkSettings} = body as Raw;
      const own = Object.entries(NetworkSettings?.Networks ?? {}) as [string, Raw][];
      const ips = own.flatMap(([name, {IPAddress}]) =>
        name === 'ingress' || isGone(String(IPAddress)) ? [] : [String(IPAddress)],
      );
      return ['127.0.0.1', ...ips].map((ip) => `${Id}/hosts:${ip}`);
    });
    draft.sections.push({
      name: 'hosts-files',
      command: 'grep',
      at: draft.startedAt,
      status: 0,
      output: `${lines.join('\n')}\n`,
    });
  };
export const vxlanMtu = (network: string, mtu: number): Change =>
  inSandbox(network, 'addr', (rows) =>
    rows.map((row) => (row.linkinfo?.info_kind === 'vxlan' ? {...row, mtu} : row)),
  );
export const inside =
  (name: RegExp, rule: string): Change =>
  (draft) => {
    const section = sectionOf(draft, fileOf(draft, name), 'iptables-nft');
    section.output = section.output.replace('*nat\n', `*nat\n${rule}\n`);
  };
