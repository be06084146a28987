#include "openness.hpp"

#include <hfasync/result.hpp>

namespace cache_server {

asio::awaitable<bool> Openness::is_public(Repo repo)
{
    const auto now = options_.now();
    const auto seen = index_.seen_public(repo);
    const bool was_public = seen && seen->is_public;
    if (was_public && (now < seen->at + options_.public_ttl || upstream_.down())) co_return true;
    if (!was_public && not_public_.has(repo.key(), now)) co_return false;
    auto asked = co_await hfasync::as_result(upstream_.is_public(repo));
    if (!asked) {
        if (unreachable(asked.error())) co_return was_public;
        asked.value(); // throws: the upstream's own words
    }
    if (*asked)
        index_.set_public(repo, {true, now});
    else
        closed(repo);
    co_return *asked;
}

void Openness::closed(const Repo& repo)
{
    const auto now = options_.now();
    index_.set_public(repo, {false, now});
    not_public_.set(repo.key(), now + options_.access_ttl);
}

} // namespace cache_server
