#include "state/lmdb_upgrade.h"

#include <array>
#include <optional>
#include <string>

#include "engine/base/text.h"
#include "state/upgrade_1.h"

namespace kadende::state {
namespace {

using base::ErrorCode;
using base::Fail;

constexpr std::string_view kFormatKey = "format";

// kSteps[i] takes a store of version i + 1 to version i + 2.
using Step = void (*)(Transaction&);
constexpr std::array<Step, kStoreFormat - 1> kSteps = {SealRows};

base::Result<std::optional<std::uint32_t>> ReadFormat(Transaction& transaction, const std::string& directory) {
  const auto text = transaction.Get(Table::kMeta, kFormatKey);
  if (auto status = transaction.status(); !status) return tl::unexpected<base::Error>(status.error());
  if (!text) return std::optional<std::uint32_t>();
  const auto number = base::ParseInt(*text);
  if (!number || *number < 1 || *number > 1'000'000) {
    return Fail(ErrorCode::kCorrupt, "the working store in `" + directory +
                                         "` has no readable format version: data.mdb is damaged. " +
                                         std::string(kDamageRemedy));
  }
  const auto format = static_cast<std::uint32_t>(*number);
  if (format > kStoreFormat) {
    return Fail(ErrorCode::kInvalid, "the working store in `" + directory +
                                         "` was written by a newer kadende (format " + std::to_string(format) +
                                         ", this one knows up to " + std::to_string(kStoreFormat) +
                                         "): use that version or a later one");
  }
  return std::optional(format);
}

base::Status Upgrade(Environment& environment) {
  auto transaction = environment.BeginWrite();
  if (!transaction) return tl::unexpected<base::Error>(transaction.error());
  const auto format = ReadFormat(*transaction, environment.directory());  // again: another process may have been faster
  if (!format) return tl::unexpected<base::Error>(format.error());
  if (*format == kStoreFormat) {
    environment.UseSeals();
    return {};
  }
  for (std::size_t step = format->value_or(kStoreFormat); step < kStoreFormat; ++step)
    kSteps.at(step - 1)(*transaction);
  transaction->Put(Table::kMeta, kFormatKey, std::to_string(kStoreFormat));
  auto status = transaction->Commit();
  if (status) environment.UseSeals();
  return status;
}

}  // namespace

base::Status MindFormat(Environment& environment, Transaction& transaction) {
  if (transaction.sealing()) return {};
  const auto format = ReadFormat(transaction, environment.directory());
  if (!format) return tl::unexpected<base::Error>(format.error());
  if (*format != kStoreFormat) return {};
  transaction.BeginSealing();
  environment.UseSeals();
  return {};
}

base::Status BringUpToDate(Environment& environment) {
  std::optional<std::uint32_t> found;
  {
    auto transaction = environment.BeginRead();
    if (!transaction) return tl::unexpected<base::Error>(transaction.error());
    const auto format = ReadFormat(*transaction, environment.directory());
    if (!format) return tl::unexpected<base::Error>(format.error());
    found = *format;
  }
  if (found == kStoreFormat) {
    environment.UseSeals();
    return {};
  }
  if (!environment.read_only()) return Upgrade(environment);
  if (found) return {};
  return Fail(ErrorCode::kNotFound, "there is no working store in `" + environment.directory() + "` yet");
}

}  // namespace kadende::state
