// Discussions as the Hub writes them.
#pragma once

#include <string_view>

#include "emulator/json_text.hpp"
#include "emulator/site.hpp"

namespace hfasync::emulator {

/// Writes for one repo: whose discussion an author belongs to decides what is said about him.
class DiscussionJson {
public:
    DiscussionJson(const Site& site, const store::Repo& repo);

    /// {"author": {...}, "num", "repo", "title", "status", "createdAt", "isPullRequest", "pinned", ...
    void write_row(JsonText& out, const store::Discussion& discussion) const;
    /// ... up to and with "events"; the object stays open for what only a pull request has.
    void open_details(JsonText& out, const store::Discussion& discussion) const;
    void write_event(JsonText& out, const store::DiscussionEvent& event) const;

private:
    /// "key": {...}; nothing for an account that is gone.
    void write_author(JsonText& out, std::string_view key, const std::string& name) const;
    void write_head(JsonText& out, const store::Discussion& discussion) const;
    void write_comment(JsonText& out, const store::DiscussionEvent& event) const;
    void write_text(JsonText& out, const store::CommentText& text) const;

    const Site& site_;
    store::RepoSettings settings_;
    std::string owner_;
};

/// What the Hub says of a user's avatar.
std::string avatar_of(std::string_view name);

} // namespace hfasync::emulator
