import {spawnSync} from 'node:child_process';

/** What tells in a new namespace whether the kernel, or the machine, has something. */
const questions = {
  IPVS: 'test -e /proc/net/ip_vs',
  ipvsadm: 'command -v ipvsadm',
  ESP: 'ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 mode transport aead "rfc4106(gcm(aes))" 0x0123456789012345678901234567890123456789 64',
  flowtables:
    'ip link set lo up && printf "table inet t {\\nflowtable f {\\nhook ingress priority 0\\ndevices = { lo }\\n}\\nchain c {\\ntype filter hook forward priority 0\\nflow add @f\\n}\\n}\\n" | nft -f -',
  'IPsec matches': 'nft add table inet t && nft add chain inet t c && nft add rule inet t c ipsec in reqid 1',
  netem: 'tc qdisc add dev lo root netem loss 1%',
} as const;

export type KernelPart = keyof typeof questions;

const answers = new Map<KernelPart, boolean>();

export function kernelHas(part: KernelPart): boolean {
  const known = answers.get(part);
  if (known !== undefined) return known;
  const {status} = spawnSync('unshare', ['--net', 'sh', '-c', questions[part]], {
    stdio: 'ignore',
    timeout: 60_000,
  });
  answers.set(part, status === 0);
  return status === 0;
}

/** Codes that are true of a healthy lab on this kernel. */
export function expectedHere(): ReadonlySet<string> {
  return new Set([
    // Without ESP an encrypted overlay gets its policies and no states.
    ...(kernelHas('ESP') ? [] : ['xfrm-state-missing']),
    // With IPVS every container's keepalive is longer than that remembers a connection, which is worth a hint.
    kernelHas('IPVS') ? 'ipvs-idle-timeout' : 'ipvs-missing',
  ]);
}

/** For `describe`: skips a suite, with the reason, where the kernel or its tools lack one of these. */
export function kernelSuite(...parts: KernelPart[]): {skip: string | false} {
  const missing = process.getuid?.() === 0 ? parts.filter((part) => !kernelHas(part)) : parts;
  return {
    skip: missing.length > 0 && `no ${missing.join(', no ')} in this kernel: npm run test:full has it`,
  };
}
