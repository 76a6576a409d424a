#!/bin/sh
# The first program of the guest (guest.ts). Its root shows the machine's files, read-only; what is written goes to memory, over
# them. One folder of the machine's is shared for writing: commands come in by it, and what they print goes out.
# A line that fails ends this program, and with it the kernel, which says so on its console.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C.UTF-8 OVDIAG_GUEST=1

mount -t proc proc /proc
shared=$(sed -n 's/.*ovdiag\.shared=\([^ ]*\).*/\1/p' /proc/cmdline)
mount -t tmpfs -o mode=755,size=90% tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
cd /mnt/root
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t devtmpfs devtmpfs dev
mkdir -p dev/pts dev/shm
mount -t devpts -o ptmxmode=666 devpts dev/pts
ln -sf pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777 tmpfs dev/shm
# The checkout is kept at hand: it may lie in one of the folders that are emptied now.
checkout=$(cat "$shared/checkout")
mkdir /mnt/checkout
mount --bind ".$checkout" /mnt/checkout
mount -t tmpfs -o mode=1777 tmpfs tmp
# The machine's own engine and labs are none of the guest's.
for folder in run var/lib/docker var/lib/containerd var/lib/ovdiag-lab; do
  mkdir -p "$folder"
  mount -t tmpfs -o mode=755 tmpfs "$folder"
done
if [ ! -d ".$checkout" ]; then
  mkdir -p ".$checkout"
  mount --bind /mnt/checkout ".$checkout"
fi
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t hostfs -o "$shared" none mnt
mkdir run/machine
pivot_root . run/machine
cd /
exec </dev/null
umount -l /run/machine
rmdir /run/machine

ip link set lo up
hostname guest
# A container's limits need the controllers handed down.
for controller in memory pids cpu cpuset; do echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control; done
# A new namespace takes this from the first one; with 0 neither services nor two subnets would work.
echo 1 >/proc/sys/net/ipv4/ip_forward
# Nothing can be loaded. Whoever asks for a module is written down.
cat >/run/modprobe <<'EOF'
#!/bin/sh
echo "$*" >>/run/modules-asked
EOF
chmod 755 /run/modprobe
: >/run/modules-asked
echo /run/modprobe >/proc/sys/kernel/modprobe

echo up >/mnt/state
# A command is a file. What it prints stands beside it and is written through while it runs; at last its status.
while :; do
  for command in /mnt/*.command; do
    [ -e "$command" ] || continue
    name=${command%.command}
    mv "$command" "$name.sh"
    : >"$name.out"
    (
      status=0
      setsid sh "$name.sh" >"$name.out" 2>&1 </dev/null || status=$?
      echo "$status" >"$name.status.new"
      mv "$name.status.new" "$name.status"
    ) &
  done
  for out in /mnt/*.out; do
    [ ! -e "$out" ] || [ -e "${out%.out}.status" ] || sync "$out" || :
  done
  sleep 0.2
done
