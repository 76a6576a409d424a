/** firewalld and ufw on a node of the lab, with settings of its own: they write what they write on a host. */
import {run} from './exec.js';
import type {LabNode} from './lab.js';

/** A bus without accounts of its own: a node has no messagebus, and nobody on it but root asks. */
const bus = `<busconfig>
<type>system</type>
<listen>unix:path=/run/dbus/system_bus_socket</listen>
<auth>EXTERNAL</auth>
<policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy>
</busconfig>
`;

/** The programs that are missing on this machine, by Debian's packages. */
export async function missingManagers(): Promise<string[]> {
  const programs = {'firewall-cmd': 'firewalld', ufw: 'ufw', 'dbus-daemon': 'dbus'};
  const asked = Object.entries(programs).map(async ([program, name]) => {
    const {exitCode} = await run(['sh', '-c', 'command -v "$0"', program], {reject: false});
    return exitCode === 0 ? [] : [name];
  });
  return (await Promise.all(asked)).flat();
}

/** Shell text after which what is written to the directory stays on the node, in memory. */
const keepOwn = (directory: string) =>
  `mkdir -p /run/own${directory}; cp -a ${directory}/. /run/own${directory}; mount --bind /run/own${directory} ${directory}`;

/** Undoes {@link keepOwn}. */
const giveBack = (directory: string) => `umount ${directory}; rm -rf /run/own${directory}`;

/**
 * Starts firewalld as it is installed, zone public for each link that nobody gave another, but for the gossip port: without
 * it an engine that starts waits for its neighbours again and again.
 *
 * @returns what ends it, and its rules with it
 */
export async function startFirewalld(node: LabNode): Promise<() => Promise<unknown>> {
  const start = `${keepOwn('/etc/firewalld')}
mkdir -p /run/dbus
cat >/run/dbus/settings.conf
dbus-daemon --config-file=/run/dbus/settings.conf --fork --print-pid >/run/dbus/pid
# The engine has firewalld read its permanent settings again when it adds a zone for its bridges.
firewall-offline-cmd --add-port=7946/tcp --add-port=7946/udp
firewalld
firewall-cmd --state`;
  const end = `
kill "$(cat /run/firewalld.pid)"
while kill -0 "$(cat /run/firewalld.pid)"; do sleep 0.1; done
kill "$(cat /run/dbus/pid)"
rm -rf /run/dbus
${giveBack('/etc/firewalld')}`;
  await node.run(['sh', '-ec', start], {input: bus});
  return () => node.run(['sh', '-c', end], {reject: false, timeout: 60_000});
}

/** Enables ufw as it is installed, but for the gossip port: it lets nothing else in. @returns what disables it */
export async function startUfw(node: LabNode): Promise<() => Promise<unknown>> {
  const settings = ['/etc/ufw', '/etc/default'];
  await node.run([
    'sh',
    '-ec',
    [...settings.map(keepOwn), 'ufw allow 7946', 'ufw --force enable'].join('\n'),
  ]);
  return () => node.run(['sh', '-c', ['ufw disable', ...settings.map(giveBack)].join('\n')], {reject: false});
}
