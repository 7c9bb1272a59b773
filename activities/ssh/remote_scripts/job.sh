# One job on this host.
#
# Arguments:
# - two halves of a random mark, apart so that a listing of processes does not contain it
# - what to do: run, attach, rehearse or end
# - the state directory, and the job's id
# - "sudo -n" or nothing
# - the timeout in seconds, and fifths of a second between TERM and KILL
# - whether to sync
# - the reason for the end (for end)
# - the check or nothing
# - whether the words are "sh -c SCRIPT NAME" of ours, which takes the state directory and the job folder first
# - the digest of the request
# - the words to run
#
# Several attempts may make the folder jobs/ID by mkdir, and only one succeeds: it starts the command, and the others follow.
# Files in the folder:
# - request: the digest of the request; the id is refused with another digest
# - moved: why the folder is not in the first place
# - starter: the process that made the folder
# - pid: the keeper
# - group: the command's process group
# - out, err: the output
# - ended: why the command was ended
# - status: exit status, how it ended, seconds, "end"; a line without "end" is incomplete
mark=$1$2 op=$3 given=$4 id=$5 sudo=$6 limit=$7 grace=$8 durable=$9
shift 9
why_ended=$1 check=$2 in_folder=$3 request=$4
shift 4
stream_limit=1048576 tail_limit=8192
# A script of ours goes by the environment, where a listing of processes does not show it.
inner=
if [ -n "$in_folder" ]; then
  inner=$3
  shift 4
fi
mask=$(umask)
umask 077
boot

say() {
  printf '\n%s %s\n' "$mark" "$*"
}

# The first line: earlier output is the login shell's. If the login shell took long, the client may have given up meanwhile.
# Then nothing begins before the client has answered.
slow=
if [ "$op" = run ] && { read -r now stat </proc/uptime; } 2>/dev/null && born "$$"; then
  [ $((${now%%.*} - born / 100)) -lt 4 ] || slow=yes
fi
if [ -n "$slow" ]; then
  say late || exit 0
  until [ "$line" = go ]; do read -r line || exit 0; done
else
  say here || exit 0
fi

# Answer every line of the client with a beat; when the client is gone, so are we (the job is not).
exec 3<&0 </dev/null
main=$$ checking='' left=''
leave='[ -z "$checking" ] || signal TERM "$checking"; exit 0'
trap "$leave" TERM
(
  while read -r line <&3; do printf '%s beat\n' "$mark"; done
  kill -TERM "$main"
) 2>/dev/null &
reader=$!
exec 3<&-

# KILL, because a shell can lose any other signal in the moment after its fork.
quiet() {
  kill -KILL "$reader"
  wait "$reader"
} 2>/dev/null

refuse() {
  quiet
  say "refused $*"
  exit 0
}

# Only a request for the same thing may read or end this job. A folder without the note tells nothing: its starter died early.
same_request() {
  { read -r noted <"$dir/request"; } 2>/dev/null && [ -n "$noted" ] || return 0
  [ "$noted" = "$request" ] || refuse "request $id"
}

no_place() {
  quiet
  notes "$why"
  say "refused place"
  exit 0
}

try_sudo() {
  [ -z "$sudo" ] || complaint=$($sudo sh -c : 2>&1) || refuse "sudo $complaint"
}

# Run the check in a group that can be ended; its exit status is ours.
run_check() {
  group $sudo sh -c "$check" >/dev/null 2>&1
  checking=$!
  wait "$checking"
  set -- $?
  checking=
  return "$1"
}

clock() {
  { read -r now stat </proc/uptime; } 2>/dev/null || now=$(date +%s)
}

# Keep of a stream what is fetched, its end and its length, and no more; a short one is moved aside only where $2 says so.
trim() {
  [ -s "$dir/$1" ] || [ -n "$2" ] || return 0
  size=$(($(wc -c <"$dir/$1") + 0))
  if [ -e "$dir/$1.first" ]; then
    [ "$size" -lt "$tail_limit" ] && cat "$dir/$1.tail" "$dir/$1" >"$dir/$1.join" && mv "$dir/$1.join" "$dir/$1"
    tail -c "$tail_limit" "$dir/$1" >"$dir/$1.end" && mv "$dir/$1.end" "$dir/$1.tail"
    read -r dropped <"$dir/$1.total"
    echo $((dropped + size)) >"$dir/$1.total"
  elif [ "$size" -gt "$stream_limit" ]; then
    head -c "$stream_limit" "$dir/$1" >"$dir/$1.first"
    tail -c "$tail_limit" "$dir/$1" >"$dir/$1.tail"
    echo "$size" >"$dir/$1.total"
  elif [ -n "$2" ]; then
    cat "$dir/$1" >"$dir/$1.first"
    echo "$size" >"$dir/$1.total"
  else
    return 0
  fi
  : >"$dir/$1"
}

# Every second: hold back a stream that has grown large (the writers stand still meanwhile, so that every byte is
# counted), and end the command when its time is over, also when nobody is connected any more. The keeper ends us; should it have
# been killed, we end with the command, for afterwards its group's number may be somebody else's.
watch_over() {
  trap : TERM HUP
  seconds=0
  while sleep 1; do
    { born "$leader" && [ "$born" = "$kept" ]; } || signal 0 "$leader" || exit 0
    seconds=$((seconds + 1))
    large=$(find "$dir" \( -name out -o -name err -o -name look \) -size +65536)
    if [ -n "$large" ]; then
      signal STOP "$leader"
      for file in $large; do
        case $file in */look) : >"$dir/look" ;; *) trim "${file##*/}" ;; esac
      done
      signal CONT "$leader"
    fi
    if [ "$seconds" -eq "$limit" ]; then
      [ -e "$dir/ended" ] || echo timeout >"$dir/ended"
      signal TERM "$leader"
    elif [ "$seconds" -ge $((limit + 4)) ]; then
      signal KILL "$leader"
      exit 0
    fi
  done
}

# Whether process $1 writes to our streams; what a component's status command prints goes to "look".
writes() {
  for stream in "/proc/$1/fd/1" "/proc/$1/fd/2"; do
    for kept_file in out err look; do
      [ ! "$stream" -ef "$dir/$kept_file" ] || return 0
    done
  done
  return 1
}

# Put those into $holders that still write to our streams: a daemon that the command left behind with its output. Only what
# was started since the command can; where the system does not say so, the command's process group represents all.
find_holders() {
  holders='' hidden=''
  if ! { read -r load load load load newest </proc/loadavg; } 2>/dev/null; then
    signal 0 "$leader" && holders="-$leader"
    return 0
  fi
  if [ "$newest" -ge "$leader" ] && [ $((newest - leader)) -lt 256 ]; then
    candidate=$leader
    while [ "$candidate" -lt "$newest" ]; do
      candidate=$((candidate + 1))
      consider "$candidate"
      # A process that was started meanwhile may be the child of one that has just ended.
      [ "$candidate" -lt "$newest" ] || read -r load load load load newest </proc/loadavg
    done
  else
    for process in /proc/[0-9]*; do consider "${process##*/}"; done
  fi
  [ -z "$sudo" ] || [ -z "$hidden" ] || holders="$holders$($sudo sh -c '
    dir=$1
    shift
    for process; do
      for stream in "/proc/$process/fd/1" "/proc/$process/fd/2"; do
        for kept_file in out err look; do
          [ ! "$stream" -ef "$dir/$kept_file" ] || printf " %s" "$process"
        done
      done
    done' sh "$dir" $hidden 2>/dev/null)"
}

consider() {
  [ -d "/proc/$1" ] || return 0
  if [ ! -r "/proc/$1/fd" ]; then hidden="$hidden $1"; elif writes "$1"; then holders="$holders $1"; fi
}

# Hold back what a daemon goes on writing, for as long as it does: it is never stopped, and never finds its output closed.
hold_back() {
  trap '' TERM HUP
  myself
  born "$self"
  echo "$self $born $boot" >"$dir/held"
  while [ -n "$holders" ]; do
    sleep 5
    for stream in out err look; do
      [ ! -s "$dir/$stream" ] || [ -z "$(find "$dir/$stream" -size +2048)" ] || : >"$dir/$stream"
    done
    for holder in $holders; do ! kill -0 "$holder" 2>/dev/null && [ ! -d "/proc/$holder" ] || continue 2; done
    find_holders
  done
  rm -f "$dir/held"
}

# Give the command's process group its time to end; fail when something of it is left then.
gone() {
  patience=$grace
  while signal 0 "$leader"; do
    [ "$patience" -gt 0 ] || return 1
    patience=$((patience - 1))
    pause 0.2
  done
}

# Write how it ended, once: the first to say it is believed.
conclude() {
  set -C
  echo "$* end" >"$dir/status"
  set +C
} 2>/dev/null

# Start the command, wait for its end and write its result. Survives the connection.
keep() {
  trap : TERM HUP
  myself
  born "$self"
  set -C
  echo "$self $born $boot" >"$dir/pid" || exit 0
  set +C
  if [ -e "$dir/ended" ]; then
    conclude 143 never 0:0
    exit 0
  fi
  : >>"$dir/out" 2>>"$dir/err"
  clock
  began=$now
  umask "$mask"
  if [ -n "$inner" ]; then
    export DRIFTVAKT="$inner"
    set -- sh -c 'eval "unset DRIFTVAKT;$DRIFTVAKT"' driftvakt "$given" "$dir" "$@"
  fi
  group "$@" >>"$dir/out" 2>>"$dir/err"
  unset DRIFTVAKT
  leader=$!
  umask 077
  born "$leader"
  kept=$born
  echo "$leader $kept" >"$dir/group"
  watch_over &
  watcher=$!
  # A signal to us ends the wait, not the command.
  until wait "$leader"; code=$?; [ "$code" -le 128 ] || ! born "$leader" || [ "$born" != "$kept" ]; do :; done
  # Ended early: the next operation must find no process of it.
  [ ! -e "$dir/ended" ] || gone || signal KILL "$leader"
  kill -KILL "$watcher"
  clock
  find_holders
  trim out "$holders"
  trim err "$holders"
  how=exit
  [ ! -e "$dir/ended" ] || read -r how <"$dir/ended" || how=cancel
  conclude "$code" "$how" "$began:$now"
  [ -z "$holders" ] || hold_back &
  # systemd-logind empties /dev/shm of a user of whom no session and no process is left, and the job could run again.
  case $root in /dev/shm/*) (trap '' HUP TERM && exec sleep 86400) & ;; esac
}

finished() {
  { read -r code how span last <"$dir/status"; } 2>/dev/null && [ "$last" = end ]
}

# Wait until the job is over, or until its result can never be known. Fail when its folder was removed because another process
# had made one in another place.
follow() {
  turns=0 unstarted=0
  until finished; do
    [ -d "$dir" ] || return 1
    if { read -r pid was when <"$dir/pid"; } 2>/dev/null && [ -n "$when" ]; then
      if ! alive "$pid" "$was" "$when"; then
        finished && return 0
        code=- span=0:0 how=vanished
        [ "$when" = "$boot" ] || how=rebooted
        return 0
      fi
    elif { read -r pid was when <"$dir/starter"; } 2>/dev/null && [ -n "$when" ]; then
      # A dead starter may have left a keeper behind that is about to write its pid.
      if alive "$pid" "$was" "$when"; then unstarted=0; else unstarted=$((unstarted + 2)); fi
      if [ "$unstarted" -ge 15 ]; then
        finished && return 0
        code=- span=0:0 how=unstarted
        [ -e "$dir/pid" ] || return 0
      fi
    elif [ "$unstarted" -ge 15 ]; then
      finished && return 0
      code=- span=0:0 how=unstarted
      return 0
    else
      unstarted=$((unstarted + 1))
    fi
    turns=$((turns + 1))
    if [ "$turns" -le 10 ]; then pause 0.05; elif [ "$turns" -le 50 ]; then pause 0.2; else pause 0.5; fi
  done
}

show() {
  file=$dir/$1
  [ ! -e "$file.first" ] || file=$file.first
  [ ! -s "$file" ] || head -c "$stream_limit" "$file"
  printf '%s' "$mark"
  [ ! -s "$dir/$1.tail" ] || cat "$dir/$1.tail"
  printf '%s' "$mark"
}

length() {
  length=-
  if [ -e "$dir/$1.total" ]; then
    read -r length <"$dir/$1.total"
  elif [ "$how" != exit ] && [ -s "$dir/$1" ]; then
    length=$(($(wc -c <"$dir/$1") + 0))
  fi
}

# Everything in one answer.
report() {
  same_request
  quiet
  verdict=
  [ ! -e "$dir/verdict" ] || read -r verdict <"$dir/verdict"
  length out
  out=$length
  length err
  [ ! -e "$dir/moved" ] || notes "$(cat "$dir/moved")"
  say "done $code $how $span $1 $out $length $verdict"
  show out
  show err
  printf '\n'
}

# Now and then throw away what ended more than seven days ago.
sweep() {
  [ $(($$ % 32)) -eq 0 ] || return 0
  (
    trap '' HUP TERM
    find "$jobs/." ! -name . -prune -type d -mtime +7 | while read -r old; do
      { read -r pid was when <"$old/held"; } 2>/dev/null && alive "$pid" "$was" "$when" && continue
      [ ! -e "$old/status" ] || rm -rf "$old"
    done
  ) >/dev/null 2>&1 &
}

found() {
  dir=$root/jobs/$id
  [ -d "$dir" ]
}

# Take this place's folder for the job, and see that there is room in it for a while. Fails with $taken where somebody else
# has it; otherwise $why tells why it cannot be taken.
take() {
  dir=$root/jobs/$id taken=
  [ -d "$root/jobs" ] || mkdir -p "$root/jobs" 2>/dev/null
  case $root in */"driftvakt-$LOGNAME") [ -O "$root" ] || return 1 ;; esac
  if mkdir "$dir" 2>/dev/null; then
    {
      echo "$request" >"$dir/request" && echo "$$ $born $boot" >"$dir/starter" && : >>"$dir/out" && : >>"$dir/err" &&
        printf '%65536s' '' >"$dir/room" && : >"$dir/room"
    } 2>/dev/null && return 0
    explain
    rm -rf "$dir"
    return 1
  fi
  if [ -d "$dir" ]; then
    taken=yes
    return 0
  fi
  explain
  return 1
}

# Add to $why the obstacle in each place, one on each line.
explain() {
  probe=$root/jobs/room.$$
  said=$(LC_ALL=C sh -c 'mkdir -p "$1" && head -c 65536 /dev/zero >"$1/room"' sh "$probe" 2>&1)
  rm -rf "$probe" 2>/dev/null
  above=$root
  until [ -d "$above" ]; do above=${above%/*} above=${above:-/}; done
  mount=$(df -P "$above" 2>/dev/null | tail -n 1)
  mount=${mount##*% }
  case $said in
  *'No space left'* | '')
    set -- $(df -Pi "$above" 2>/dev/null | tail -n 1)
    if [ "$4" = 0 ] && [ "$2" != 0 ]; then set -- inodes "$mount"; else set -- full "$mount"; fi
    ;;
  *[Qq]uota*) set -- quota "$mount" ;;
  *Read-only*) set -- read-only "$mount" ;;
  *) set -- denied "$root" ;;
  esac
  why="$why$1 $2
"
}

notes() {
  printf '%s\n' "$1" | while read -r line; do [ -z "$line" ] || say "note $line"; done
}

# Another folder of the job than ours, and whether its place comes before ours.
other_found() {
  if [ "$root" = "$mine" ]; then
    first=
    return 1
  fi
  [ -d "$root/jobs/$id" ]
}

# Make the job's folder in the first place that has room. Two that make it in two places at once both see it here: the one
# in the later place gives way, and the one in the earlier place waits until the other has begun or given way.
claim() {
  why=
  born "$$"
  each_place take || return 1
  [ -z "$taken" ] || return 0
  mine=$root
  patience=100
  while first=yes && each_place other_found; do
    there=$root/jobs/$id
    root=$mine
    if [ -n "$first" ] || [ -e "$there/pid" ] || [ -e "$there/status" ] || [ "$patience" -eq 0 ]; then
      rm -rf "$dir"
      dir=$there root=${there%/jobs/*} taken=yes
      return 0
    fi
    patience=$((patience - 1))
    pause 0.1
  done
  if [ -n "$why" ]; then printf '%skept %s\n' "$why" "$root" >"$dir/moved"; fi
  jobs=$root/jobs
}

start() {
  # Without this, a power failure could forget the folder but not what the command did.
  [ -z "$durable" ] || sync "$jobs" 2>/dev/null || sync
  keep "$@" >/dev/null 2>&1 &
  trap "$leave" TERM
  [ -z "$left" ] || exit 0
  wait $!
  sweep
}

finish() {
  [ -e "$dir/ended" ] || echo "$why_ended" >"$dir/ended"
  finished && return 0
  patience=20
  until [ -s "$dir/group" ] || finished || [ "$patience" -eq 0 ]; do
    patience=$((patience - 1))
    pause 0.1
  done
  if { read -r leader was <"$dir/group"; } 2>/dev/null && { read -r pid keeper when <"$dir/pid"; } 2>/dev/null; then
    [ "$when" = "$boot" ] || return 0
    # Only a group whose leader is the one that was started, or whose keeper still waits for it, is ours to end.
    { born "$leader" && [ "$born" = "$was" ]; } || alive "$pid" "$keeper" "$when" || return 0
    # Between its fork and its setsid, the leader has no group yet that could be ended.
    patience=20
    until signal 0 "$leader" || ! born "$leader" || [ "$patience" -eq 0 ]; do
      patience=$((patience - 1))
      pause 0.1
    done
    signal TERM "$leader"
    gone || signal KILL "$leader"
  fi
}

case $op in
rehearse)
  try_sudo
  code=none
  if [ -n "$check" ]; then
    run_check
    code=$?
  fi
  quiet
  say "checked $code"
  exit 0
  ;;
attach)
  until each_place found && same_request && follow; do
    if ! each_place found; then
      quiet
      say "not-begun"
      exit 0
    fi
  done
  report attached
  exit 0
  ;;
end)
  # No folder yet: make it, so that a start which still arrives does not begin.
  until each_place found && same_request && { finish; follow; }; do
    if ! each_place found && claim && [ -z "$taken" ]; then
      echo "$why_ended" >"$dir/ended"
      conclude 143 never 0:0
    fi
    each_place found || no_place
  done
  report attached
  exit 0
  ;;
esac

checked=
until each_place found && same_request && follow; do
  if each_place found; then continue; fi
  if [ -z "$checked" ]; then
    checked=yes
    try_sudo
    if [ -n "$check" ] && run_check; then
      quiet
      say "nothing-to-do"
      exit 0
    fi
  fi
  # From the folder to the keeper we stay, also when the client is gone: the folder alone would not say whether the command began.
  trap 'left=yes' TERM
  if claim && [ -z "$taken" ]; then
    start "$@"
    follow
    report own
    exit 0
  fi
  trap "$leave" TERM
  [ -z "$left" ] || exit 0
  [ -n "$taken" ] || no_place
done
report attached
