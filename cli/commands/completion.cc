#include "cli/commands/completion.h"

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

// Works with and without the package bash-completion. Bash takes words apart at `=` (COMP_WORDBREAKS) and replaces only
// what stands after it, so they are put together for the question, and the answer is cut again.
constexpr std::string_view kBash = R"script(# bash completion of kadende. Made by `kadende completion bash`.
_kadende() {
  local program=${COMP_WORDS[0]/#\~\//$HOME/} words=() i answer line kind last cut=''
  for ((i = 1; i <= COMP_CWORD; ++i)); do
    local word=${COMP_WORDS[i]}
    if [[ $word == '=' && ${#words[@]} -gt 0 && ${words[-1]} == -* && ${words[-1]} != *=* ]]; then
      words[-1]+='='
    elif ((${#words[@]} > 0 && i > 1)) && [[ ${COMP_WORDS[i - 1]} == '=' && ${words[-1]} == -*= ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
  done
  last=${words[-1]}
  [[ $last == -*=* && $COMP_WORDBREAKS == *=* ]] && cut=${last%%=*}=
  COMPREPLY=()
  answer=$("$program" __complete "${words[@]}" 2>/dev/null) || return 0
  {
    IFS= read -r kind
    while IFS= read -r line; do
      line=${line%%$'\t'*}
      line=${line#"$cut"}
      [[ $last == [\"\']* ]] || printf -v line %q "$line"
      COMPREPLY+=("$line")
    done
  } <<<"$answer"
  local value=${last#"$cut"}
  case $kind in
    files*)
      compopt -o filenames 2>/dev/null
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$value")
      ;;
    dirs*)
      compopt -o filenames 2>/dev/null
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$value")
      ;;
  esac
  if [[ $kind == *open* || (${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *=) ]]; then
    compopt -o nospace 2>/dev/null
  fi
  return 0
}
complete -F _kadende kadende
)script";

constexpr std::string_view kZsh = R"script(#compdef kadende
# zsh completion of kadende. Made by `kadende completion zsh`.
_kadende() {
  local -a lines texts shown space
  local line kind text
  lines=("${(@f)$(${(Q)~words[1]} __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  kind=$lines[1]
  shift lines
  for line in $lines; do
    text=${line%%$'\t'*}
    texts+=("$text")
    if [[ -n ${line#*$'\t'} ]]; then
      shown+=("${(r:24:)text} ${line#*$'\t'}")
    else
      shown+=("$text")
    fi
  done
  [[ $kind == *open* ]] && space=(-S '')
  local result=1
  (($#texts)) && compadd $space -l -d shown -a texts && result=0
  case $kind in
    files*)
      compset -P '-*='
      _files && result=0
      ;;
    dirs*)
      compset -P '-*='
      _files -/ && result=0
      ;;
  esac
  return $result
}
if [[ $funcstack[1] == _kadende ]]; then
  _kadende "$@"
else
  compdef _kadende kadende
fi
)script";

constexpr std::string_view kFish = R"script(# fish completion of kadende. Made by `kadende completion fish`.
function __kadende_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l answer ($program __complete $words "$last" 2>/dev/null)
    set -l kind $answer[1]
    set -e answer[1]
    test (count $answer) -gt 0; and printf '%s\n' $answer
    switch "$kind"
        case 'files*'
            __fish_complete_path "$last"
        case 'dirs*'
            __fish_complete_directories "$last" ''
    end
end
complete -c kadende -f -a '(__kadende_complete)'
)script";

}  // namespace

void DefineCompletion(CommandSetup& setup, CompletionOptions& options) {
  setup.Add({"SHELL", "", "bash, zsh or fish", {"bash", "zsh", "fish"}, true}, &options.shell);
}

int RunCompletion(const CompletionOptions& options, Console& console) {
  const std::string_view script = options.shell == "bash" ? kBash : options.shell == "zsh" ? kZsh : kFish;
  if (console.common().json) {
    console.Out("{\"type\":\"completion\",\"shell\":" + base::QuoteJson(options.shell) +
                ",\"script\":" + base::QuoteJson(script) + "}\n");
  } else {
    console.Out(script);
  }
  return kExitOk;
}

}  // namespace kadende::cli
