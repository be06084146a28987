// Users and organisations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <hfasync/describe.hpp>

namespace hfasync {

/// Source: `Organization`.
struct Organization {
    std::string avatar_url;
    std::string name;     ///< as in its URLs
    std::string fullname; ///< as displayed
    bool operator==(const Organization&) const = default;
};
HFASYNC_DESCRIBE(Organization, avatar_url, name, fullname)

/// A user of the Hub. Listings fill only the first few fields. Source: `User`.
struct User {
    std::string username;
    std::string fullname; ///< as displayed
    std::string avatar_url;
    std::optional<std::string> details; ///< what the profile says
    std::optional<bool> is_following;   ///< whether the user of the token follows this one
    std::optional<bool> is_pro;         ///< has a PRO subscription
    std::optional<std::uint64_t> num_models;
    std::optional<std::uint64_t> num_datasets;
    std::optional<std::uint64_t> num_spaces;
    std::optional<std::uint64_t> num_discussions;
    std::optional<std::uint64_t> num_papers;
    std::optional<std::uint64_t> num_upvotes;
    std::optional<std::uint64_t> num_likes;
    std::optional<std::uint64_t> num_following;
    std::optional<std::uint64_t> num_followers;
    std::vector<Organization> orgs;
    bool operator==(const User&) const = default;
};
HFASYNC_DESCRIBE(User, username, fullname, avatar_url, details, is_following, is_pro, num_models,
                 num_datasets, num_spaces, num_discussions, num_papers, num_upvotes, num_likes, num_following,
                 num_followers, orgs)
template <>
inline constexpr std::array field_rules<User>{FieldRule{.field = "username", .wire = "user"}};

/// What a user likes. Source: `UserLikes`.
struct UserLikes {
    std::string user;
    std::uint64_t total = 0; ///< of all types, also ones unknown to hfasync
    // Repo ids.
    std::vector<std::string> datasets;
    std::vector<std::string> models;
    std::vector<std::string> spaces;
    bool operator==(const UserLikes&) const = default;
};
HFASYNC_DESCRIBE(UserLikes, user, total, datasets, models, spaces)

} // namespace hfasync
