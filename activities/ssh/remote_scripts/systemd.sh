# The status of unit $1: systemd's word for it in $state, and as exit status 0 running, 3 not running, 4 no such unit,
# 5 on its way between the two, 1 unknown. Not `is-active`, which old versions let say of a unit that is not there, and of one
# that is being started, the same as of one that is stopped.
unit_status() {
  state=none
  shown=$(systemctl show --property=LoadState --property=ActiveState -- "$1") || return 1
  state=${shown##*ActiveState=}
  state=${state%%[!a-z]*}
  case $state in
  active | reloading | refreshing) return 0 ;;
  activating | deactivating) return 5 ;;
  inactive | failed) ;;
  *) return 1 ;;
  esac
  case $shown in *LoadState=not-found*) state=not-found ;; *) return 3 ;; esac
  return 4
}
