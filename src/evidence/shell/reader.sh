# shellcheck shell=sh
# Reads the tables of the network namespace that it runs in, and prints each as a framed section.
#
# Exported by collector.sh: nonce, tables (what is wanted), ip_json and bridge_json (1 where the tool knows -j),
# legacy_save and nft_save (the programs, empty where there is none or nothing to read), proc_files.
# Argument 1 is the namespace's name in the frames.
#
# It never writes: every ip and bridge call is a dump, iptables is only called in its -save form, and a netlink
# family is asked only where /proc shows that the kernel has it loaded, because asking can load modules.
# shellcheck disable=SC2154

netns=$1

begin() {
  printf '\n%s< %s %s %s\n' "$nonce" "$1" "$netns" "$2"
}

finish() {
  printf '\n%s> %s\n' "$nonce" "$1"
}

# run SECTION COMMAND…: one command, one section.
run() {
  section=$1
  shift
  begin "$section" "$*"
  "$@"
  finish $?
}

wanted() {
  case " $tables " in
    *" $1 "*) return 0 ;;
  esac
  return 1
}

# Appends to the batch: its lines, and the same for the head of its frame.
add() {
  lines="$lines$1
"
  heads="$heads${heads:+; }$1"
}

# read_single OPTIONS…: one process a table.
read_single() {
  wanted addr && run addr ip "$@" addr show
  wanted route && run route ip "$@" route show table all
  wanted neigh && run neigh ip "$@" neigh show
  wanted rule && run rule ip "$@" rule show
}

# A failing command in a batch prints no line, so a batch that failed anywhere is read again singly.
read_ip() {
  if [ "$ip_json" != 1 ]; then
    if [ "$ip_busybox" = 1 ]; then read_single; else read_single -d -s; fi
    return 0
  fi
  lines=
  heads=
  wanted addr && add 'addr show'
  wanted route && add 'route show table all'
  wanted neigh && add 'neigh show'
  wanted rule && add 'rule show'
  [ -n "$lines" ] || return 0
  # The frame's head tells which commands the lines answer: OPTIONS -- COMMAND; COMMAND.
  begin batch "ip -d -s -j -- $heads"
  printf '%s' "$lines" | ip -d -s -j -force -batch -
  status=$?
  finish "$status"
  [ "$status" = 0 ] || read_single -d -s -j
}

read_fdb() {
  command -v bridge >/dev/null 2>&1 || return 0
  if [ "$bridge_json" = 1 ]; then
    run fdb bridge -d -s -j fdb show
  else
    run fdb bridge -d -s fdb show
  fi
}

# has_netlink PROTOCOL: whether the kernel has a socket for it in this namespace (linux/netlink.h: 6 XFRM, 12 NETFILTER).
has_netlink() {
  while read -r _ protocol _; do
    [ "$protocol" = "$1" ] && return 0
  done </proc/net/netlink
  return 1
}

read_netfilter() {
  if [ -n "$legacy_save" ] && [ -s /proc/net/ip_tables_names ]; then
    run iptables-legacy "$legacy_save" -c
  fi
  if [ -n "$nft_save" ] && has_netlink 12; then
    run iptables-nft "$nft_save" -c
    command -v nft >/dev/null 2>&1 && run nft nft -j list ruleset
  fi
}

# `nokeys` keeps the keys in the kernel; the filter is there for an ip that does not know the word.
read_xfrm() {
  has_netlink 6 || return 0
  begin xfrm-state 'ip -d -s xfrm state list nokeys'
  ip -d -s xfrm state list nokeys | sed 's/0x[0-9A-Fa-f]\{17,\}/[key removed]/g'
  finish $?
  run xfrm-policy ip -d -s xfrm policy list
}

read_ip
wanted fdb && read_fdb
wanted nsid && command -v lsns >/dev/null 2>&1 && run nsid lsns -t net -n -r -o NS,PID,NETNSID
# grep -H prints FILE:LINE for all files in one process.
# shellcheck disable=SC2086
wanted proc && run proc grep -s -H '' $proc_files
wanted netfilter && read_netfilter
wanted xfrm && read_xfrm
exit 0
