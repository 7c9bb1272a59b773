# The places where our folders may be, in the order in which they are tried: where one cannot be written, the next one serves.
# A job, a lock and a token are looked for in all of them, so that the order decides nothing but where a new one goes.
# Needs $given, the configured state directory or nothing.
LOGNAME=${LOGNAME:-${USER:-$(id -un)}}

# Run "$@" with $root at one place after the other; the first that succeeds ends it, and leaves $root there.
each_place() {
  before=$root
  for root in "$given" "${HOME:+$HOME/.driftvakt}" /var/tmp /tmp /dev/shm; do
    case $root in
    '') continue ;;
    /var/tmp | /tmp | /dev/shm)
      root=$root/driftvakt-$LOGNAME
      # Everybody may write there: only a folder of our own is believed.
      if [ -h "$root" ] || { [ -e "$root" ] && [ ! -O "$root" ]; }; then continue; fi
      ;;
    esac
    "$@" && return 0
  done
  root=$before
  return 1
}
