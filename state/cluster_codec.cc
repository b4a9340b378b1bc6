// The cluster's part of record_codec.h.
#include <utility>

#include "state/record_codec.h"
#include "state/wire_parts.h"

namespace kadende::state {
namespace {

constexpr std::uint8_t kPinnedVersion = 2;  // with pins of plugins

void PutRun(WireWriter& wire, const model::Run& run) {
  wire.Text(run.id);
  wire.Byte(static_cast<std::uint8_t>(run.kind));
  wire.Text(run.actor);
  wire.Time(run.started_at);
  wire.Text(run.subject);
}

void GetRun(WireReader& wire, model::Run& run) {
  run.id = wire.Text();
  run.kind = wire.Value(model::RunKind::kEdit);
  run.actor = wire.Text();
  run.started_at = wire.Time();
  run.subject = wire.Text();
}

void PutPins(WireWriter& wire, const model::PluginPins& pins) {
  wire.Varint(pins.size());
  for (const model::PluginPin& pin : pins) {
    wire.Text(pin.name);
    wire.Text(pin.version);
    wire.Text(pin.url);
    wire.Varint(pin.hashes.size());
    for (const auto& [platform, hash] : pin.hashes) {
      wire.Text(platform);
      wire.Digest(hash);
    }
  }
}

void GetPins(WireReader& wire, model::PluginPins* pins) {
  for (std::size_t left = wire.Count(); left > 0 && wire.ok(); --left) {
    model::PluginPin pin;
    pin.name = wire.Text();
    pin.version = wire.Text();
    pin.url = wire.Text();
    for (std::size_t hashes = wire.Count(); hashes > 0 && wire.ok(); --hashes) {
      std::string platform(wire.Text());
      pin.hashes.insert_or_assign(std::move(platform), wire.Digest());
    }
    model::PutPin(*pins, std::move(pin));
  }
}

}  // namespace

void EncodeCluster(const model::ClusterRecord& cluster, std::string* out) {
  WireWriter wire(out);
  wire.Byte(cluster.plugins.empty() ? kRecordVersion : kPinnedVersion);
  wire.Text(cluster.id);
  wire.Text(cluster.name);
  wire.Text(cluster.version);
  wire.Digest(cluster.spec_hash);
  PutStrings(wire, cluster.variables);
  wire.Varint(cluster.serial);
  wire.Text(cluster.commit);
  wire.Byte(cluster.run ? 1 : 0);
  if (cluster.run) PutRun(wire, *cluster.run);
  if (!cluster.plugins.empty()) PutPins(wire, cluster.plugins);
}

bool DecodeCluster(std::string_view bytes, model::ClusterRecord* out) {
  WireReader wire(bytes);
  const std::uint8_t version = wire.Byte();
  if (version < kRecordVersion || version > kPinnedVersion) return false;
  out->id = wire.Text();
  out->name = wire.Text();
  out->version = wire.Text();
  out->spec_hash = wire.Digest();
  GetStrings(wire, &out->variables);
  out->serial = wire.Varint();
  out->commit = wire.Text();
  out->run.reset();
  const std::uint8_t has_run = wire.Byte();
  if (has_run > 1) return false;
  if (has_run == 1) GetRun(wire, out->run.emplace());
  out->plugins.clear();
  if (version >= kPinnedVersion) GetPins(wire, &out->plugins);
  return wire.Finish();
}

}  // namespace kadende::state
