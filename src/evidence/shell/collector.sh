# shellcheck shell=sh
# Reads what the kernel of this host holds of Docker's networks, and prints it as framed sections:
#
#   NONCE< SECTION NETNS COMMAND
#   …what the command printed…
#   NONCE> EXIT STATUS
#
# ovdiag sets these before this text: nonce (unguessable, so that no output can pass for a frame), reader (the
# text of reader.sh), lifeline (1: stdin stays open, and its end ends everything here), netns_dir (empty: ask the
# engine), want_netns (kinds of namespaces to enter), want_tables, want_host, proc_files, host_proc_files.
# It writes nothing and needs sh, ip, bridge and nsenter. All of it is in main, called on the last line, so that
# a text which arrives cut does nothing at all.
# `test A -ef B` (the same file) is not in POSIX but in dash, bash, ksh and BusyBox, and saves a process each time.
# shellcheck disable=SC2154,SC3013

frame_begin() {
  printf '\n%s< %s %s %s\n' "$nonce" "$1" "$2" "$3"
}

frame_end() {
  printf '\n%s> %s\n' "$nonce" "$1"
}

fact() {
  printf '%s=%s\n' "$1" "$2"
}

# Sets dockerd_pid: by its pidfile, else the only dockerd that shares our mount namespace, else the only one.
find_dockerd() {
  dockerd_pid=
  rootless=0
  for file in /var/run/docker.pid /run/docker.pid "${XDG_RUNTIME_DIR:-/nonexistent}/docker.pid"; do
    { read -r pid <"$file"; } 2>/dev/null || continue
    case $pid in '' | *[!0-9]*) continue ;; esac
    is_dockerd "$pid" || continue
    dockerd_pid=$pid
    case $file in "${XDG_RUNTIME_DIR:-/nonexistent}"/*) rootless=1 ;; esac
    return 0
  done
  here=
  here_count=0
  any_count=0
  for directory in /proc/[0-9]*; do
    pid=${directory#/proc/}
    is_dockerd "$pid" || continue
    any=$pid
    any_count=$((any_count + 1))
    if [ "/proc/$pid/ns/mnt" -ef /proc/self/ns/mnt ]; then
      here=$pid
      here_count=$((here_count + 1))
    fi
  done
  if [ "$here_count" = 1 ]; then dockerd_pid=$here; elif [ "$any_count" = 1 ]; then dockerd_pid=$any; fi
}

is_dockerd() {
  { read -r comm <"/proc/$1/comm"; } 2>/dev/null && [ "$comm" = dockerd ]
}

# The namespace directory as the engine has it: --exec-root, daemon.json, or the default.
engine_netns_dir() {
  exec_root=
  if [ -n "$dockerd_pid" ]; then
    previous=
    for word in $(tr '\000' '\n' <"/proc/$dockerd_pid/cmdline" 2>/dev/null); do
      case $word in --exec-root=*) exec_root=${word#--exec-root=} ;; esac
      [ "$previous" = --exec-root ] && exec_root=$word
      previous=$word
    done
    if [ -z "$exec_root" ] && [ -r "$root/etc/docker/daemon.json" ]; then
      exec_root=$(sed -n 's/.*"exec-root"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' "$root/etc/docker/daemon.json")
    fi
  fi
  if [ -z "$exec_root" ]; then
    exec_root=/var/run/docker
    [ "$rootless" = 1 ] && exec_root=$XDG_RUNTIME_DIR/docker
  fi
  # /var/run is an absolute link, which would lead from /proc/PID/root back into our own tree.
  case $exec_root in
    /var/run/*) [ -L "$root/var/run" ] && exec_root=/run/${exec_root#/var/run/} ;;
  esac
  printf '%s\n' "$exec_root/netns"
}

about() {
  frame_begin about - 'uname; /proc'
  fact uid "$(id -u)"
  fact hostname "$(uname -n)"
  fact kernel "$(uname -r)"
  fact system "$(uname -s)"
  fact time "$(date +%s)"
  { read -r boot </proc/sys/kernel/random/boot_id && fact bootId "$boot"; } 2>/dev/null
  fact dockerdPid "$dockerd_pid"
  fact rootless "$rootless"
  fact netnsDir "$dir"
  fact netnsPath "$path"
  fact enter "$can_enter"
  for tool in ip bridge nsenter stat docker curl lsns nft tcpdump ping; do
    found=$(command -v "$tool" 2>/dev/null) && fact "tool.$tool" "$found"
  done
  fact ipVersion "$(ip -V 2>&1 | head -n 1)"
  fact ipJson "$ip_json"
  fact bridgeJson "$bridge_json"
  frame_end 0
}

# The namespace files as we see them and, where dockerd has another mount table, as it sees them. An nsfs file's
# device is that of /proc/self/ns/net; its inode is the namespace's.
files() {
  frame_begin files - "stat $path/*"
  stat -L -c '%D %i %a %s %Y %n' /proc/self/ns/net "/proc/${dockerd_pid:-self}/ns/net" "$path"/* 2>&1
  frame_end $?
  [ "$path" = "$dir" ] && return 0
  frame_begin files-here - "stat $dir/*"
  stat -L -c '%D %i %a %s %Y %n' "$dir"/* 2>&1
  frame_end $?
}

# Which namespace each process is in, and the control group (which names the container) of one process of each.
processes() {
  frame_begin processes - 'stat /proc/*/ns/net; /proc/PID/cgroup'
  rows=$(stat -L -c '%i %n' /proc/[0-9]*/ns/net 2>/dev/null)
  host=$(stat -L -c '%i' "/proc/${dockerd_pid:-self}/ns/net" 2>/dev/null)
  seen=" $host "
  printf '%s\n' "$rows" | while read -r inode file; do
    [ "$inode" = "$host" ] && continue
    pid=${file#/proc/}
    pid=${pid%/ns/net}
    fact "$pid" "$inode"
    case $seen in *" $inode "*) continue ;; esac
    seen="$seen$inode "
    while read -r line; do
      case $line in *[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*) fact "cgroup.$pid" "$line" ;; esac
    done 2>/dev/null <"/proc/$pid/cgroup"
  done
  frame_end 0
}

# enter NETNS FILE: runs the reader in the namespace behind FILE; what goes wrong becomes a section of its own.
enter() {
  complaint=$(nsenter --net="$2" sh -c "$reader" reader "$1" 2>&1 >&4 3<&-)
  status=$?
  if [ "$status" != 0 ] || [ -n "$complaint" ]; then
    frame_begin enter "$1" "nsenter --net=$2"
    printf '%s\n' "$complaint" | head -c 4000
    frame_end "$status"
  fi
}

namespaces() {
  for file in "$path"/*; do
    name=${file##*/}
    # Names with other characters are not Docker's; they are listed and never entered.
    case $name in '*' | *[!A-Za-z0-9_.-]*) continue ;; esac
    case $name in
      default) continue ;;
      lb_* | ingress_sbox) kind=balancer ;;
      *-*) kind=overlay ;;
      *) kind=container ;;
    esac
    case " $want_netns " in *" $kind "*) ;; *) continue ;; esac
    tables=$want_tables
    # Only overlay sandboxes have a bridge; elsewhere the tables would be empty.
    if [ "$kind" != overlay ]; then
      tables=$(printf '%s\n' " $want_tables " | sed 's/ fdb / /; s/ nsid / /')
    fi
    enter "$name" "$file"
  done
}

host() {
  [ -n "$want_host" ] || return 0
  tables=$want_host
  proc_files="$proc_files $host_proc_files"
  if [ -z "$dockerd_pid" ] || [ "/proc/$dockerd_pid/ns/net" -ef /proc/self/ns/net ]; then
    sh -c "$reader" reader @host 2>/dev/null 3<&-
  elif [ "$can_enter" = 1 ]; then
    enter @host "/proc/$dockerd_pid/ns/net"
  fi
}

# nf_tables may be built in, a module that is loaded, or a module that asking would load; only the last must not be
# asked. A kernel without /proc/modules can't load any.
nf_tables_loaded() {
  [ -e /proc/modules ] || return 0
  grep -q '^nf_tables ' /proc/modules 2>/dev/null && return 0
  grep -q '/nf_tables\.ko' "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null
}

netfilter_tools() {
  legacy_save=
  nft_save=
  case " $want_tables $want_host " in *' netfilter '*) ;; *) return 0 ;; esac
  if command -v iptables-legacy-save >/dev/null 2>&1; then
    legacy_save=iptables-legacy-save
  elif ! command -v iptables-nft-save >/dev/null 2>&1 && command -v iptables-save >/dev/null 2>&1; then
    legacy_save=iptables-save
  fi
  if command -v iptables-nft-save >/dev/null 2>&1 && nf_tables_loaded; then nft_save=iptables-nft-save; fi
}

main() {
  LC_ALL=C
  PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin
  export LC_ALL PATH
  exec 3<&0 4>&1 </dev/null
  if [ "$lifeline" = 1 ]; then
    # Signals the whole process group, which the caller made for this run.
    { while read -r _; do :; done <&3; kill -TERM 0; } 4>&- >/dev/null 2>&1 &
    watcher=$!
  fi
  ip_json=0
  bridge_json=0
  ip_busybox=0
  can_enter=0
  ip -j -V >/dev/null 2>&1 && ip_json=1
  bridge -j -V >/dev/null 2>&1 && bridge_json=1
  case $(ip -V 2>&1) in *iproute2*) ;; *) ip_busybox=1 ;; esac
  command -v nsenter >/dev/null 2>&1 && nsenter --net=/proc/self/ns/net true 2>/dev/null && can_enter=1
  find_dockerd
  root=
  if [ -n "$dockerd_pid" ] && ! [ "/proc/$dockerd_pid/ns/mnt" -ef /proc/self/ns/mnt ]; then root=/proc/$dockerd_pid/root; fi
  if [ -n "$netns_dir" ]; then
    dir=$netns_dir
    path=$netns_dir
  else
    dir=$(engine_netns_dir)
    path=$root$dir
  fi
  netfilter_tools
  export nonce tables ip_json bridge_json ip_busybox legacy_save nft_save proc_files
  about
  files
  case " $want_netns " in *' processes '*) processes ;; esac
  host
  [ "$can_enter" = 1 ] && namespaces
  frame_begin end - end
  frame_end 0
  [ "$lifeline" = 1 ] && kill "$watcher" 2>/dev/null
  exit 0
}

main
