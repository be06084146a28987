// From method and path to a route.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/site.hpp"
#include "emulator/wire/session.hpp"

namespace hfasync::emulator {

/// One routed request.
struct Call {
    Exchange& exchange;
    const Request& request;
    Site& site;
    Pairs params;     ///< decoded, by name
    std::string body; ///< for routes that take a whole one
    std::optional<store::Identity> who;

    const std::string& param(std::string_view name) const;
    const store::Identity* identity() const noexcept { return who ? &*who : nullptr; }
};

/// Answers from what is in the call.
using Plain = Reply (*)(Call&);
/// Reads the body itself, as it arrives.
using Streaming = boost::asio::awaitable<Reply> (*)(Call&);

/// Query keys that a route knows; others are answered with 400, so that a client's typing error is found.
using QueryKeys = std::initializer_list<std::string_view>;

/// Patterns: literal parts, `{name}` for one part, `{id}` for "name" or "owner/name", `{git}` for an id whose
/// last part ends in ".git", `{rest...}` for what is left (perhaps nothing).
class Router {
public:
    void add(std::string_view method, std::string_view pattern, QueryKeys keys, Plain route);
    void add_streaming(std::string_view method, std::string_view pattern, QueryKeys keys, Streaming route);

    /// \throws Refusal
    boost::asio::awaitable<Reply> answer(Exchange& exchange, Site& site) const;

private:
    struct Route {
        std::string method;
        std::vector<std::string> parts;
        std::vector<std::string> keys;
        Plain plain = nullptr;
        Streaming streaming = nullptr;
    };
    Route& insert(std::string_view method, std::string_view pattern, QueryKeys keys);
    const Route* find(const Request& request, const Site& site, Pairs& params) const;

    std::vector<Route> routes_;
};

void add_account_routes(Router& router);
void add_repo_routes(Router& router);
void add_info_routes(Router& router);
void add_listing_routes(Router& router);
void add_tag_routes(Router& router);
void add_tree_routes(Router& router);
void add_ref_routes(Router& router);
void add_commit_routes(Router& router);
void add_lfs_routes(Router& router);
void add_resolve_routes(Router& router);
void add_git_routes(Router& router);
void add_user_routes(Router& router);
void add_paper_routes(Router& router);
void add_discussion_routes(Router& router);
void add_collection_routes(Router& router);
void add_webhook_routes(Router& router);
void add_access_routes(Router& router);
void add_space_routes(Router& router);
void add_endpoint_routes(Router& router);
void add_control_routes(Router& router);
void add_storage_routes(Router& router);

} // namespace hfasync::emulator
