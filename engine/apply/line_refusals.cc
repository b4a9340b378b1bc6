#include "engine/apply/line_refusals.h"

#include <algorithm>
#include <vector>

#include "engine/base/text.h"

namespace kadende::apply {
namespace {

using base::ErrorCode;

constexpr std::size_t kNamedInErrors = 5;

std::string Some(const std::vector<std::string>& all) {
  std::vector<std::string> named(all.begin(),
                                 all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), kNamedInErrors)));
  if (all.size() > named.size()) named.push_back(std::to_string(all.size() - named.size()) + " more");
  return base::EscapeTerminal(base::Join(named, ", "));
}

}  // namespace

std::string Describe(const ports::CommitSummary& commit) {
  return "serial " + std::to_string(commit.serial) + " (" + commit.id.substr(0, 12) + ")";
}

std::string HeldBy(const std::string& cluster, const ports::RunClaim& claim) {
  return "cluster " + base::EscapeTerminal(cluster) + " is locked by " + base::EscapeTerminal(claim.holder.actor) +
         " on " + base::EscapeTerminal(claim.host) + " (" + base::EscapeTerminal(claim.holder.reason) + ", pid " +
         std::to_string(claim.holder.pid) + ") since " + base::FormatRfc3339(claim.holder.since) +
         "; unless renewed, the lock expires at " + base::FormatRfc3339(claim.renewed + claim.lifetime) +
         ". If that run is dead for sure, `kadende state unlock` breaks it";
}

base::Status Rewound(const std::string& address, const LineSides& sides) {
  const std::string theirs = sides.tip ? "is at " + Describe(*sides.tip) : "is gone";
  return base::Fail(ErrorCode::kConflict,
                    "the branch of this cluster on " + address + " " + theirs + ", but it had " +
                        Describe(*sides.marked) +
                        " before: somebody rewound or rewrote it. Nothing is done until a person decides: `kadende "
                        "state push --force-rewound` puts our line back, `kadende state pull --take-remote` takes the "
                        "remote's");
}

base::Status Foreign(const std::string& cluster, const std::string& address, const LineSides& sides) {
  const std::string branch = "the branch of " + base::EscapeTerminal(cluster) + " on " + address;
  if (!sides.tip->lineage.empty()) {
    return base::Fail(ErrorCode::kConflict,
                      branch + " is of another cluster, with lineage " + base::EscapeTerminal(sides.tip->lineage) +
                          "; ours has " + sides.lineage + ": give one of them another name, or name another remote");
  }
  const std::string what =
      branch + " is at " + sides.tip->id.substr(0, 12) + ", which is no version of a cluster: somebody else wrote it. ";
  if (!sides.marked) return base::Fail(ErrorCode::kConflict, what + "Remove it, or name another remote");
  return base::Fail(ErrorCode::kConflict, what + "Put it back to " + Describe(*sides.marked) +
                                              ", or remove that branch: `kadende state push --force-rewound` puts ours "
                                              "there");
}

base::Status Lost(const Merged& merged, const std::string& address) {
  std::string what;
  const auto add = [&what](const char* text, const std::vector<std::string>& all) {
    if (!all.empty()) what += (what.empty() ? "" : "; ") + (text + Some(all));
  };
  add("instances of empty slots: ", merged.adopted);
  add("instances whose slots are taken or not wanted: ", merged.leaving);
  add("creates whose outcome is open: ", merged.intents);
  return base::Fail(ErrorCode::kConflict,
                    "this state and the one on " + address + " both moved, and only this one knows of " + what +
                        ". `kadende state pull --take-remote` goes on from the remote's and keeps all of these: the "
                        "first are adopted, the second are planned to be destroyed, the third are settled");
}

}  // namespace kadende::apply
