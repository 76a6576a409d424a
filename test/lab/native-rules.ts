/** Rules of nftables as an operator writes them for a node of a swarm, beside those that the engine makes by iptables-nft. */
import type {LabNode} from './lab.js';

/**
 * Chains that drop by policy, with sets, a verdict map and a chain of their own, as of /etc/nftables.conf: a swarm's ports and ESP
 * from its nodes, ssh, and what containers send outside or publish.
 */
const openRules = `table inet operator {
  set nodes {
    type ipv4_addr
    flags interval
    elements = { 172.31.1.0/24, 192.168.1.0/24 }
  }
  set swarm_ports {
    type inet_proto . inet_service
    elements = { udp . 4789, udp . 7946, tcp . 7946, tcp . 2377 }
  }
  chain from_nodes {
    meta l4proto . th dport @swarm_ports counter accept
    meta l4proto esp accept
  }
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct state vmap { established : accept, related : accept }
    meta l4proto { icmp, ipv6-icmp } accept
    ip saddr @nodes jump from_nodes
    tcp dport 22 accept
    limit rate 5/minute log prefix "operator: "
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname { "docker0", "docker_gwbridge" } accept
    iifname "br-*" accept
    ct status dnat accept
  }
  chain output {
    type filter hook output priority filter; policy drop;
    oifname "lo" accept
    ct state established,related accept
    meta l4proto { icmp, ipv6-icmp } accept
    ip daddr @nodes jump from_nodes
    ip daddr @nodes meta l4proto { tcp, udp } th dport 1024-65535 accept
  }
}
table ip accounts {
  chain seen {
    type filter hook prerouting priority raw; policy accept;
    udp dport 4789 counter
  }
}
`;

const tables = ['inet operator', 'ip accounts'];

/** Loads them, as they were written, whatever is left of them. */
export async function loadRules(node: LabNode): Promise<void> {
  await removeRules(node);
  await node.run(['nft', '-f', '-'], {input: openRules});
}

export async function removeRules(node: LabNode): Promise<void> {
  for (const table of tables) await node.run(['sh', '-c', `nft delete table ${table}`], {reject: false});
}
