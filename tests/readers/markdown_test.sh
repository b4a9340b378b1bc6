# Plans as comments on pull requests: rendered with the renderer of GitHub's dialect, and looked at.
. "$(dirname "$0")/plans.sh"

if ! command -v cmark-gfm >/dev/null || ! command -v python3 >/dev/null; then
  echo "SKIPPED: no renderer of GitHub's Markdown, or no python3 (Debian: cmark-gfm, python3)"
  exit 77
fi

# Without the filter for <script> and its like, which is the last line of defence and not ours.
looks() {  # looks FILE CHECK...
  cmark-gfm --unsafe -e table -e autolink -e strikethrough -e footnotes -e tasklist "$1" >page.html
  exits 0 python3 "$here/check_markdown.py" page.html "${@:2}"
}
golden=$root/tests/cli_view/golden

test_a_plan_has_its_headings_tables_and_folded_sections() {
  looks "$golden/plan.md" h2=1 table=4 details=5 rows=11 'text=Plan: 5 to add, 0 to change, 4 to destroy.' \
    'text=data/db[b]' 'text=image: "nginx:1" -> "nginx:2" (forces replacement)' 'text=web: +3 -3'
}

test_foreign_text_stays_what_it_is() {
  # One section for each of 27 texts, and one for drift; a row each for the group and its node.
  looks "$golden/hostile.md" h2=1 h3=1 details=28 rows=54 'text=1. one' 'text=<img src=x onerror=alert(1)>' \
    'text=&lt;b&gt; &#60;b> &amp;' 'text=[a]: http://x "t"' 'text=snake_case*star and 日本' \
    'text=~~strike~~ **bold** _em_ `code` $math$' 'text=</summary></details></td></table>' \
    'text=http://a.b https://a.b www.a.b ftp://a.b a@b.cd mailto:a@b.cd xmpp:a@b.cd #12 GH-12 owner/repo#12'
}

test_the_checker_sees_what_breaks_out() {
  local bad
  for bad in '<script>x</script>' '</details>' 'see http://x.y' 'thanks @team' 'as in #12' '![i](x.png)' '- - nested' \
    '## forged' '`code`' '<p onclick="x">' '<!-- x -->'; do
    printf '## Plan\n\n- a\n\n%s\n' "$bad" >bad.md
    cmark-gfm --unsafe -e table -e autolink bad.md >bad.html
    exits 1 python3 "$here/check_markdown.py" bad.html h2=1
  done
}

test_values_and_messages_of_providers_from_outside() {
  local evil='</details><script>alert(1)</script> @team [a](http://b.c) | `x` | #12 **b** \'
  cat >shop.yml <<EOF
version: "1"
name: shop
groups:
  web:
    size: 2
    resourcePlugin: {name: sim}
    labels: {note: '$evil'}
    resourceProperties: {cloud: cloud.sim, image: '$evil', user_data: "a\n## forged\n\n</details>\n"}
EOF
  exits 0 kadende plan --format markdown
  cp out first.md
  looks first.md details=1 rows=8  # groups, two nodes, five properties
  exits 0 kadende apply --yes
  kadende sim unhealthy cloud.sim 'web[1]' --reason "$evil"
  sed -i "s/image: '/image: 'new /" shop.yml
  exits 0 kadende plan --format markdown --out later.plan
  cp out later.md
  looks later.md details=2 rows=3 "text=image: \"${evil%\\}\\\\\" -> \"new ${evil%\\}\\\\\" (forces replacement)" \
    "text=it is unhealthy" "text=$evil"
  exits 0 kadende show later.plan --format markdown
  cp out shown.md
  looks shown.md details=2 rows=3 "text=it is unhealthy"
}

test_a_long_plan_fits_and_counts_what_was_cut() {
  {
    printf 'version: "1"\nname: long\ngroups:\n'
    local i
    for i in $(seq 900); do
      printf '  %s-%s:\n    size: 1\n    resourcePlugin: {name: sim}\n    resourceProperties: {cloud: c.sim}\n' \
        "a-group-with-a-name-of-some-length" "$i"
    done
  } >long.yml
  exits 0 kadende plan --format markdown
  (($(wc -m <out) < 65536)) || fail "$(wc -m <out) characters"
  (($(wc -c <out) > 50000)) || fail "$(wc -c <out) bytes: most of it was cut"
  cp out long.md
  has "$out" 'parts of this plan did not fit and were cut'
  has "$out" 'more groups'
  looks long.md h2=1 em=1
  # What was cut is counted: rows shown and counted, and whole sections (with what the group is made of) shown and cut,
  # make 900 each.
  local rows left whole cut
  rows=$(grep -c '^| a-group[^|]* | 1 |' long.md) left=$(sed -n 's/^and \([0-9]*\) more groups$/\1/p' long.md)
  same "$((rows + left))" 900
  whole=$(grep -c '^| property | value |' long.md) cut=$(sed -n 's/^\*\([0-9]*\) parts of this plan.*/\1/p' long.md)
  same "$((whole + cut))" 900
}

run_tests "$@"
