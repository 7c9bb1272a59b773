# Bring a component to a state; runs as a job's command. Arguments: configured state directory or nothing, job folder, "sudo -n" or nothing,
# COMPONENT:TOKEN, started or stopped, seconds, then either systemd and a unit, or commands and the commands that start,
# stop and show it.
# Exit status: 0 as wished, 10 it was so already, 11 token too old, 12 status unclear, 13 the command failed,
# 14 not seen in time, 15 locked, 16 state directory. The line in "verdict" holds a number or a unit's state that belongs to it.
given=$1 dir=$2 sudo=$3 fence=$4 verb=$5 limit=$6
shift 6
kind=$1 unit=$2 start=$2 stop=$3 status=$4
root=${dir%/jobs/*}
mask=$(umask)
umask 077
boot

verdict() {
  free_locks
  echo "$2" >"$dir/verdict"
  exit "$1"
}

# 0 running, 3 not running, anything else unknown; what it was that said so in $said, and whether that will pass in $passing.
look() {
  passing=
  if [ "$kind" = systemd ]; then
    unit_status "$unit" 2>"$dir/look"
    set -- $?
    said=$state
    [ "$1" -ne 5 ] || passing=yes
    return "$1"
  fi
  : >"$dir/look"
  umask "$mask"
  # Appended to, so that the job's keeper can hold it back where it does not end.
  $sudo sh -c "$status" >>"$dir/look" 2>&1
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

guard "$fence"
case $? in
0) ;;
11) verdict 11 "$seen" ;;
15) verdict 15 "$pid" ;;
*) verdict 16 "" ;;
esac
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
