#include "cli/commands/graph.h"

#include "cli/signals.h"
#include "cli/view/graph_view.h"
#include "engine/base/text.h"

namespace kadende::cli {

void DefineGraph(CommandSetup& setup, GraphCommandOptions& options) {
  setup.Add({"FILE|DIR", "", "The cluster file; default: the one in this folder", {}, false}, &options.planning.path);
  setup.Add({"--format", "dot|mermaid", "The language of the graph", {"dot", "mermaid"}, false}, &options.format);
  setup.Add({"--destroy", "", "The graph of a destroy", {}, false}, &options.planning.destroy);
  DefinePlanning(setup, options.planning);
}

int RunGraph(const GraphCommandOptions& options, Console& console) {
  Signals signals({"Interrupted.\n", ""}, [&console](const std::string& line) { console.Err(line); });
  auto planning = Prepare(console, options.planning);
  if (!planning) return console.Fail(planning.error());
  auto planned = MakePlanNow(*planning, ToPlanOptions(options.planning, signals.drain()));
  if (signals.interrupted()) return kExitInterrupted;
  if (!planned) return console.Fail(planned.error());
  console.Show(planned->plan.diagnostics);
  const std::string text =
      GraphText(planned->plan, options.format == "dot" ? GraphFormat::kDot : GraphFormat::kMermaid);
  console.Out(console.common().json ? "{\"type\":\"graph\",\"format\":" + base::QuoteJson(options.format) +
                                          ",\"text\":" + base::QuoteJson(text) + "}\n"
                                    : text);
  return kExitOk;
}

}  // namespace kadende::cli
