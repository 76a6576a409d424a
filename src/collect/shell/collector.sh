# shellcheck shell=sh
# Reads what the kernel of this host holds of Docker's networks, and prints it as framed sections:
#
#   NONCE< SECTION NETNS COMMAND
#   …what the command printed…
#   NONCE> EXIT STATUS
#
# ovdiag sets these before this text: nonce (unguessable, so that no output can pass for a frame), reader (the
# text of reader.sh), lifeline (1: stdin stays open, and its end ends everything here), netns_dir (empty: ask the
# engine), job (1: in a container of a Swarm job, see job.sh; then each frame's command begins with @UPTIME, because when
# it arrives tells nothing), want_netns (kinds of namespaces to enter), want_tables, want_host, proc_files, host_proc_files,
# listen (seconds to listen in the overlay sandboxes instead of reading anything; empty: read).
# It writes nothing and needs sh, ip, bridge and nsenter. All of it is in main, called on the last line, so that
# a text which arrives cut does nothing at all.
# `test A -ef B` (the same file) is not in POSIX but in dash, bash, ksh and BusyBox, and saves a process each time.
# No here-documents: some shells make a temporary file of them.
# shellcheck disable=SC2154,SC3013

frame_begin() {
  stamp=
  if [ "$job" = 1 ]; then read -r stamp _ </proc/uptime && stamp="@$stamp "; fi
  printf '\n%s< %s %s %s%s\n' "$nonce" "$1" "$2" "$stamp" "$3"
}

frame_end() {
  printf '\n%s> %s\n' "$nonce" "$1"
}

fact() {
  printf '%s=%s\n' "$1" "$2"
}

# Sets found to a program's file, or to nothing. `command -v` would cost a process each time, and in some builds of
# BusyBox it answers with an applet of the shell where a fuller program is installed.
locate() {
  found=
  IFS=:
  for folder in $PATH; do
    if [ -f "$folder/$1" ] && [ -x "$folder/$1" ]; then
      found=$folder/$1
      break
    fi
  done
  unset IFS
  [ -n "$found" ]
}

# Sets dockerd_pid: by its pidfile, else the only dockerd that shares our mount namespace, else the only one.
find_dockerd() {
  dockerd_pid=
  rootless=0
  for file in /var/run/docker.pid /run/docker.pid "${XDG_RUNTIME_DIR:-/nonexistent}/docker.pid"; do
    pid=
    # The file ends without a newline, which makes read fail although it has read.
    { read -r pid <"$file"; } 2>/dev/null
    case $pid in '' | *[!0-9]*) continue ;; esac
    is_dockerd "$pid" || continue
    dockerd_pid=$pid
    case $file in "${XDG_RUNTIME_DIR:-/nonexistent}"/*) rootless=1 ;; esac
    return 0
  done
  here=
  here_count=0
  any=
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

# Sets settings to KEY=VALUE lines of the engine's daemon.json, of values that are a string or a bare word.
read_config() {
  set --
  for key in exec-root data-root graph iptables live-restore firewall-backend swarm-nftables; do
    set -- "$@" -e "s/.*\"$key\"[[:space:]]*:[[:space:]]*\"\{0,1\}\([^\",}]*\).*/$key=\1/p" -e g
  done
  settings=$(sed -n -e h "$@" "$root$config_file")
}

# Sets value to that of the first line of settings for a key.
configured() {
  value=
  case $newline$settings in
    *"$newline$1="*)
      value=$newline$settings
      value=${value#*"$newline$1="}
      value=${value%%"$newline"*}
      ;;
  esac
}

# Sets exec_root, data_root and engine_rules (`false` where the engine was told to leave iptables alone): each from
# dockerd's command line, else from its daemon.json, else as the engine does by itself.
engine_settings() {
  exec_root=
  data_root=
  engine_rules=
  stopped_config=
  config_file=/etc/docker/daemon.json
  if [ -n "$dockerd_pid" ]; then
    previous=
    set -f
    IFS=$newline
    for word in $(tr '\000' '\n' 2>/dev/null <"/proc/$dockerd_pid/cmdline"); do
      case $word in
        --exec-root=*) exec_root=${word#--exec-root=} ;;
        --data-root=*) data_root=${word#--data-root=} ;;
        --graph=*) data_root=${word#--graph=} ;;
        --config-file=*) config_file=${word#--config-file=} ;;
        --iptables=*) engine_rules=${word#--iptables=} ;;
      esac
      case $previous in
        --exec-root) exec_root=$word ;;
        --data-root | --graph | -g) data_root=$word ;;
        --config-file) config_file=$word ;;
      esac
      previous=$word
    done
    unset IFS
    set +f
    if [ -r "$root$config_file" ]; then
      read_config
      [ -n "$exec_root" ] || { configured exec-root && exec_root=$value; }
      [ -n "$data_root" ] || { configured data-root && data_root=$value; }
      [ -n "$data_root" ] || { configured graph && data_root=$value; }
      [ -n "$engine_rules" ] || { configured iptables && engine_rules=$value; }
    fi
  fi
  # Of an engine that does not run only its file tells where its data is, and why it may not start.
  if [ -z "$dockerd_pid" ] && [ -r "$config_file" ]; then
    read_config
    configured data-root
    data_root=$value
    stopped_config=$config_file
  fi
  if [ -z "$exec_root" ]; then
    exec_root=/var/run/docker
    [ "$rootless" = 1 ] && exec_root=$XDG_RUNTIME_DIR/docker
  fi
  # A rootless engine has its data in a home that is not known from here; it is in no swarm.
  [ -n "$data_root" ] || [ "$rootless" = 1 ] || data_root=/var/lib/docker
  # /var/run is an absolute link, which would lead from /proc/PID/root back into our own tree.
  case $exec_root in
    /var/run/*) [ -L "$root/var/run" ] && exec_root=/run/${exec_root#/var/run/} ;;
  esac
}

# Sets netns_state to what there is behind $path; without this an empty directory, none, and one that we may not read look
# the same.
know_netns_state() {
  netns_state=unreadable
  if [ -d "$path" ]; then
    [ -r "$path" ] && [ -x "$path" ] && netns_state=ok
  elif [ -e "$path" ]; then
    netns_state=no-directory
  elif [ "$uid" = 0 ]; then
    netns_state=missing
  fi
}

# Sets what id and uname print, without a process where /proc has it.
know_kernel() {
  uid=
  while read -r key _ effective _; do
    [ "$key" = Uid: ] && uid=$effective && break
  done 2>/dev/null </proc/self/status
  [ -n "$uid" ] || uid=$(id -u)
  {
    read -r hostname </proc/sys/kernel/hostname && read -r release </proc/sys/kernel/osrelease &&
      read -r system </proc/sys/kernel/ostype
  } 2>/dev/null && return 0
  hostname=$(uname -n)
  release=$(uname -r)
  system=$(uname -s)
}

about() {
  frame_begin about - 'uname; /proc'
  fact uid "$uid"
  fact hostname "$hostname"
  fact kernel "$release"
  fact system "$system"
  fact time "$(date +%s)"
  [ "$job" = 1 ] && fact job 1
  { read -r boot </proc/sys/kernel/random/boot_id && fact bootId "$boot"; } 2>/dev/null
  fact dockerdPid "$dockerd_pid"
  fact rootless "$rootless"
  fact netnsDir "$dir"
  fact netnsPath "$path"
  know_netns_state
  fact netnsState "$netns_state"
  fact dataRoot "$data_root"
  fact engineRules "$engine_rules"
  if [ -n "$stopped_config" ]; then
    fact config "$stopped_config"
    for key in live-restore firewall-backend swarm-nftables; do
      configured "$key"
      fact "config.$key" "$value"
    done
  fi
  fact enter "$can_enter"
  for tool in ip bridge nsenter stat docker curl lsns nft tcpdump ping ethtool; do
    locate "$tool" && fact "tool.$tool" "$found"
  done
  case $ip_version in *iproute2*) fact ipVersion "$ip_version" ;; esac
  fact ipJson "$ip_json"
  fact bridgeJson "$bridge_json"
  frame_end 0
}

# files_of SECTION DIRECTORY [FILE…]: one row a file, the given files first, then the directory's. A name that holds a
# newline is shown with `\012` in its place, or it would be two rows; such a name is never Docker's.
files_of() {
  section=$1
  directory=$2
  shift 2
  frame_begin "$section" - "stat $directory/*"
  odd=
  ordinary=
  for file in "$directory"/*; do
    case $file in
      *"$newline"*) odd=1 ;;
      *) if [ -e "$file" ] || [ -L "$file" ]; then ordinary=1; fi ;;
    esac
  done
  if [ -z "$odd" ]; then
    [ -z "$ordinary" ] || set -- "$@" "$directory"/*
  else
    for file in "$directory"/*; do
      case $file in *"$newline"*) ;; *) set -- "$@" "$file" ;; esac
    done
  fi
  status=0
  if [ $# != 0 ]; then
    stat -L -c '%D %i %a %s %Y %n' -- "$@" 2>&1
    status=$?
  fi
  [ -z "$odd" ] || odd_files
  frame_end "$status"
}

odd_files() {
  for file in "$directory"/*; do
    case $file in *"$newline"*) ;; *) continue ;; esac
    row=$(stat -L -c '%D %i %a %s %Y' -- "$file" 2>/dev/null) || continue
    printf '%s ' "$row"
    printf '%s\n' "$file" | sed -e ':more' -e 'N' -e '$!b more' -e 's/\n/\\012/g'
  done
}

# The namespace files as we see them and, where dockerd has another mount table, as it sees them. An nsfs file's
# device is that of /proc/self/ns/net; its inode is the namespace's.
files() {
  files_of files "$path" /proc/self/ns/net "/proc/${dockerd_pid:-self}/ns/net"
  [ "$path" = "$dir" ] && return 0
  files_of files-here "$dir"
}

# resolvers_of PID…: whom processes ask for names. The files are the containers' own affair: only plain and short ones are
# opened, and of those only what resolv.conf(5) knows is kept. One that grows meanwhile can't take much memory.
resolvers_of() {
  files=
  for pid; do
    [ -f "/proc/$pid/root/etc/resolv.conf" ] && files="$files /proc/$pid/root/etc/resolv.conf"
  done
  short=
  # shellcheck disable=SC2086
  for word in $([ -z "$files" ] || stat -L -c '%s %n' $files 2>/dev/null); do
    case $word in
      /*) [ "$size" -gt "$longest_resolver" ] || short="$short $word" ;;
      *) size=$word ;;
    esac
  done
  [ -n "$short" ] || return 0
  last=
  set -f
  IFS=$newline
  for line in $(
    unset IFS
    exec 2>/dev/null
    # shellcheck disable=SC3045
    ulimit -v 262144
    # shellcheck disable=SC2086
    grep -s -H -m 50 -E -e '^(nameserver|search|domain|options) ' $short
  ); do
    case $line in /proc/[0-9]*/root/etc/resolv.conf:*) ;; *) continue ;; esac
    pid=${line#/proc/}
    pid=${pid%%/*}
    if [ "$pid" = "$last" ]; then
      told="$told; ${line#*:}"
    else
      [ -z "$last" ] || fact "resolver.$last" "$told"
      last=$pid
      told=${line#*:}
    fi
  done
  unset IFS
  set +f
  [ -z "$last" ] || fact "resolver.$last" "$told"
}

# Bytes; a longer resolv.conf is not read.
longest_resolver=2000

# Which namespace each process is in; of one process of each the control group (which names the container) and the
# resolver's settings.
processes() {
  frame_begin processes - 'stat /proc/*/ns/net; /proc/PID/cgroup; /proc/PID/root/etc/resolv.conf'
  host=
  seen=
  contained_pids=
  resolvers=0
  case " $want_netns " in *' resolvers '*) resolvers=1 ;; esac
  inode=
  # 64 hexadecimal digits: a container's id. The groups of other processes tell nothing that is asked, and are left.
  container_id='[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'
  container_id=$container_id$container_id$container_id$container_id
  container_id=$container_id$container_id
  # Walked as words, not through a pipe: a shell reads a pipe byte by byte, and hosts have thousands of processes.
  for word in $(stat -L -c '%i %n' "/proc/${dockerd_pid:-self}/ns/net" /proc/[0-9]*/ns/net 2>/dev/null); do
    case $word in
      /*) ;;
      *)
        inode=$word
        continue
        ;;
    esac
    # The first one is the host's.
    if [ -z "$seen" ]; then
      seen=' '
      case $word in "/proc/${dockerd_pid:-self}/"*) host=$inode seen=" $inode " && continue ;; esac
    fi
    [ "$inode" = "$host" ] && continue
    pid=${word#/proc/}
    pid=${pid%/ns/net}
    fact "$pid" "$inode"
    case $seen in *" $inode "*) continue ;; esac
    seen="$seen$inode "
    contained=
    while read -r line; do
      case $line in
        *$container_id*)
          fact "cgroup.$pid" "$line"
          contained=1
          # Where there are several hierarchies, each of them names it.
          break
          ;;
      esac
    done 2>/dev/null <"/proc/$pid/cgroup"
    [ -z "$contained" ] || contained_pids="$contained_pids $pid"
  done 2>/dev/null
  # shellcheck disable=SC2086
  [ "$resolvers" = 0 ] || resolvers_of $contained_pids
  frame_end 0
}

# set_batch TABLE…: sets batch to the lines for ip that read these tables, and batch_head to the same in one line.
set_batch() {
  batch=
  batch_head=
  for table; do
    case $table in
      addr) command='addr show' ;;
      neigh) command='neigh show' ;;
      rule) command='rule show' ;;
      route) command='route show table all' ;;
      cache) command='route show cache' ;;
      *) continue ;;
    esac
    batch="$batch$command$newline"
    batch_head="$batch_head${batch_head:+; }$command"
  done
}

# read_here NETNS PREFIX…: runs the reader behind a prefix, or as it is. Its text is in the environment, not among its
# arguments: these hold the batch, which the reader takes from there.
read_here() {
  name=$1
  shift
  # shellcheck disable=SC2016
  "$@" "$shell" -c 'eval "$reader"' reader "$name" "$newline$batch" 3<&-
}

# enter NETNS FILE: runs the reader in the namespace behind FILE. Prints what goes wrong there, and then a line that tells
# how it ended.
enter() {
  read_here "$1" nsenter --net="$2" 2>&1 >&4
  printf '\n%s? %s %s %s\n' "$nonce" $? "$1" "$2"
}

# tell_complaints TEXT: what several namespaces said, each before the line that `enter` prints; it becomes sections of its own.
tell_complaints() {
  said=
  set -f
  IFS=$newline
  for line in $1; do
    case $line in
      "$nonce? "*)
        line=${line#* }
        status=${line%% *}
        line=${line#* }
        [ "$status$said" = 0 ] || complaint "$status" "${line%% *}" "${line#* }"
        said=
        ;;
      *) said="$said${said:+$newline}$line" ;;
    esac
  done
  unset IFS
  set +f
}

# complaint STATUS NETNS FILE: prints $said.
complaint() {
  frame_begin enter "$2" "nsenter --net=$3"
  printf '%s\n' "$said" | head -c 4000
  frame_end "$1"
}

enter_each() {
  for name; do
    # Only overlay sandboxes have a bridge; elsewhere the tables would be empty.
    case $name in
      lb_* | ingress_sbox) tables=$plain_tables ;;
      *-*) tables=$want_tables ;;
      *) tables=$plain_tables ;;
    esac
    enter "$name" "$path/$name"
  done
}

# What is said is held for all of them at once: each $(…) would be a copy of the shell.
enter_all() {
  complaints=$(enter_each "$@")
  tell_complaints "$complaints"
}

# Two at a time: half of the cost is waiting for programs to be loaded. The second one's frames are held back until
# the first one is done, so that frames never mix; in small portions, because a section's time is its arrival.
enter_pair() {
  # shellcheck disable=SC2086
  if [ -z "$second" ]; then
    [ -z "$first" ] || enter_all $first
  else
    {
      held=$(
        exec 4>&1
        enter_all $second
      )
      printf '%s\n' "$held"
    } | {
      enter_all $first
      cat
    }
  fi
  first=
  second=
  count=0
}

namespaces() {
  plain_tables=
  for table in $want_tables; do
    case $table in fdb | nsid | tc) ;; *) plain_tables="$plain_tables${plain_tables:+ }$table" ;; esac
  done
  # shellcheck disable=SC2086
  set_batch $want_tables
  first=
  second=
  count=0
  for file in "$path"/*; do
    name=${file##*/}
    # Names with other characters are not Docker's; they are listed and never entered.
    case $name in '*' | -* | *[!A-Za-z0-9_.-]*) continue ;; esac
    # Opening a FIFO would wait for ever.
    [ -f "$file" ] || continue
    case $name in
      default) continue ;;
      lb_* | ingress_sbox) kind=balancer ;;
      *-*) kind=overlay ;;
      *) kind=container ;;
    esac
    case " $want_netns " in *" $kind "*) ;; *) continue ;; esac
    count=$((count + 1))
    if [ $((count % 2)) = 1 ]; then first="$first $name"; else second="$second $name"; fi
    [ "$count" = 16 ] && enter_pair
  done
  enter_pair
}

host() {
  [ -n "$want_host" ] || return 0
  tables=$want_host
  # shellcheck disable=SC2086
  set_batch $want_host
  netns_proc_files=$proc_files
  proc_files="$proc_files $host_proc_files"
  if [ -z "$dockerd_pid" ] || [ "/proc/$dockerd_pid/ns/net" -ef /proc/self/ns/net ]; then
    read_here @host 2>/dev/null
  elif [ "$can_enter" = 1 ]; then
    tell_complaints "$(enter @host "/proc/$dockerd_pid/ns/net")"
  fi
  proc_files=$netns_proc_files
}

# The namespaces, and the kernel's own route to every VTEP that an overlay's FDB names, in dockerd's namespace. The readers
# print each FDB a second time, on descriptor 6. A refused route prints its reason instead of a line of JSON.
namespaces_and_routes() {
  [ "$can_enter" = 1 ] || return 0
  case " $want_host " in *' vtep '*) [ -n "$bridge_tool" ] && fdb_copy=$ip_json ;; esac
  if [ "$fdb_copy" = 0 ]; then
    namespaces
    return 0
  fi
  # Not in the environment: they may be very many.
  questions=
  for word in $(namespaces 6>&1 >&4 | grep -o -E -e '("dst":"| dst )[0-9A-Fa-f.:]+' | sort -u); do
    word=${word#\"dst\":\"}
    [ "$word" = dst ] || questions="${questions}route get $word$newline"
  done
  [ -n "$questions" ] || return 0
  # Where dockerd shares our namespace, no process need enter it.
  in_host="nsenter --net=/proc/${dockerd_pid:-self}/ns/net"
  if [ "/proc/${dockerd_pid:-self}/ns/net" -ef /proc/self/ns/net ]; then in_host=; fi
  frame_begin route-get @host 'ip -d -j -force -batch - (route get VTEP)'
  routes=$(printf '%s' "$questions" | $in_host "$ip_tool" -d -j -force -batch - 2>&1)
  status=$?
  printf '%s\n' "$routes"
  frame_end "$status"
  case " $want_host " in *' nic '*) uplinks ;; esac
}

# The driver of every network card by which packets leave for a VTEP. What sits on top of a card (a bond, a VLAN) has
# no driver that matters, and the card below is asked.
uplinks() {
  locate ethtool || return 0
  ethtool_tool=$found
  asked=' '
  devices=
  set -f
  IFS=,
  for word in $routes; do
    case $word in '"dev":"'*) devices="$devices ${word#\"dev\":}" ;; esac
  done
  unset IFS
  for device in $devices; do
    device=${device#\"}
    device=${device%%\"*}
    case "$device $asked" in *[!A-Za-z0-9_.@\ -]* | *" $device "*) continue ;; esac
    uplink "$device"
    [ -n "$in_host" ] || [ -e "/proc/net/bonding/$device" ] || [ -e "/proc/net/vlan/$device" ] || continue
    for below in $(
      $in_host sed -n -e 's/^Slave Interface: //p' -e 's/^Device: //p' \
        "/proc/net/bonding/$device" "/proc/net/vlan/$device" 2>/dev/null
    ); do
      uplink "$below"
    done
  done
  set +f
}

# Offloads are asked for only where a driver is known to get them wrong.
uplink() {
  case $1 in '' | -* | *[!A-Za-z0-9_.@-]*) return 0 ;; esac
  case $asked in *" $1 "*) return 0 ;; esac
  asked="$asked$1 "
  frame_begin nic @host "ethtool -i $1"
  driver=$($in_host "$ethtool_tool" -i "$1" 2>&1)
  status=$?
  printf '%s\n' "$driver"
  case $driver in
    'driver: vmxnet3'*)
      $in_host "$ethtool_tool" -k "$1" 2>&1
      status=$?
      ;;
  esac
  frame_end "$status"
}

# The node's certificate in the swarm, which is public; its key is another file, and is never opened.
certificate() {
  case " $want_host " in *' engine '*) ;; *) return 0 ;; esac
  certificate_file=$root$data_root/swarm/certificates/swarm-node.crt
  [ -n "$data_root" ] && [ -f "$certificate_file" ] && [ -r "$certificate_file" ] || return 0
  frame_begin certificate - "sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' $data_root/swarm/certificates/swarm-node.crt"
  sed -n '/^-----BEGIN CERTIFICATE-----$/,/^-----END CERTIFICATE-----$/p' "$certificate_file" | head -c 20000
  frame_end $?
}

# The node's own record of its addresses in the swarm: these fields of it and no others.
swarm_state() {
  case " $want_host " in *' swarm '*) ;; *) return 0 ;; esac
  state_file=$root$data_root/swarm/docker-state.json
  [ -n "$data_root" ] && [ -f "$state_file" ] && [ -r "$state_file" ] || return 0
  frame_begin swarm-state - "grep -o … $data_root/swarm/docker-state.json"
  grep -o -E -e '"(LocalAddr|ListenAddr|AdvertiseAddr|DataPathAddr|DataPathPort)": *("[^"]*"|[0-9]+)' "$state_file"
  frame_end $?
}

# Whom the host itself asks for names, which its engine asks for its containers. A link in another mount namespace may
# lead back into our own tree.
host_resolvers() {
  case " $want_netns " in *' resolvers '*) ;; *) return 0 ;; esac
  set --
  for file in "$root/etc/resolv.conf" "$root/run/systemd/resolve/resolv.conf"; do
    [ -n "$root" ] && [ -L "$file" ] && continue
    [ -f "$file" ] && [ -r "$file" ] && set -- "$@" "$file"
  done
  [ $# != 0 ] || return 0
  frame_begin resolvers - "grep '^nameserver ' $*"
  grep -h -e '^nameserver ' -- "$@"
  frame_end $?
}

# Addresses in the files that the engine keeps as /etc/hosts of its containers: the first word of each line, no name. One
# program reads them all; a host may have thousands.
hosts_files() {
  case " $want_host " in *' hosts '*) ;; *) return 0 ;; esac
  [ -n "$data_root" ] && [ -d "$root$data_root/containers" ] || return 0
  frame_begin hosts-files - "grep -H -o '^ADDRESS' $data_root/containers/*/hosts"
  (cd "$root$data_root/containers" && grep -s -H -o -E -e '^[0-9]+\.[0-9.]+' -- */hosts) | head -c 1048576
  frame_end 0
}

# What engines say where they could not do something for networks, as KIND=WORDS: of lines with these words the first 160
# characters from there are kept, of IPsec entries (which may hold keys) nothing but their number.
log_signatures="ingress=Failed to add ingress
balancer=Failed to create a new service for vip
balancer=Failed to create real server
balancer=Failed to add firewall mark rule
balancer=Failed add IP alias
balancer=Failed to create an ipvs handle
redirect=Failed to add redirect rules for ep
entry=overlay: failed to add peer entry
entry=Neighbor entry already present
entry=Peer delete operation failed
entry=error deleting neighbor entry
entries=failed to initialize network peer database
keys=%!s(PANIC=String method
policy=iptables chain FORWARD has policy DROP
start=incompatible with swarm mode
start=IPv4 forwarding is disabled
gossip=healthscore:
gossip=Bulk sync to node
gossip=periodic bulk sync failure
network=Failed allocation for network
network=failed allocating network
network=failed allocating ingress network
network=Cannot allocate ingress network
service=Failed allocation for service
task=task allocation failure"

# Groups of like lines: KIND, how many, first and last time, and the words of the last one. Only warnings and errors are looked at.
# Most of the log is dropped by grep, to which a few words in very many lines cost much less.
pick_log() {
  words=
  IFS='
'
  for signature in $log_signatures; do words="$words${words:+$IFS}${signature#*=}"; done
  unset IFS
  grep -a -F -e "$words" | signatures=$log_signatures awk '
    BEGIN {
      number = split(ENVIRON["signatures"], all, "\n")
      for (i = 1; i <= number; i++) { at = index(all[i], "="); kind[i] = substr(all[i], 1, at - 1); words[i] = substr(all[i], at + 1) }
    }
    !/level=(warn|error|fatal)/ && !/incompatible with swarm mode|IPv4 forwarding is disabled/ { next }
    {
      for (i = 1; i <= number; i++) {
        at = index($0, words[i])
        if (at == 0) continue
        when = "-"
        if (match($0, /time="[^"]*"/)) when = substr($0, RSTART + 6, RLENGTH - 7)
        text = kind[i] == "keys" ? "" : substr($0, at, 160)
        key = kind[i] " " text
        if (!(key in count)) { if (groups == 200) break; order[++groups] = key; first[key] = when }
        count[key]++
        last[key] = when
        break
      }
    }
    END { for (i = 1; i <= groups; i++) { key = order[i]; at = index(key, " "); print substr(key, 1, at - 1), count[key], first[key], last[key], substr(key, at + 1) } }
  '
}

# The engine's own log of the last day, at most 2 MiB of it: the file that its errors go to, else the journal. What containers
# write may be in the same journal and look like it.
engine_log() {
  case " $want_host " in *' log '*) ;; *) return 0 ;; esac
  locate awk || return 0
  log_file=/proc/${dockerd_pid:-none}/fd/2
  if [ -f "$log_file" ] && [ -r "$log_file" ]; then
    picked=$(tail -c 2097152 "$log_file" 2>/dev/null | pick_log)
    source='tail -c 2097152 (the file that dockerd writes its errors to)'
  elif locate journalctl; then
    picked=$("$found" -u docker -t dockerd --since=-24h -n 20000 -o cat -q --no-pager 2>/dev/null | head -c 2097152 | pick_log)
    source='journalctl -u docker -t dockerd --since=-24h -n 20000 -o cat'
  else
    return 0
  fi
  frame_begin engine-log - "$source"
  printf '%s\n' "$picked"
  frame_end 0
}

# hear FILE: what the kernel announces of the neighbour tables in one namespace for so many seconds. A flood ends it early.
hear() {
  {
    nsenter --net="$1" "$ip_tool" monitor neigh 2>&1 3<&- 4>&- &
    listener=$!
    sleep "$listen"
    kill "$listener"
  } 2>/dev/null | head -c 262144
}

# listen_in FILE…: in all of them at the same time. What each heard is held back to its end, so that frames never mix.
listen_in() {
  [ $# = 0 ] && return 0
  file=$1
  shift
  {
    held=$(hear "$file")
    frame_begin misses "${file##*/}" 'ip monitor neigh'
    printf '%s\n' "$held"
    frame_end 0
  } | {
    listen_in "$@"
    cat
  }
}

# More namespaces than this are not listened in: each takes four processes for that time.
most_listeners=64

listen_in_overlays() {
  # BusyBox's ip can't listen.
  [ "$can_enter" = 1 ] && [ "$ip_busybox" = 0 ] || return 0
  set --
  for file in "$path"/*-*; do
    name=${file##*/}
    case $name in '*-*' | -* | *[!A-Za-z0-9_.-]*) continue ;; esac
    [ $# -lt "$most_listeners" ] || break
    [ -f "$file" ] && nsenter --net="$file" true 2>/dev/null && set -- "$@" "$file"
  done
  listen_in "$@"
}

# kernel_has MODULE SYMBOL: whether it is built in, or a module that is loaded; asking could load one that is neither. A
# kernel without /proc/modules can't load any. One whose modules are not installed here (its own, or that of a virtual
# machine) tells by its symbols.
kernel_has() {
  [ -e /proc/modules ] || return 0
  grep -q "^$1 " /proc/modules 2>/dev/null && return 0
  built_in=/lib/modules/$release/modules.builtin
  if [ -r "$built_in" ]; then
    grep -q "/$1\.ko" "$built_in" 2>/dev/null
  else
    grep -q " $2\$" /proc/kallsyms 2>/dev/null
  fi
}

# Sets netlink to the netlink protocols that the kernel has, of those that the reader asks for (linux/netlink.h: 6 XFRM, 12
# NETFILTER); each is then in every namespace. One look may miss sockets while others come and go (lib/rhashtable.c,
# rhashtable_walk_next).
netlink_protocols() {
  netlink=' '
  case " $want_tables $want_host " in *' netfilter '* | *' netfilter6 '* | *' xfrm '*) ;; *) return 0 ;; esac
  for _ in 1 2 3; do
    while read -r _ protocol _; do
      case $protocol in
        6 | 12) case $netlink in *" $protocol "*) ;; *) netlink="$netlink$protocol " ;; esac ;;
      esac
    done 2>/dev/null </proc/net/netlink
    case $netlink in ' 6 12 ' | ' 12 6 ') break ;; esac
  done
}

netfilter_tools() {
  legacy_save=
  nft_save=
  nft_tool=
  case " $want_tables $want_host " in *' netfilter '*) ;; *) return 0 ;; esac
  if locate iptables-legacy-save; then
    legacy_save=$found
  elif ! locate iptables-nft-save && locate iptables-save; then
    legacy_save=$found
  fi
  kernel_has nf_tables nf_tables_newtable || return 0
  if locate iptables-nft-save; then nft_save=$found; fi
  if locate nft; then nft_tool=$found; fi
}

# Links have places for filters of tc only where the kernel has these disciplines: elsewhere no namespace is asked.
tc_tools() {
  tc_tool=
  case " $want_tables $want_host " in *' tc '*) ;; *) return 0 ;; esac
  kernel_has sch_ingress clsact_init || return 0
  if locate tc; then tc_tool=$found; fi
}

# What this host's ip and bridge can do. A tool that prints JSON prints `[` even for an empty table; asking for the
# version would not do, because the oldest that take -j still answer some tables in text.
know_tools() {
  ip_json=0
  bridge_json=0
  ip_busybox=0
  can_enter=0
  ip_tool=ip
  bridge_tool=
  locate ip && ip_tool=$found
  locate sh
  shell=${found:-sh}
  ip_version=$("$ip_tool" -V 2>&1)
  ip_version=${ip_version%%"$newline"*}
  # One call tells of both, where both can.
  case $ip_version in
    *iproute2*)
      case $(nsenter --net=/proc/self/ns/net "$ip_tool" -j neigh show 2>/dev/null) in
        '['*) can_enter=1 ip_json=1 ;;
        *) case $("$ip_tool" -j neigh show 2>/dev/null) in '['*) ip_json=1 ;; esac ;;
      esac
      ;;
    *) ip_busybox=1 ;;
  esac
  if locate bridge; then
    bridge_tool=$found
    case $("$bridge_tool" -j fdb show 2>/dev/null) in '['*) bridge_json=1 ;; esac
  fi
  [ "$can_enter" = 1 ] || { nsenter --net=/proc/self/ns/net true 2>/dev/null && can_enter=1; }
}

# The end of stdin ends the whole process group, which the caller made for this run: politely, and then for good.
watch_lifeline() {
  trap '' TERM
  while read -r _; do :; done
  kill -TERM 0
  sleep 0.3 || sleep 1
  kill -KILL 0
}

read_all() {
  netfilter_tools
  tc_tools
  netlink_protocols
  tables=
  fdb_copy=0
  export fdb_copy nonce job tables ip_tool bridge_tool ip_json bridge_json ip_busybox legacy_save nft_save nft_tool tc_tool proc_files \
    netlink batch batch_head reader
  about
  files
  case " $want_netns " in *' processes '*) processes ;; esac
  host_resolvers
  host
  certificate
  swarm_state
  hosts_files
  # The log is read beside the namespaces, and told after them: frames never mix.
  engine_log | {
    exec 5<&0 </dev/null
    namespaces_and_routes
    cat <&5
  }
}

main() {
  LC_ALL=C
  PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
  export LC_ALL PATH
  unset IFS
  newline='
'
  exec 3<&0 4>&1 </dev/null
  # Where this shell is a container's first process, only a trap makes it end.
  trap 'exit 143' TERM
  if [ "$lifeline" = 1 ]; then
    watch_lifeline <&3 3<&- 4>&- >/dev/null 2>&1 &
    watcher=$!
  fi
  know_kernel
  know_tools
  find_dockerd
  root=
  # Without the right to look into it, dockerd's own view of the files is no better than ours.
  if [ -n "$dockerd_pid" ] && [ -d "/proc/$dockerd_pid/root/proc" ] &&
    ! [ "/proc/$dockerd_pid/ns/mnt" -ef /proc/self/ns/mnt ]; then
    root=/proc/$dockerd_pid/root
  fi
  engine_settings
  if [ -n "$netns_dir" ]; then
    dir=$netns_dir
    path=$netns_dir
  else
    dir=$exec_root/netns
    path=$root$dir
  fi
  if [ -n "$listen" ]; then
    listen_in_overlays
  else
    read_all
  fi
  frame_begin end - end
  frame_end 0
  [ "$lifeline" = 1 ] && kill -KILL "$watcher" 2>/dev/null
  exit 0
}

main
