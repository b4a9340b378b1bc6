// `kadende forget NODE`; the options are in adopt.h, beside those of its counterpart.
#include "cli/commands/adopt.h"
#include "cli/find_node.h"
#include "engine/apply/forgetting.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

constexpr base::Millis kCallTimeout = std::chrono::minutes(2);

struct Done {
  FoundNode node;
  std::uint32_t size = 0;  // of the group, as it is to be
  bool has_ids = false;    // the group has logicalIds
  bool tags_off = false;
  std::string kept;  // why the tags were left
};

std::vector<std::string> Lines(const Done& done) {
  const std::string node = model::NodeAddress{done.node.group, done.node.record.slot}.Display();
  const std::string& instance = done.node.record.instance_id;
  std::vector<std::string> lines{node + " is forgotten. Its instance " + instance + " runs on" +
                                 (done.tags_off ? ", without our tags." : ", with our tags, and is left alone.")};
  if (!done.tags_off) lines.push_back("The tags could not be taken off: " + done.kept + ".");
  if (done.has_ids) {
    lines.push_back("The next apply or pass of watch makes a new " + node + ", unless `" +
                    done.node.record.slot.logical_id + "` is taken off the group's logicalIds first.");
  } else {
    lines.push_back("The group's size is " + std::to_string(done.size) +
                    ": the next apply or pass of watch makes a new node in its place, unless `size` is lowered first.");
  }
  lines.push_back("`kadende adopt " + node + " " + instance + "` takes it back.");
  return lines;
}

std::string Json(const Done& done) {
  std::string text = "{\"type\":\"forget\",\"node\":" +
                     base::QuoteJson(model::NodeAddress{done.node.group, done.node.record.slot}.Display()) +
                     ",\"instance\":" + base::QuoteJson(done.node.record.instance_id) +
                     ",\"incarnation\":" + std::to_string(done.node.record.incarnation) +
                     ",\"untagged\":" + (done.tags_off ? "true" : "false");
  if (!done.tags_off) text += ",\"why\":" + base::QuoteJson(done.kept);
  return text + "}";
}

}  // namespace

void DefineForget(CommandSetup& setup, ForgetOptions& options) {
  setup.Add({"NODE", "", "The node, as web[0] or web-0", {}, true}, &options.node);
  DefineEdit(setup, options);
}

int RunForget(const ForgetOptions& options, Console& console) {
  auto opened = OpenCluster(console, true, options.cluster);
  if (!opened) return console.Fail(opened.error());
  auto state = LoadShared(*opened, console);
  if (!state) return console.Fail(state.error());
  auto node = FindNode(*state, options.node);
  if (!node) return console.Fail(node.error());

  Done done;
  apply::EditRequest edit;
  edit.group = node->group;
  edit.subject = "forget " + opened->cluster.name + ": " +
                 model::NodeAddress{node->group, node->record.slot}.Display() + ", instance " +
                 node->record.instance_id;
  edit.change = [&](const model::ClusterState& now) -> base::Result<model::StateChanges> {
    auto again = FindNode(now, options.node);
    if (!again) return tl::unexpected(std::move(again.error()));
    if (again->record.instance_id != node->record.instance_id) {
      return base::Fail(base::ErrorCode::kConflict, options.node + " has another instance by now, " +
                                                        again->record.instance_id +
                                                        "; look, and run the same command again");
    }
    done.node = *again;
    const model::GroupTarget& target = now.groups.at(again->group).record.target;
    done.size = target.size;
    done.has_ids = !target.logical_ids.empty();
    return apply::BeginForgetting(now, again->group, again->record, Actor(), opened->session->clock().Now());
  };
  edit.act = [&](const model::ClusterState& now) {
    done.tags_off = apply::TakeTagsOff(now, done.node.group, done.node.record, opened->session->catalog(), kCallTimeout,
                                       &done.kept);
    return apply::EditRequest::Acted{};
  };
  return EditCluster(*opened, options, console, std::move(edit), [&] { return EditReport{Json(done), Lines(done)}; });
}

}  // namespace kadende::cli
