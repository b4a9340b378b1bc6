#!/usr/bin/env bash
# Real git servers for tests: sshd, and lighttpd with `git http-backend`, on a free port of 127.0.0.1, over the bare
# repositories in a folder. Nothing of the machine's own servers, keys or settings is used or touched.
#
#   make_remote DIR NAME                an empty bare repository DIR/NAME.git
#   start_ssh_remote DIR                prints the URL of DIR through ssh; DIR/NAME.git is URL/NAME.git
#   start_http_remote DIR [USER:PASS]   the same through http; with USER:PASS nothing is answered without them
#   ssh_command DIR                     what GIT_SSH_COMMAND or core.sshCommand has to be to get in
#   stop_remotes DIR                    ends DIR's servers, and what they are doing, at once
#
# To be sourced, or called: `remotes.sh start_ssh_remote DIR`. Exit code 77: it cannot run here, the reason is on stderr.
# A server ends with the process that asked for it (REMOTES_OWNER, else this shell, else the caller's process), and after
# 15 minutes in any case. DIR is an absolute path without spaces.

make_remote() {  # DIR NAME
  git init -q --bare "$1/$2.git"
}

_remotes_need() {  # PROGRAM...
  local program
  for program in "$@"; do
    PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || {
      echo "there is no $program on this machine" >&2
      return 77
    }
  done
}

_remotes_family() {  # PID...: these processes and all below them
  local pid
  for pid in "$@"; do
    echo "$pid"
    # shellcheck disable=SC2046
    _remotes_family $(pgrep -P "$pid" || true)
  done
}

_remotes_end() {  # PID
  local family pid
  family=$(_remotes_family "$1")
  # Stopped first, so that nothing new begins meanwhile.
  for pid in $family; do kill -STOP "$pid" 2>/dev/null || true; done
  family=$(_remotes_family "$1")
  for pid in $family; do kill -KILL "$pid" 2>/dev/null || true; done
}

_remotes_owner() {
  if [[ -n ${REMOTES_OWNER:-} ]]; then
    echo "$REMOTES_OWNER"
  elif [[ ${BASH_SOURCE[-1]} == "${BASH_SOURCE[0]}" ]]; then
    echo "$PPID"
  else
    echo "$$"
  fi
}

_remotes_supervise() {  # FOLDER OWNER COMMAND...
  local folder=$1 owner=$2 server deadline=$((SECONDS + 900))
  shift 2
  # Who kills this one by force takes the server along; sshd writes over the environment by which tests find their own.
  setpriv --pdeathsig TERM -- "$@" &
  server=$!
  while kill -0 "$owner" && kill -0 "$server" && ((SECONDS < deadline)); do sleep 0.1; done 2>/dev/null
  _remotes_end "$server"
}

_remotes_greets() {  # PORT GREETING: somebody there says it
  local line=
  {
    exec 9<>"/dev/tcp/127.0.0.1/$1" || return 1
    [[ $2 == SSH-* ]] || printf 'GET / HTTP/1.0\r\n\r\n' >&9
    IFS= read -r -t 5 line <&9 || true
    exec 9>&-
  } 2>/dev/null
  [[ -n $line && $line == "$2"* ]]
}

# _remotes_launch FOLDER GREETING COMMAND...: FOLDER/template with @PORT@ replaced becomes FOLDER/config; prints the port.
_remotes_launch() {
  local folder=$1 greeting=$2 port pid deadline
  shift 2
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    ! _remotes_greets "$port" "" || continue
    sed "s/@PORT@/$port/g" "$folder/template" >"$folder/config"
    setsid bash "${BASH_SOURCE[0]}" _remotes_supervise "$folder" "$(_remotes_owner)" "$@" </dev/null >"$folder/log" 2>&1 &
    pid=$!
    disown "$pid" 2>/dev/null || true
    echo "$pid" >"$folder/pid"
    deadline=$((SECONDS + 20))
    while kill -0 "$pid" 2>/dev/null && ((SECONDS < deadline)); do
      if _remotes_greets "$port" "$greeting" && kill -0 "$pid" 2>/dev/null; then
        echo "$port"
        return 0
      fi
      sleep 0.02
    done
    _remotes_end "$pid"
  done
  echo "$1 does not start: $(tail -n 3 "$folder/log")" >&2
  return 1
}

start_ssh_remote() {  # DIR
  local dir=$1 folder=$1/.ssh-server port pam=no
  _remotes_need sshd ssh ssh-keygen pgrep setsid || return
  mkdir -p "$folder"
  chmod 700 "$folder"
  [[ -e $folder/host_key ]] || ssh-keygen -q -t ed25519 -N '' -C host -f "$folder/host_key"
  [[ -e $folder/user_key ]] || ssh-keygen -q -t ed25519 -N '' -C user -f "$folder/user_key"
  cp "$folder/user_key.pub" "$folder/authorized_keys"
  if ((EUID == 0)); then
    mkdir -p /run/sshd  # sshd asks for it, and a machine that has never started one lacks it
    # A locked account gets in through PAM alone.
    [[ $(getent shadow root 2>/dev/null | cut -d: -f2) != '!'* ]] || pam=yes
  fi
  cat >"$folder/template" <<END
ListenAddress 127.0.0.1
Port @PORT@
HostKey $folder/host_key
AuthorizedKeysFile $folder/authorized_keys
AuthenticationMethods publickey
PermitRootLogin prohibit-password
StrictModes no
UsePAM $pam
PidFile none
PrintMotd no
MaxStartups 200
LogLevel ERROR
END
  port=$(_remotes_launch "$folder" SSH- "$(PATH=$PATH:/usr/sbin command -v sshd)" -D -e -f "$folder/config") || return
  echo "[127.0.0.1]:$port $(cat "$folder/host_key.pub")" >"$folder/known_hosts"
  echo "ssh://$(id -un)@127.0.0.1:$port$dir"
}

ssh_command() {  # DIR
  local folder=$1/.ssh-server
  echo "ssh -F /dev/null -i $folder/user_key -o IdentitiesOnly=yes -o UserKnownHostsFile=$folder/known_hosts" \
    "-o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o PasswordAuthentication=no"
}

start_http_remote() {  # DIR [USER:PASS]
  local dir=$1 folder=$1/.http-server port core auth=
  core=$(git --exec-path)
  _remotes_need lighttpd pgrep setsid || return
  [[ -x $core/git-http-backend ]] || {
    echo "this git has no http-backend" >&2
    return 77
  }
  mkdir -p "$folder"
  if [[ -n ${2:-} ]]; then
    echo "$2" >"$folder/users"
    auth="
auth.backend = \"plain\"
auth.backend.plain.userfile = \"$folder/users\"
auth.require = (\"\" => (\"method\" => \"basic\", \"realm\" => \"git\", \"require\" => \"valid-user\"))"
  fi
  cat >"$folder/template" <<END
server.modules = ("mod_alias", "mod_setenv", "mod_auth", "mod_authn_file", "mod_cgi")
server.document-root = "$folder"
server.bind = "127.0.0.1"
server.port = @PORT@
server.upload-dirs = ("$folder")
server.errorlog = "$folder/errors"
alias.url = ("/" => "$core/git-http-backend/")
cgi.assign = ("" => "")
setenv.set-environment = (
  "PATH" => "$PATH", "GIT_PROJECT_ROOT" => "$dir", "GIT_HTTP_EXPORT_ALL" => "1", "GIT_CONFIG_COUNT" => "2",
  "GIT_CONFIG_KEY_0" => "http.receivepack", "GIT_CONFIG_VALUE_0" => "true",
  "GIT_CONFIG_KEY_1" => "safe.directory", "GIT_CONFIG_VALUE_1" => "*"
)$auth
END
  port=$(_remotes_launch "$folder" HTTP/ "$(PATH=$PATH:/usr/sbin command -v lighttpd)" -D -f "$folder/config") || return
  echo "http://127.0.0.1:$port"
}

stop_remotes() {  # DIR
  local pid_file
  for pid_file in "$1"/.ssh-server/pid "$1"/.http-server/pid; do
    [[ -e $pid_file ]] || continue
    _remotes_end "$(cat "$pid_file")"
    rm -f "$pid_file"
  done
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  set -euo pipefail
  "$@"
fi
