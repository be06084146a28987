// What is kept of a discussion.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include <hfasync/time.hpp>

namespace hfasync::emulator::store {

/// One version of a comment.
struct CommentText {
    std::string raw; ///< markdown
    std::string author;
    Timestamp at{};
};

struct DiscussionEvent {
    std::string id;   ///< 24 hex digits
    std::string type; ///< comment, status-change, title-change, commit
    std::string author;
    Timestamp at{};
    std::vector<CommentText> texts; ///< of a comment: its versions, the latest last
    std::string hidden_by;          ///< of a comment: empty unless it is hidden
    std::string from;               ///< old title; id of the commit
    std::string to;                 ///< new title, new status; subject of the commit
};

struct Discussion {
    int num = 0;
    std::string title;
    std::string status = "open"; ///< open, closed, merged, draft
    std::string author;
    Timestamp created_at{};
    bool is_pull_request = false;
    std::string base;         ///< of a pull request: the ref it wants to change
    std::string merge_commit; ///< 40 hex digits, once merged
    std::string merge_base;   ///< same: what the diff is against; empty for unrelated histories
    std::vector<DiscussionEvent> events;

    bool is_open() const noexcept { return status == "open" || status == "draft"; }
    /// "refs/pr/N"
    std::string ref() const { return "refs/pr/" + std::to_string(num); }
    /// \throws StoreError 404 for what is no comment
    DiscussionEvent& comment(std::string_view id);
    std::size_t comments() const noexcept;
};

boost::json::object to_json(const Discussion& discussion);
/// \throws boost::system::system_error, std::exception for what to_json has not written
Discussion discussion_from_json(const boost::json::object& object);

} // namespace hfasync::emulator::store
