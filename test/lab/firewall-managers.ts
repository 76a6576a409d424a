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

/** A manager of a packet filter, in shell texts for a node. */
export interface FirewallManager {
  name: string;
  /** Starts it as it is installed, but for the gossip port: without that an engine which starts waits again and again. */
  start: string;
  /** Ends it, and its rules with it. */
  end: string;
}

export const firewallManagers: readonly FirewallManager[] = [
  {
    // Zone public for each link that nobody gave another.
    name: 'firewalld',
    start: `${keepOwn('/etc/firewalld')}
mkdir -p /run/dbus
cat >/run/dbus/settings.conf <<'END'
${bus}END
dbus-daemon --config-file=/run/dbus/settings.conf --fork --print-pid >/run/dbus/pid
# The engine has firewalld read its permanent settings again when it adds a zone for its bridges.
firewall-offline-cmd --add-port=7946/tcp --add-port=7946/udp
firewalld
# It is in the background before it answers.
for _ in $(seq 300); do
  ! firewall-cmd --state || exit 0
  sleep 0.1
done
exit 1`,
    end: `kill "$(cat /run/firewalld.pid)"
while kill -0 "$(cat /run/firewalld.pid)"; do sleep 0.1; done
kill "$(cat /run/dbus/pid)"
rm -rf /run/dbus
${giveBack('/etc/firewalld')}`,
  },
  {
    name: 'ufw',
    start: `${keepOwn('/etc/ufw')}
${keepOwn('/etc/default')}
ufw allow 7946
ufw --force enable`,
    end: `ufw --force reset
${giveBack('/etc/ufw')}
${giveBack('/etc/default')}`,
  },
];

/** On a node of the lab, whose engine may have been started again since. */
export const startManager = (node: LabNode, {start}: FirewallManager) => node.run(['sh', '-ec', start]);

export const endManager = (node: LabNode, {end}: FirewallManager) =>
  node.run(['sh', '-c', end], {reject: false, timeout: 60_000});
