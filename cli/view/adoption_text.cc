#include "cli/view/adoption_text.h"

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using base::EscapeTerminal;

std::string OwnerOf(const apply::Adoption& adoption) {
  const model::Ownership& owner = adoption.instance.owner;
  if (owner.lineage.empty()) return "nobody";
  return owner.cluster + " (lineage " + owner.lineage + "), " + model::NodeAddress{owner.group, owner.slot}.Display() +
         " incarnation " + std::to_string(owner.incarnation);
}

std::string Line(const std::string& name, const std::string& text) {
  return "  " + name + std::string(name.size() < 10 ? 10 - name.size() : 0, ' ') + EscapeTerminal(text) + "\n";
}

std::string Difference(const apply::AdoptDifference& difference) {
  const std::string has = difference.has.empty() ? "absent" : difference.has;
  const std::string wanted = difference.wanted.empty() ? "absent" : difference.wanted;
  return "  ~ " + EscapeTerminal(difference.path + ": " + has + " -> " + wanted) +
         (difference.is_set ? "\n" : "  # stays as it is until the node is replaced\n");
}

}  // namespace

std::string AdoptionText(const apply::Adoption& adoption, const std::string& cluster) {
  std::string out =
      EscapeTerminal(adoption.Display() + " of " + cluster + " is to be instance " + adoption.instance.id) + ":\n";
  out += Line("status", std::string(model::InstanceStatusName(adoption.instance.status)));
  out += Line("scope", adoption.scope);
  out +=
      Line("owner",
           OwnerOf(adoption) +
               (adoption.as_it_is ? "" : " -> " + cluster + ", incarnation " + std::to_string(adoption.incarnation)));
  if (adoption.instance.name != adoption.name) {
    out += Line("name", (adoption.instance.name.empty() ? "none" : adoption.instance.name) +
                            ", which stays; made by kadende it would be " + adoption.name);
  }
  for (const apply::AdoptDifference& difference : adoption.differences) out += Difference(difference);
  if (adoption.goes_on) out += "An adoption of it that was cut off is gone on with.\n";
  if (adoption.replaces) {
    out += EscapeTerminal("The node that had this place, instance " + adoption.replaces->instance_id + ", is gone.") +
           "\n";
  }
  if (adoption.surplus) {
    out += EscapeTerminal("Group " + adoption.group +
                          " has its size without it: raise `size` before the next apply, or that plans one node to be "
                          "destroyed.") +
           "\n";
  }
  return out;
}

std::string AdoptionJson(const apply::Adoption& adoption) {
  std::string differences;
  for (const apply::AdoptDifference& difference : adoption.differences) {
    differences += (differences.empty() ? "" : ",") + std::string("{\"path\":") + base::QuoteJson(difference.path);
    if (!difference.has.empty()) differences += ",\"has\":" + difference.has;
    if (!difference.wanted.empty()) differences += ",\"wanted\":" + difference.wanted;
    differences += std::string(",\"set\":") + (difference.is_set ? "true" : "false") + "}";
  }
  return "{\"type\":\"adopt\",\"node\":" + base::QuoteJson(adoption.Display()) +
         ",\"instance\":" + base::QuoteJson(adoption.instance.id) +
         ",\"incarnation\":" + std::to_string(adoption.incarnation) + ",\"scope\":" + base::QuoteJson(adoption.scope) +
         ",\"fromLineage\":" + base::QuoteJson(adoption.instance.owner.lineage) + ",\"differences\":[" + differences +
         "],\"surplus\":" + (adoption.surplus ? "true" : "false") + "}";
}

}  // namespace kadende::cli
