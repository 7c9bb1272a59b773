# Bring a component to a state; runs as a job's command. Arguments: state directory, job folder, "sudo -n" or nothing,
# component, fencing token, job id, started or stopped, seconds, then either systemd and a unit, or commands and the
# commands that start, stop and show it.
# Exit status: 0 as wished, 10 it was so already, 11 token too old, 12 status unclear, 13 the command failed,
# 14 not seen in time, 15 locked, 16 state directory. The line in "verdict" holds a number or a unit's state that belongs to it.
root=$1 dir=$2 sudo=$3 component=$4 token=$5 job=$6 verb=$7 limit=$8
shift 8
kind=$1 unit=$2 start=$2 stop=$3 status=$4
mask=$(umask)
umask 077
boot
place=$root/tokens/$component

verdict() {
  [ -z "$lock" ] || : >"$lock.free"
  echo "$2" >"$dir/verdict"
  exit "$1"
}

in_time() {
  { read -r now stat </proc/uptime; } 2>/dev/null || now=$(date +%s)
  now=${now%%.*}
  began=${began:-$now}
  [ $((now - began)) -lt "$limit" ]
}

newest_lock() {
  newest=0
  for file in "$place"/lock.*; do
    number=${file##*.}
    case $number in *[!0-9]*) continue ;; esac
    [ "$number" -le "$newest" ] || newest=$number
  done
}

holder_lives() {
  { read -r pid was when <"$held"; } 2>/dev/null && alive "$pid" "$was" "$when"
}

# The lock is the file with the highest number. It is open when its holder said so or is dead, and is taken by making the
# next number, which only one can; the newest is never deleted, so nobody can take away a lock that is held.
take_lock() {
  echo "$$ $born $boot" >"$dir/lock"
  while :; do
    newest_lock
    held=$place/lock.$newest
    if [ "$newest" -eq 0 ] || [ -e "$held.free" ] || ! holder_lives; then
      next=$((newest + 1))
      if ln "$dir/lock" "$place/lock.$next" 2>/dev/null; then
        newest_lock
        if [ "$newest" -eq "$next" ]; then
          lock=$place/lock.$next
          break
        fi
        rm -f "$place/lock.$next"
      fi
    else
      in_time || verdict 15 "$pid"
      pause 0.1
    fi
  done
  for file in "$place"/lock.*; do
    number=${file#"$place/lock."}
    [ "${number%.free}" -ge "$newest" ] || rm -f "$file"
  done
}

# 0 running, 3 not running, anything else unknown; what it was that said so in $said, and whether that will pass in $passing.
look() {
  passing=
  if [ "$kind" = systemd ]; then
    unit_stands "$unit" 2>"$dir/look"
    set -- $?
    said=$state
    [ "$1" -ne 5 ] || passing=yes
    return "$1"
  fi
  umask "$mask"
  $sudo sh -c "$status" >"$dir/look" 2>&1
  said=$?
  umask 077
  return "$said"
}

act() {
  umask "$mask"
  if [ "$kind" = systemd ]; then
    case $verb in started) $sudo systemctl start -- "$unit" ;; *) $sudo systemctl stop -- "$unit" ;; esac
  else
    case $verb in started) $sudo sh -c "$start" ;; *) $sudo sh -c "$stop" ;; esac
  fi
  acted=$?
  umask 077
}

lock=
mkdir -p "$place" || verdict 16 ""
born "$$"
in_time
take_lock
seen=0
[ ! -e "$place/token" ] || read -r seen by <"$place/token"
[ "$seen" -le "$token" ] || verdict 11 "$seen"
if [ "$seen" -lt "$token" ]; then
  # Power may fail at any moment: the token must be on the disk before anything is done in its name.
  echo "$token $job" >"$dir/token" && sync "$dir/token" 2>/dev/null || sync
  mv "$dir/token" "$place/token" || verdict 16 ""
  sync "$place" 2>/dev/null || sync
fi
case $verb in started) wanted=0 ;; *) wanted=3 ;; esac
while :; do
  look
  now_is=$?
  [ "$now_is" -ne "$wanted" ] || verdict 10 ""
  [ -n "$passing" ] && in_time || break
  pause 0.1
done
if [ "$now_is" -ne 0 ] && [ "$now_is" -ne 3 ]; then
  cat "$dir/look" >&2
  verdict 12 "$said"
fi
act
failing=10
while :; do
  look
  now_is=$?
  [ "$now_is" -ne "$wanted" ] || verdict 0 "$acted"
  if [ "$acted" -ne 0 ] && [ -z "$passing" ]; then
    failing=$((failing - 1))
    [ "$failing" -gt 0 ] || verdict 13 "$acted"
  fi
  in_time || break
  pause 0.1
done
[ "$acted" -eq 0 ] || verdict 13 "$acted"
cat "$dir/look" >&2
verdict 14 "$said"
