# Which process is which: a pid alone is not enough, because pids are used again, and all of them after a reboot.

# Name the running system in $boot.
boot() {
  { read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null ||
    boot=$(sysctl -n kern.boottime 2>/dev/null | tr -cd 0-9a-zA-Z)
  boot=${boot:-none}
}

# Put the moment at which process $1 began into $born; fail when it is gone.
born() {
  born=
  if [ -r /proc/self/stat ]; then
    { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    set -- ${stat##*) }
    [ "$1" != Z ] && born=${20}
  else
    born=$(ps -o lstart= -p "$1" 2>/dev/null | tr -cd 0-9a-zA-Z)
  fi
  [ -n "$born" ]
}

# Whether the process that wrote "pid born boot" still runs.
alive() {
  [ "$3" = "$boot" ] && born "$1" && [ "$born" = "$2" ]
}

# The pid of this very (sub)shell in $self: $$ is the main shell's.
myself() {
  { read -r self stat </proc/self/stat; } 2>/dev/null || self=$(exec sh -c 'echo "$PPID"')
}

# Run "$@" behind, leading a process group of its own; its pid is $!.
group() {
  if command -v setsid >/dev/null 2>&1; then
    setsid "$@" &
  elif command -v perl >/dev/null 2>&1; then
    perl -e 'use POSIX; POSIX::setsid(); exec { $ARGV[0] } @ARGV or exit 127' -- "$@" &
  else
    set -m
    "$@" &
    set +m
  fi
}

# Send signal $1 to process group $2; root's processes need sudo. Only ever by the shell's own kill, and in the form that all
# of them take: procps' program reads `kill -KILL -1234` as "everybody" (kill(-1)), and busybox takes no `-s KILL -- -1234`.
signal() {
  if [ -n "$sudo" ]; then
    $sudo sh -c 'kill "-$1" "-$2"' sh "$1" "$2"
  else
    kill "-$1" "-$2"
  fi 2>/dev/null
}

# A fraction of a second where sleep knows it.
pause() {
  sleep "$1" 2>/dev/null || sleep 1
}
