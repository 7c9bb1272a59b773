# Locks and fencing tokens of components, each in tokens/COMPONENT. Only the holder of a lock acts on its component on this
# host, and a command with a lower token than one that was seen does not act. The names of files contain the data, and the
# script starts few programs, because it runs for every command.
# Tokens and locks count in every place: while a disk is full, a job is in another place, and so are its token and lock.
# Needs $root, $dir (the job's folder), $sudo, $boot and $limit (seconds). Leaves in $component the subject of an exit status,
# in $seen its highest seen token, in $pid the holder of its lock.
locks=

in_time() {
  { read -r now stat </proc/uptime; } 2>/dev/null || now=$(date +%s)
  now=${now%%.*}
  began=${began:-$now}
  [ $((now - began)) -lt "$limit" ]
}

# Put the highest number among the files $1.NUMBER of the component into $highest, 0 when there is none.
highest() {
  highest=0
  for file in "$root/tokens/$component/$1".*; do
    number=${file##*.}
    case $number in *[!0-9]*) continue ;; esac
    [ "$number" -le "$highest" ] || highest=$number
  done
}

newest_lock() {
  highest lock
  newest=$highest
}

# Whether the holder runs or, where it was ended, whether anything of its process group is left: its job is over only then.
holder_lives() {
  { read -r pid was when by <"$held"; } 2>/dev/null || return 1
  ! alive "$pid" "$was" "$when" || return 0
  [ "$when" = "$boot" ] && [ -d "$root/jobs/$by" ] || return 1
  { read -r ended <"$root/jobs/$by/status"; } 2>/dev/null && [ "${ended##* }" = end ] && return 1
  signal 0 "$pid"
}

# Whether somebody holds the newest lock in this place.
is_held() {
  newest_lock
  held=$root/tokens/$component/lock.$newest
  [ "$newest" -gt 0 ] && [ ! -e "$held.free" ] && holder_lives
}

# The same of a place that is not ours, and whether it comes before ours.
is_held_elsewhere() {
  if [ "$root" = "$ours" ]; then
    first=
    return 1
  fi
  [ -d "$root/tokens/$component" ] && is_held
}

held_elsewhere() {
  ours=$root first=yes
  each_place is_held_elsewhere || return 1
  root=$ours
}

# The lock is the file with the highest number. It is open when its holder said so or is gone, and is taken by making the
# next number, which only one can. The next number is that of the lock which was found open: to count again would pass over
# a lock that somebody took meanwhile. The newest is never deleted, so nobody can take away a lock that is held.
# Two that take it in two places at once both see it afterwards: the one in the later place gives way, the other waits for that.
take_lock() {
  place=$root/tokens/$component
  [ -d "$place" ] || mkdir -p "$place" || return 16
  while :; do
    if is_held || { next=$((newest + 1)) && held_elsewhere; }; then
      in_time || return 15
      pause 0.1
      continue
    fi
    if ln "$dir/lock" "$place/lock.$next" 2>/dev/null; then
      newest_lock
      if [ "$newest" -ne "$next" ]; then
        rm -f "$place/lock.$next"
        continue
      fi
      while held_elsewhere; do
        if [ -n "$first" ] || ! in_time; then
          : >"$place/lock.$next.free"
          in_time || return 15
          pause 0.1
          continue 2
        fi
        pause 0.1
      done
      locks="$locks $component/lock.$next"
      break
    fi
    newest_lock
    [ "$newest" -ge "$next" ] || return 16
  done
  sweep_component
}

# Now and then throw away what is older than the newest of its kind.
sweep_component() {
  newest_lock
  highest token
  set --
  for file in "$place"/lock.* "$place"/token.*; do
    number=${file#"$place"/*.}
    case $file in
    *'*') ;;
    */token.*) [ "$number" -ge "$highest" ] || set -- "$@" "$file" ;;
    *) [ "${number%.free}" -ge "$newest" ] || set -- "$@" "$file" ;;
    esac
  done
  [ $# -lt 24 ] || rm -f "$@"
}

free_locks() {
  for lock in $locks; do : >"$root/tokens/$lock.free"; done
  locks=
}

last_token() {
  seen=0 ours=$root
  each_place higher_token
  root=$ours
}

higher_token() {
  highest token
  [ "$highest" -le "$seen" ] || seen=$highest
  return 1
}

# Take the locks of all arguments, COMPONENT:TOKEN each and in order of name, then see that no token is too old, then write
# down those that are higher. Exit status: 0 ours, 11 token too old, 15 locked, 16 state directory.
guard() {
  born "$$"
  printf '%s\n' "$$ $born $boot ${dir##*/}" >"$dir/lock" || return 16
  in_time
  for fence; do
    component=${fence%:*}
    take_lock || return
  done
  higher=
  for fence; do
    component=${fence%:*} token=${fence##*:}
    last_token
    [ "$seen" -le "$token" ] || return 11
    [ "$seen" -eq "$token" ] || higher="$higher $fence"
  done
  [ -n "$higher" ] || return 0
  set --
  for fence in $higher; do
    component=${fence%:*}
    : >"$root/tokens/$component/token.${fence##*:}" || return 16
    set -- "$@" "$root/tokens/$component"
  done
  # Power may fail at any moment: the tokens must be on the disk before anything is done in their name.
  sync "$@" 2>/dev/null || sync
}
