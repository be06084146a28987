// What `hfasync cache` prints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <hfasync/time.hpp>
#include <hfasync/transfer/cache_tools.hpp>

namespace hfasync::cli {

/// "42.2K" in powers of 1,000, as the reference has it.
std::string short_size(std::uint64_t bytes);
/// "2 weeks ago"
std::string time_since(Timestamp then, Timestamp now);
/// Control bytes as '?': names on a disk must not drive a terminal.
std::string safe_text(std::string_view text);

/// A line a repo.
std::string repo_table(const HFCacheInfo& info, Timestamp now);
/// A line a revision.
std::string revision_table(const HFCacheInfo& info, Timestamp now);
/// What would go: a line a repo or snapshot, and the sum.
std::string plan_text(const DeleteCacheStrategy& strategy);
/// "mismatch  acme/tiny  .../blobs/abc  (expected abc, is def)"
std::string verified_line(const VerifiedFile& file);

} // namespace hfasync::cli
