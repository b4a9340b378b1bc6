# Plans of the built binary for readers to read: `plans` leaves one file plan-<situation>.json each, of a cluster with a
# group of size 3 and one with logical ids, in every kind of situation.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../e2e/lib.sh"

shop() {  # shop IMAGE SIZE IDS TIER
  cat >shop.yml <<EOF
version: "1"
name: shop
variables:
  image: {type: string, default: "$1"}
  spare: {type: integer, default: 3}
groups:
  web:
    size: $2
    resourcePlugin: {name: sim}
    labels: {tier: "$4"}
    resourceProperties:
      cloud: cloud.sim
      image: "\${var.image}"
      args: ["--port", "\${9100 + node.ordinal}", "\$\${literal}", "a\"b\\\\c"]
  data:
    db:
      logicalIds: [$3]
      dependsOn: [web]
      resourcePlugin: {name: sim}
      resourceProperties: {cloud: cloud.sim, image: db}
EOF
}

plan_as() { exits 0 kadende plan --format json "${@:2}" && cp out "plan-$1.json"; }
show_as() { exits 0 kadende show --json "$2" && cp out "plan-$1.json"; }

plans() {
  shop a 3 'a, b' web
  plan_as first_apply
  kadende plan --out first.plan >/dev/null 2>&1
  show_as first_apply_saved first.plan
  exits 0 kadende apply --yes
  plan_as nothing_to_do
  shop a 3 'a, b' front
  plan_as labels
  shop b 4 'b, c' web
  kadende sim terminate cloud.sim 'web[0]'
  kadende sim vanish cloud.sim 'data/db[b]'
  kadende sim unhealthy cloud.sim 'web[1]' --reason 'disk "broke"'
  plan_as everything
  plan_as a_part --target web
  plan_as offline --offline
  kadende plan --out later.plan >/dev/null 2>&1
  show_as saved later.plan
  mv .kadende elsewhere
  show_as saved_without_its_state later.plan
  mv elsewhere .kadende
  plan_as destroy --destroy
  exits 0 kadende taint 'web[2]'
  shop a 1 'a, b' web
  plan_as shrink_with_taint
  sed -i 's/^  web:/  front:\n    movedFrom: web/; s/\[web\]/[front]/' shop.yml
  plan_as renamed_group
}
