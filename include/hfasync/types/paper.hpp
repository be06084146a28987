// Papers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/time.hpp>
#include <hfasync/types/user.hpp>

namespace hfasync {

/// A paper on the Hub. Source: `PaperInfo`.
struct PaperInfo {
    std::string id; ///< arXiv id
    std::optional<std::vector<std::string>> authors;
    std::optional<Timestamp> published_at;
    std::optional<std::string> title;
    std::optional<std::string> summary;
    std::optional<std::int64_t> upvotes;
    std::optional<std::string> discussion_id;
    std::optional<std::string> source;
    Json comments;                         ///< their number, or in paper_info the comments
    std::optional<Timestamp> submitted_at; ///< as one of the day's papers
    std::optional<User> submitted_by;
    bool operator==(const PaperInfo&) const = default;
};
HFASYNC_DESCRIBE(PaperInfo, id, authors, published_at, title, summary, upvotes, discussion_id, source,
                 comments, submitted_at, submitted_by)

} // namespace hfasync
