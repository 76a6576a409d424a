/** Netlink requests that only read, by protocol. Numbers are the kernel's: include/uapi/linux/. */

/** rtnetlink.h: types come in fours from 16 on, NEW, DEL, GET, SET. */
const isRouteGet = (type: number) => type >= 16 && (type - 16) % 4 === 2;
/** xfrm.h: XFRM_MSG_GETSA, GETPOLICY, GETAE, GETSADINFO, GETSPDINFO. */
const xfrmGets = new Set([0x12, 0x15, 0x1f, 0x23, 0x25]);
/**
 * nfnetlink.h: subsystem << 8 | message. nf_tables.h: GETTABLE, GETCHAIN, GETRULE, GETSET, GETSETELEM, GETGEN, GETOBJ,
 * GETFLOWTABLE (never their RESET forms, which set counters back); nf_tables_compat.h: NFT_COMPAT_GET, by which
 * iptables asks for an extension's revision; nfnetlink_conntrack.h: IPCTNL_MSG_CT_GET (not GET_CTRZERO).
 */
const netfilterGets = new Set([
  ...[0x01, 0x04, 0x07, 0x0a, 0x0d, 0x10, 0x13, 0x17].map((message) => (10 << 8) | message),
  11 << 8,
  (1 << 8) | 1,
]);
/** sock_diag.h: SOCK_DIAG_BY_FAMILY; the next one, SOCK_DESTROY, ends connections. */
const sockDiagGets = new Set([20]);

/**
 * Generic netlink: the family stands where others have the message, and the first byte of the payload is the command.
 * genetlink.h: CTRL_CMD_GETFAMILY; ethtool_netlink.h: STRSET_GET, FEATURES_GET.
 */
const genericGets = new Set(['nlctrl 03', '0x10 03', 'ethtool 01', 'ethtool 0b']);

const rules: Record<string, (type: number) => boolean> = {
  NETLINK_ROUTE: isRouteGet,
  NETLINK_XFRM: (type) => xfrmGets.has(type),
  NETLINK_NETFILTER: (type) => netfilterGets.has(type),
  NETLINK_SOCK_DIAG: (type) => sockDiagGets.has(type),
};

/** Names that strace writes where it knows the socket's protocol. */
const namedGets =
  /^(RTM_GET\w+|XFRM_MSG_GET\w+|SOCK_DIAG_BY_FAMILY|NFNL_SUBSYS_NFTABLES<<8\|NFT_MSG_GET(?!\w*RESET)\w+|NFNL_SUBSYS_NFT_COMPAT<<8\|(0|NFNL_MSG_COMPAT_GET)|NFNL_SUBSYS_CTNETLINK<<8\|IPCTNL_MSG_CT_GET)$/;

/** The messages of one send that are no mere reads, as strace shows them; empty where all are. */
export function netlinkWrites(protocol: string | undefined, args: string): string[] {
  const found = [...args.matchAll(/nlmsg_len=(\d+), nlmsg_type=([^,]+), (?:[^}"]*\}, "\\x([0-9a-f]{2}))?/g)];
  if (found.length === 0) return [`a message that strace could not show: ${args.slice(0, 80)}`];
  return found
    .filter(([, length, type = '', command]) => {
      // Padding behind the last message of a buffer; the kernel stops at a length below a header's.
      if (Number(length) < 16) return false;
      const word = type.replace(/ ?\/\*.*\*\/ ?/, '').trim();
      if (namedGets.test(word)) return false;
      if (protocol === 'NETLINK_GENERIC') return !genericGets.has(`${word} ${command}`);
      const number = /^(0x[0-9a-f]+|\d+)$/.test(word) ? Number(word) : Number.NaN;
      const rule = protocol === undefined ? undefined : rules[protocol];
      return !(rule && Number.isInteger(number) && rule(number));
    })
    .map(([, , type = '']) => `${protocol ?? 'unknown protocol'}: ${type}`);
}
