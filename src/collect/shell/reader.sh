# shellcheck shell=sh
# Reads the tables of the network namespace that it runs in, and prints each as a framed section.
#
# Exported by collector.sh: nonce, job, tables (what is wanted), ip_tool and bridge_tool (the programs' files), ip_json and
# bridge_json (1 where the tool knows -j), ip_busybox, legacy_save, nft_save, nft_tool and tc_tool (empty where there is no
# such program or asking it could load a module), netlink (protocols that the kernel has), proc_files, fdb_copy (1: the
# collector reads the FDBs on descriptor 6), batch (lines for ip -batch), batch_head (the same for the head of their frame).
# Argument 1 is the namespace's name in the frames; argument 2, the last one, is a newline and the batch again.
#
# Processes are what a look costs: a program that a shell calls by itself is started by vfork, but a pipe or $(…) copies the
# shell first, which takes half as long as a program.
#
# It never writes: every ip and bridge call is a dump, iptables is only called in its -save form, and a netlink
# family is asked only where /proc shows that the kernel has it loaded, because asking can load modules.
# shellcheck disable=SC2154

netns=$1
# No program needs this text in its environment.
unset reader

begin() {
  stamp=
  if [ "$job" = 1 ]; then read -r stamp _ </proc/uptime && stamp="@$stamp "; fi
  printf '\n%s< %s %s %s%s\n' "$nonce" "$1" "$netns" "$stamp" "$2"
}

finish() {
  printf '\n%s> %s\n' "$nonce" "$1"
}

# run SECTION PROGRAM ARGUMENT…: one command, one section.
run() {
  section=$1
  program=$2
  shift 2
  begin "$section" "${program##*/} $*"
  "$program" "$@"
  finish $?
}

# Rows of /proc/net/tcp and udp whose state is neither 07 (a UDP socket that waits) nor 0A (a TCP socket that listens).
connected='^ *[0-9]*: [0-9A-F]*:[0-9A-F]* [0-9A-F]*:[0-9A-F]* 0[1-689BC] '

# grep -H prints FILE:LINE for all files in one process. Left out are the sockets that are connected (net/tcp_states.h):
# a busy host has very many, they say who talks to whom, and only those that wait for packets are asked for.
# Some of the names are patterns: a file an interface.
read_proc() {
  count_sockets
  files=
  set -f
  for file in $proc_files; do
    case $unused in *" $file "*) ;; *) files="$files $file" ;; esac
  done
  set +f
  begin proc "grep -s -H -v '$connected'$files"
  printf '%s' "$counts"
  # shellcheck disable=SC2086
  grep -s -H -v "$connected" $files
  finish $?
}

# Sets unused to the lists of sockets that are empty in this namespace, and counts to the lines that say so, as grep -H
# would print them. To list a namespace's sockets the kernel walks the table of all namespaces, which takes it longer
# than all other files together (net/ipv4/tcp_ipv4.c established_get_first; the counts: net/ipv4/proc.c sockstat_seq_show).
count_sockets() {
  unused=' '
  counts=
  for file in sockstat sockstat6; do
    [ -r "/proc/net/$file" ] || continue
    while read -r kind word number rest; do
      case "$kind $word $number" in
        'TCP: inuse 0') unused="$unused/proc/net/tcp " ;;
        'TCP6: inuse 0') unused="$unused/proc/net/tcp6 " ;;
        'UDP: inuse 0') unused="$unused/proc/net/udp " ;;
        'UDP6: inuse 0') unused="$unused/proc/net/udp6 " ;;
        *) continue ;;
      esac
      counts="$counts/proc/net/$file:$kind $word $number${rest:+ $rest}
"
    done <"/proc/net/$file"
  done
}

wanted() {
  case " $tables " in
    *" $1 "*) return 0 ;;
  esac
  return 1
}

# read_single OPTIONS…: one process a table.
read_single() {
  wanted addr && run addr "$ip_tool" "$@" addr show
  wanted route && run route "$ip_tool" "$@" route show table all
  if wanted cache && [ "$ip_busybox" != 1 ]; then run route-cache "$ip_tool" "$@" route show cache; fi
  wanted neigh && run neigh "$ip_tool" "$@" neigh show
  wanted rule && run rule "$ip_tool" "$@" rule show
}

# The batch is what follows the first line of this shell's own command line, which the kernel keeps: so neither a process
# nor a file is needed to hold it. What ends it, a zero byte, is a blank line to ip.
run_batch() {
  if [ -r /proc/self/cmdline ]; then
    {
      read -r _
      "$ip_tool" -d -s -j -force -batch -
    } </proc/self/cmdline
  else
    printf '%s' "$batch" | "$ip_tool" -d -s -j -force -batch -
  fi
}

# A failing command in a batch prints no line, so a batch that failed anywhere is read again singly.
read_ip() {
  if [ "$ip_json" != 1 ]; then
    if [ "$ip_busybox" = 1 ]; then read_single; else read_single -d -s; fi
    return 0
  fi
  [ -n "$batch" ] || return 0
  # The frame's head tells which commands the lines answer: OPTIONS -- COMMAND; COMMAND.
  begin batch "ip -d -s -j -- $batch_head"
  run_batch
  status=$?
  finish "$status"
  [ "$status" = 0 ] || read_single -d -s -j
}

read_fdb() {
  [ -n "$bridge_tool" ] || return 0
  set -- -d -s
  [ "$bridge_json" = 1 ] && set -- "$@" -j
  if [ "$fdb_copy" = 0 ]; then
    run fdb "$bridge_tool" "$@" fdb show
    return 0
  fi
  begin fdb "bridge $* fdb show"
  fdb=$("$bridge_tool" "$@" fdb show)
  status=$?
  printf '%s\n' "$fdb"
  finish "$status"
  printf '%s\n' "$fdb" >&6
}

# has_netlink PROTOCOL: see netlink_protocols of collector.sh.
has_netlink() {
  case $netlink in *" $1 "*) return 0 ;; esac
  return 1
}

read_netfilter() {
  # Files of /proc have no size, so the first table's name is read.
  legacy_table=
  [ -r /proc/net/ip_tables_names ] && read -r legacy_table </proc/net/ip_tables_names
  if [ -n "$legacy_save" ] && [ -n "$legacy_table" ]; then
    run iptables-legacy "$legacy_save" -c
  fi
  has_netlink 12 || return 0
  rules=
  [ -z "$nft_tool" ] || read_nft
  [ -n "$nft_save" ] || return 0
  # The tables of iptables-nft are tables of nft, which was asked first: where it shows none of IPv4, as in half of
  # the namespaces, iptables would print nothing.
  case $rules in
    *'"ip"'* | '') read_nft_save iptables-nft ip "$nft_save" ;;
    *)
      begin iptables-nft "${nft_save##*/} -c (not run: nft shows no table of IPv4)"
      finish 0
      ;;
  esac
}

# Sets rules to what nft printed, if it printed all of it. Those of a host may be very many, and are not held. Nor need they be
# where a socket of a container waits for UDP: that is Docker's DNS server, which comes with a table of IPv4. (In an overlay
# sandbox it may be that of the vxlan device.)
read_nft() {
  held=1
  case $netns in
    @host) held= ;;
    *-*) ;;
    *) case ${unused- /proc/net/udp } in *' /proc/net/udp '*) ;; *) held= ;; esac ;;
  esac
  if [ -z "$held" ]; then
    run nft "$nft_tool" -j list ruleset
    return 0
  fi
  begin nft 'nft -j list ruleset'
  rules=$("$nft_tool" -j list ruleset)
  status=$?
  printf '%s\n' "$rules" || status=1
  finish "$status"
  [ "$status" = 0 ] || rules=
}

# read_nft_save SECTION FAMILY PROGRAM: the tables of iptables-nft. Those that it refuses to print because nft has written in
# them (iptables/xtables-save.c) are printed by nft as text: its JSON leaves out what xt matches are told.
read_nft_save() {
  if [ -z "$nft_tool" ]; then
    run "$1" "$3" -c
    return 0
  fi
  begin "$1" "${3##*/} -c"
  if [ "$netns" = @host ]; then
    pass_saved "$3"
  else
    told=$("$3" -c)
    status=$?
    # Where printf is a program (mksh), it may refuse what is long.
    [ -z "$told" ] || printf '%s\n' "$told" || status=1
  fi
  finish "$status"
  case $told in *' is incompatible, '*) ;; *) return 0 ;; esac
  for refused in filter nat mangle raw security; do
    case $told in
      *"# Table \`$refused' is"*) run nft-table "$nft_tool" -a list table "$2" "$refused" ;;
    esac
  done
}

# pass_saved PROGRAM: sets status, and told to the lines that name refused tables. The tables of a host may be too long to be held,
# and pass through sed.
pass_saved() {
  {
    told=$({
      {
        "$1" -c
        echo "status $?" >&8
      } | sed -e "/ is incompatible, use 'nft' tool/w /dev/stderr" 2>&8 >&7 || echo 'sed failed' >&8
    } 8>&1)
  } 7>&1
  status=${told##*status }
  status=${status%%[!0-9]*}
  case $told in *'sed failed'*) status=1 ;; esac
}

# The same programs for IPv6 lie beside those for IPv4 and have a 6 in their names.
read_netfilter6() {
  legacy_table=
  [ -r /proc/net/ip6_tables_names ] && read -r legacy_table </proc/net/ip6_tables_names
  save6="${legacy_save%/*}/ip6${legacy_save##*/ip}"
  if [ -n "$legacy_save" ] && [ -n "$legacy_table" ] && [ -x "$save6" ]; then
    run ip6tables-legacy "$save6" -c
  fi
  save6="${nft_save%/*}/ip6${nft_save##*/ip}"
  if [ -n "$nft_save" ] && [ -x "$save6" ] && has_netlink 12; then
    read_nft_save ip6tables-nft ip6 "$save6"
  fi
}

# Where links have a place for filters of tc, those filters; nearly no link has one, so that one process is enough.
read_tc() {
  [ -n "$tc_tool" ] || return 0
  begin tc 'tc qdisc show'
  places=$("$tc_tool" qdisc show)
  status=$?
  printf '%s\n' "$places"
  finish "$status"
  case $places in *'qdisc clsact '* | *'qdisc ingress '*) ;; *) return 0 ;; esac
  printf '%s\n' "$places" | while read -r _ kind _ _ device _; do
    case $kind in
      clsact)
        run tc-filter "$tc_tool" -j filter show dev "$device" ingress
        run tc-filter "$tc_tool" -j filter show dev "$device" egress
        ;;
      ingress) run tc-filter "$tc_tool" -j filter show dev "$device" ingress ;;
    esac
  done
}

# `nokeys` keeps the keys in the kernel; an ip that does not know the word fails and prints nothing. The filter is a
# second line: keys are longer than any other number (an SPI or a mark has 8 digits).
read_xfrm() {
  has_netlink 6 || return 0
  begin xfrm-state 'ip -d -s xfrm state list nokeys'
  states=$("$ip_tool" -d -s xfrm state list nokeys)
  status=$?
  [ -z "$states" ] || printf '%s\n' "$states" | sed 's/0x[0-9A-Fa-f]\{9,\}/[key removed]/g'
  finish "$status"
  run xfrm-policy "$ip_tool" -d -s xfrm policy list
}

# lsns gives up when a process ends while it looks at it, about once in a hundred runs on a host with many short ones;
# before it has printed anything; then it is asked once more.
read_nsids() {
  command -v lsns >/dev/null 2>&1 || return 0
  begin nsid 'lsns -t net -n -r -o NS,PID,NETNSID'
  lsns -t net -n -r -o NS,PID,NETNSID || lsns -t net -n -r -o NS,PID,NETNSID
  finish $?
}

read_ip
wanted fdb && read_fdb
wanted nsid && read_nsids
wanted proc && read_proc
wanted netfilter && read_netfilter
wanted netfilter6 && read_netfilter6
wanted tc && read_tc
wanted xfrm && read_xfrm
exit 0
